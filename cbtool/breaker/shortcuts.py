# runs compiled, too: no sets
"""What policies leave nothing to ask: where they do, a step need not be taken, which changes no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker import wait
from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.breaker.policies import Admission, CountWhen, EvaluateOn, Forced, LeaveOpen, WindowKind
from cbtool.breaker.transition import State

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import Policies

_OPEN, _HALF_OPEN = int(State.OPEN), int(State.HALF_OPEN)


def by_state(p: Policies) -> bool:
    """Return whether a closed breaker admits all that it has room for, and an open one none until it ends."""
    return p.throttle.kind == ThrottleKind.NONE and p.trip.forced == Forced.NEITHER


def refuses_until(m: Memory, p: Policies) -> int:
    """Return when, at the earliest, a breaker that refuses every call now lets one through; 0: at once."""
    if m.state == _OPEN:
        return wait.ends(m, p.wait)
    if m.state == _HALF_OPEN and p.trials.admission == Admission.ONE_PER_WAIT and m.taken >= p.trials.permits:
        return m.trial_at + m.wait
    return 0


def starts_count(p: Policies) -> bool:
    """Return whether a closed breaker notes calls that start, or is asked then."""
    return (
        p.window.counts != CountWhen.COMPLETED
        or p.window.tumbles
        or p.window.kind == WindowKind.CHAIN
        or p.trip.on == EvaluateOn.ADMISSION
        or p.trip.capacity > 0
    )


def judges_whole_buckets(p: Policies) -> bool:
    """Return whether calls ask a closed breaker about nothing that changes before the next bucket begins."""
    return (
        p.trip.on == EvaluateOn.ADMISSION
        and p.window.kind == WindowKind.GRID
        and not p.window.partial
        and p.window.counts == CountWhen.COMPLETED
        and p.trip.capacity == 0
        and p.trip.warm_up == 0
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
