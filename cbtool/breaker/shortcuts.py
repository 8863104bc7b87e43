# runs compiled, too: no sets
"""What policies leave nothing to ask: where they do, a step need not be taken, which changes no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.breaker.policies import CountWhen, EvaluateOn, Forced, LeaveOpen, WindowKind

if TYPE_CHECKING:
    from cbtool.breaker.policies import Policies


def by_state(p: Policies) -> bool:
    """Return whether a closed breaker admits everybody, and an open one nobody before its wait is over."""
    return p.throttle.kind == ThrottleKind.NONE and p.trip.forced == Forced.NEITHER and p.trip.capacity == 0


def starts_count(p: Policies) -> bool:
    """Return whether a closed breaker notes calls that start, or is asked then."""
    return (
        p.window.counts != CountWhen.COMPLETED
        or p.window.tumbles
        or p.window.kind == WindowKind.CHAIN
        or p.trip.on == EvaluateOn.ADMISSION
    )


def timers_run(p: Policies) -> bool:
    """Return whether anything ever happens without a call or a result."""
    return (
        p.throttle.kind == ThrottleKind.PID
        or (p.trials.limit > 0 and not p.trials.limit_by_call)
        or p.wait.leave == LeaveOpen.TIMER
        or p.trip.on == EvaluateOn.TIMER
        or p.wait.sweep > 0
    )
