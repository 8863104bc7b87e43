"""Reachability: at a given load, which rules can never fire, and which one error fires.

`lint.py` puts the findings together. `holding.py` has the closed forms: the most results that a window holds
where calls come evenly. `chance.py` says what calls that come at random do beyond that. `tripping.py` holds
each trip rule against both, and `settings.py` looks at the waits and trials. Nothing here drives a breaker:
the tests do, and hold every finding to what the machine does at that load.
"""

from cbtool.breaker.reach.lint import reachability
from cbtool.breaker.reach.model import Finding, Load, Reach, Reachability

__all__ = ["Finding", "Load", "Reach", "Reachability", "reachability"]
