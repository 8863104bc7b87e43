"""Is a profile still right? Checks against recent traffic, scenarios, assertions, drift and reachability.

`verify.py` puts them together; each kind of check is a module of its own and gives `Check`s.
"""

from cbtool.verifying.model import Check, Group, Limits, Verification
from cbtool.verifying.verify import verify

__all__ = ["Check", "Group", "Limits", "Verification", "verify"]
