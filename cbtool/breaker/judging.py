# runs compiled, too: arguments one by one, and no sets
"""When the trip rules are asked, and what they say: the verdict over the window, and more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker import average, durations, window
from cbtool.breaker.policies import EvaluateOn
from cbtool.breaker.trip import FAILURE_RATE, NO_REASON, SLOW_CALL_RATE, verdict

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import Policies


def asks(m: Memory, p: Policies, now: int, outcome: int) -> bool:
    """Return whether a result asks the trip rules, and take it that it does."""
    if p.trip.on == EvaluateOn.CHECKED:
        may = now > m.checked
        if may:
            m.checked = now + p.trip.period
        return may
    return p.trip.on == EvaluateOn.EVERY_RESULT or (p.trip.on == EvaluateOn.FAILURE and outcome & 1 == 1)


def answer(m: Memory, w: Any, p: Policies, now: int) -> int:
    """Return the `Reason` to open at `now`, or 0."""
    window.expire(m, w, p.window, now)
    calls, failures, slow = window.visible(m, w, p.window)
    reason = verdict(p.trip, calls, failures, slow, m.run)
    if reason == NO_REASON:
        if p.trip.least_average > 0.0 and average.falls_short(m, w, p, now):
            return FAILURE_RATE
        if p.trip.slow_quantile > 0.0 and calls >= p.trip.minimum_calls and durations.exceeds(m, p.trip):
            return SLOW_CALL_RATE
    elif p.trip.strikes > 1 and not _strikes_out(m, p.trip.strikes):
        return NO_REASON
    return reason


def _strikes_out(m: Memory, strikes: int) -> bool:
    """Count a run of failures as a strike, and return whether it is the last that it takes."""
    m.run = 0
    m.strikes = (m.strikes + 1) % strikes
    return m.strikes == 0
