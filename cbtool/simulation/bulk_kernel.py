# ruff: noqa: PLR0917, PLR1714  # compiled code takes arrays one by one, and no sets
"""Many events of a breaker at once, where nothing but counts can come of them.

Up to the end of a bucket of a `GRID` window, a closed breaker whose failures are too few for any of its
rules, and an open one that refuses, only count. What they have counted afterwards is what the steps would
have counted one by one; the trips, the answers and the contents of the window are the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba.extending import register_jitable

from cbtool.breaker import Outcome, buckets
from cbtool.breaker.policies import CountWhen, EvaluateOn, Measure, WindowKind

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import Policies, TripPolicy

_LEAST = 12
"""Calls ahead in the bucket: fewer are sooner done one by one."""
_IGNORED = int(Outcome.IGNORED)
_MARGIN = 0.01
"""Of 1, that a rate must be away from its threshold: far more than the libraries' roundings make of it."""


@register_jitable
def applies(p: Policies) -> bool:
    """Return whether the policies are of a kind that counts in a grid, and asks nothing but what it holds."""
    return (
        p.window.kind == WindowKind.GRID
        and not p.window.booked_at_admission
        and p.trip.on != EvaluateOn.CHECKED
        and p.trip.on != EvaluateOn.TIMER
        and p.trip.measure != Measure.SUCCESS_SHARE
        and p.wait.sweep == 0
    )


@register_jitable
def while_closed(
    m: Memory,
    w: Any,
    p: Policies,
    start_ns: Any,
    end_ns: Any,
    started: Any,
    outcomes: Any,
    call: int,
    done: int,
) -> tuple[int, int]:
    """Count the events of a closed breaker's present bucket, up to a call too many, if none can trip it.

    The calls in flight must all be of this generation, and none of them refused.

    Returns:
        The next call and the next completion; as they were where the events must go one by one.
    """
    n = len(start_ns)
    turns = m.turns
    room = p.trip.capacity or n
    if call + _LEAST >= n or start_ns[call + _LEAST] >= turns:
        return call, done
    due = len(end_ns)
    over, failures, slow, run, seen = done, 0, 0, 0, 0
    while over < due and end_ns[over] < turns and started[over] - over <= room:
        outcome = int(outcomes[over])
        failed = outcome & 1
        failures += failed
        slow += outcome >> 1
        run = (run + failed) * failed
        seen |= outcome
        over += 1
    until = call if over == done else max(call, int(started[over - 1]))
    while until < n and start_ns[until] < turns and until - over < room:
        until += 1
    if seen & _IGNORED or not _calm(m, w, p, failures, slow):
        return call, done
    _count(m, w, p, until - call, over - done, failures, slow, run)
    return until, over


@register_jitable
def while_refusing(m: Memory, w: Any, p: Policies, start_ns: Any, call: int, until_ns: int) -> int:
    """Count the calls that are refused before `until_ns` and before the bucket ends; return the next call."""
    n = len(start_ns)
    turns = min(m.turns, until_ns)
    over = call
    while over < n and start_ns[over] < turns:
        over += 1
    refused = over - call
    w[m.at] += refused
    m.calls += refused
    if p.window.refusals_fail:
        w[m.at + 1] += refused
        m.failures += refused
    m.judged = 0
    return over


def _calm(m: Memory, w: Any, p: Policies, failures: int, slow: int) -> bool:
    """Return whether no rule can fire as so many more results come in, in whatever order."""
    calls = m.calls
    if p.window.lingers:
        calls -= w[buckets.oldest_at(m, p.window)]
    elif p.window.calls_at_admission:
        calls = min(calls, m.noted)
    elif not p.window.partial:
        calls -= w[m.at]
    failures += m.failures
    slow += m.slow
    if (p.trip.run and m.run + failures >= p.trip.run) or (p.trip.errors and failures >= p.trip.errors):
        return False
    return _under(p.trip, failures, calls, p.trip.failure_rate) and _under(
        p.trip, slow, calls, p.trip.slow_rate
    )


def _under(p: TripPolicy, bad: int, calls: int, threshold: float) -> bool:
    """Return whether a rate of at most `bad` of at least `calls` stays clearly under its threshold."""
    if bad < p.minimum_errors or (bad == 0 and threshold > 0.0):
        return True
    least = max(calls, p.minimum_calls)
    one = 1.0 if p.measure == Measure.SHARE or p.measure == Measure.PRODUCT else 100.0
    return one * bad < (threshold - _MARGIN * one) * least


def _count(
    m: Memory, w: Any, p: Policies, starts: int, results: int, failures: int, slow: int, run: int
) -> None:
    at = m.at
    counts = p.window.counts
    starting = counts == CountWhen.ADMITTED or counts == CountWhen.ATTEMPTED
    calls = starts if starting else results
    w[at] += calls
    m.calls += calls
    if starting and starts:
        m.noted = m.calls
    w[at + 1] += failures
    w[at + 2] += slow
    m.failures += failures
    m.slow += slow
    if results:
        m.run = run + (m.run if run == results else 0)
        w[at + 3] = run + (w[at + 3] if run == results else 0)
    if p.trip.capacity:
        m.in_flight += starts - results
    if p.window.partial:
        m.judged = 0


for _function in (_calm, _under, _count):
    register_jitable(_function)
