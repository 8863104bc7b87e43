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


FAR = 1 << 62
"""Later than anything."""


def due(m: Memory, p: Policies, now: int) -> int:
    """Return when the next timer fires; −1: none up to `now`."""
    at = upcoming(m, p)
    if at == now and m.state == HALF_OPEN and not p.trials.limit_by_timer:
        at = FAR
    return at if at <= now else -1


def upcoming(m: Memory, p: Policies) -> int:
    """Return when the next timer is due; `FAR` where none is."""
    at = FAR
    if p.throttle.kind == ThrottleKind.PID:
        at = m.tick
    elif m.state == HALF_OPEN and p.trials.limit and not p.trials.limit_by_call:
        at = m.since + p.trials.limit
    elif m.state == OPEN and p.wait.leave == LeaveOpen.TIMER:
        at = m.wait_from + m.wait
    elif m.state == CLOSED and (
        p.trip.on == EvaluateOn.TIMER or (p.wait.sweep and (m.attempt or p.trip.forgiven))
    ):
        at = m.tick
    return at
