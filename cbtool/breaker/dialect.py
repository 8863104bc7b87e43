"""A dialect: what a library fixes and its users cannot set, as data.

Policies over one state machine: when and how to trip, how to wait, how to run trials, who judges late
results. The fifth, the window, is the user's own choice (`sliding_window_type`); a library whose window is
none of ours brings a new kind to `window.py`. A new library is a new value of `Dialect`, not a new machine;
only a policy variant that no library had before is new code, in that policy's own module.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from cbtool.breaker.late import LateResults
from cbtool.breaker.trials import TrialsPolicy
from cbtool.breaker.trip import TripPolicy
from cbtool.breaker.wait import WaitPolicy


@dataclass(frozen=True, slots=True)
class Dialect:
    """A choice of the policies. The defaults of each are our own semantics (docs/semantics.md)."""

    name: str
    trip: TripPolicy = field(default_factory=TripPolicy)
    wait: WaitPolicy = field(default_factory=WaitPolicy)
    trials: TrialsPolicy = field(default_factory=TrialsPolicy)
    late: LateResults = LateResults.DROP


DEFAULT = Dialect("default")

DIALECTS = {DEFAULT.name: DEFAULT}
"""Every dialect that a profile can name, by that name."""
