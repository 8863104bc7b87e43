"""A dialect: what a library fixes and its users cannot set, as data.

Five policies over one state machine. A new library is a new value of `Dialect`, not a new machine; only
a policy variant that no library had before is new code, in that policy's own module.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cbtool.breaker.late import LateResults
from cbtool.breaker.trials import TrialsPolicy
from cbtool.breaker.trip import TripPolicy
from cbtool.breaker.wait import WaitPolicy
from cbtool.breaker.window import WindowPolicy


@dataclass(frozen=True, slots=True)
class Dialect:
    """A choice of the five policies. The defaults of each are our own semantics (docs/semantics.md)."""

    name: str
    window: WindowPolicy = field(default_factory=WindowPolicy)
    trip: TripPolicy = field(default_factory=TripPolicy)
    wait: WaitPolicy = field(default_factory=WaitPolicy)
    trials: TrialsPolicy = field(default_factory=TrialsPolicy)
    late: LateResults = LateResults.DROP


DEFAULT = Dialect("default")

DIALECTS = {DEFAULT.name: DEFAULT}
"""Every dialect that a profile can name, by that name."""
