# ruff: noqa: PLR0917  # compiled code takes arrays one by one, and no keywords
"""What one run of a candidate costs, counted in one pass without the interpreter's lock (see `loss`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.transition import State
from cbtool.jit import compiled, inlined
from cbtool.recommend.reading import times
from cbtool.recommend.reading.times import first_at

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CLOSED, _OPEN = int(State.CLOSED), int(State.OPEN)


@compiled(times)
def charged(
    permitted: NDArray[np.uint8],
    log: NDArray[np.int64],
    start: NDArray[np.int64],
    until: NDArray[np.float64],
    spans: NDArray[np.int64],
    grace_until: NDArray[np.int64],
    false_trip_cost: float,
) -> float:
    """Return what the refused calls and the false trips cost.

    Args:
        permitted: by call: 1 where it was let through; all are while the breaker is closed.
        log: of the kernel's transitions.
        start: nanoseconds, by call.
        until: what refusing all calls before each would cost, and for the end.
        spans: the incidents, (from, to) nanoseconds, in order.
        grace_until: until when a trip is each incident's.
        false_trip_cost: of a trip that is no incident's.
    """
    cost = 0.0
    false_trips = 0
    for row in range(len(log)):
        if log[row, 1] != _CLOSED:
            continue
        at = log[row, 0]
        if log[row, 2] == _OPEN:
            latest = len(spans) - 1
            while latest >= 0 and spans[latest, 0] > at:
                latest -= 1
            false_trips += latest < 0 or at > grace_until[latest]
        closing = row + 1
        while closing < len(log) and log[closing, 2] != _CLOSED:
            closing += 1
        end = first_at(start, log[closing, 0] + 1, 0, len(start)) if closing < len(log) else len(start)
        call = first_at(start, at, 0, len(start))
        while call < end:
            first = call
            while call < end and not permitted[call]:
                call += 1
            cost += until[call] - until[first]
            call += 1
    return cost + false_trip_cost * false_trips


@compiled(times)
def recovering(
    permitted: NDArray[np.uint8],
    start: NDArray[np.int64],
    duration: NDArray[np.int64],
    ends: NDArray[np.int64],
    spans: NDArray[np.int64],
    good_until: NDArray[np.int64],
    trials: int,
    wait: float,
    longest: float,
    late: float,
) -> int:
    """Return how many more good calls recovering refuses on average than it did here; may be negative.

    Args:
        permitted: by call: 1 where it was let through.
        start: nanoseconds, by call.
        duration: the same.
        ends: the first call after each incident.
        spans: the incidents, (from, to) nanoseconds, in order.
        good_until: how many good calls outside incidents there are before each call, and in all.
        trials: how many calls a half-open breaker waits for the results of.
        wait: seconds that the breaker stays open.
        longest: seconds that a growing wait stops at; the same as the wait where that is constant.
        late: of the time from one round of trials to the next, by which recovering is late on average.
    """
    more = 0
    n = len(permitted)
    for incident in range(len(ends)):
        end = ends[incident]
        if not end or end == n or permitted[end - 1]:
            continue
        first = end
        while first < n and not permitted[first]:
            first += 1
        last = end - 1
        while last > 0 and not permitted[last]:
            last -= 1
        # While trials take their time, all other calls are refused, too; and the wait may have grown.
        seen = float(start[min(first, n - 1)] - start[last]) / 1e9
        results = longest + _results_after(permitted, start, duration, last, trials)
        around = max(wait, min(seen, results))
        usual = first_at(start, spans[incident, 1] + int(late * around * 1e9), 0, len(start))
        more += good_until[usual] - good_until[first]
    return more


@inlined
def _results_after(permitted: Any, start: Any, duration: Any, last: int, trials: int) -> float:
    """Return how many seconds after the last call that was let through so many have their results."""
    until, left, call = start[last], trials, last
    while call >= 0 and left:
        if permitted[call]:
            until = max(until, start[call] + duration[call])
            left -= 1
        call -= 1
    return float(until - start[last]) / 1e9
