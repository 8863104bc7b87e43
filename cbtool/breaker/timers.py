# runs compiled, too
"""Timers: what happens to a breaker without a call or a result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.breaker.policies import EvaluateOn, LeaveOpen
from cbtool.breaker.transition import State

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import Policies

CLOSED, OPEN, HALF_OPEN = int(State.CLOSED), int(State.OPEN), int(State.HALF_OPEN)


def due(m: Memory, p: Policies, now: int) -> int:
    """Return when the next timer fires; −1: none up to `now`."""
    at = -1
    if p.throttle.kind == ThrottleKind.PID:
        at = m.tick
    elif m.state == HALF_OPEN and p.trials.limit and not p.trials.limit_by_call:
        at = m.since + p.trials.limit
        if at == now and not p.trials.limit_by_timer:
            at = -1
    elif m.state == OPEN and p.wait.leave == LeaveOpen.TIMER:
        at = m.wait_from + m.wait
    elif m.state == CLOSED and (
        p.trip.on == EvaluateOn.TIMER or (p.wait.sweep and (m.attempt or p.trip.forgiven))
    ):
        at = m.tick
    return at if at <= now else -1
