# ruff: noqa: PLR0917  # compiled code takes arrays one by one, and no keywords
"""What completes after traffic stops: the slow calls last, so that a window may hold hardly anything else.

One call in a thousand that times out after 20 seconds is one in a thousand of a window, as long as traffic
goes on. When it stops (a pause, a night, the end of a log), they are all that completes for those seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOMENTS = 240


class Stops(NamedTuple):
    """Moments at which traffic might have stopped, and the calls in flight then."""

    last: NDArray[np.int64]
    """The last call that completed before each."""
    begin: NDArray[np.int64]
    """The first call of the same breaker."""
    first: NDArray[np.int64]
    """Where those in flight at each begin in `call`; one more than there are moments."""
    call: NDArray[np.int64]
    """The calls in flight, in the order in which they complete."""


def stops_in(end: NDArray[np.int64], duration: NDArray[np.int64], breaks: NDArray[np.int64]) -> Stops:
    """Return evenly spaced moments at which traffic might have stopped.

    Args:
        end: nanoseconds at which calls completed, in order.
        duration: nanoseconds that they took.
        breaks: which completions are the first of another breaker.
    """
    moments = min(_MOMENTS, len(end))
    last = ((np.arange(moments) + 0.5) * (len(end) / max(1, moments))).astype(np.int64)
    begins = np.concatenate(([0], breaks)).astype(np.int64)
    begin = begins[np.searchsorted(begins, last, side="right") - 1]
    first, call = _in_flight(end, duration, last)
    return Stops(last, begin, first, call)


@compiled()
def _in_flight(
    end: NDArray[np.int64], duration: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    moments = len(last)
    first = np.zeros(moments + 1, np.int64)
    call = np.empty(0, np.int64)
    for filling in range(2):
        behind = 0  # moments before this completion
        place = first.copy()
        for i in range(len(end)):
            while behind < moments and last[behind] < i:
                behind += 1
            at = behind - 1
            while at >= 0 and end[last[at]] >= end[i] - duration[i]:
                if filling:
                    call[place[at]] = i
                    place[at] += 1
                else:
                    first[at + 1] += 1
                at -= 1
        if not filling:
            first = np.cumsum(first)
            call = np.empty(first[-1], np.int64)
    return first, call


@compiled()
def share_of_stops(
    end: NDArray[np.int64],
    bad: NDArray[np.bool_],
    places: NDArray[np.int64],
    stops: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    window: int,
    counted: bool,
    gates: tuple[float, int, int],
) -> float:
    """Return the share of the moments after which what was in flight would trip, if no call began any more.

    Args:
        end: nanoseconds at which calls completed, in order.
        bad: which of them were.
        places: the same as indices.
        stops: the moments, as `Stops`.
        window: nanoseconds; calls, where `counted`.
        counted: what the window holds.
        gates: threshold in percent, errors, and calls.
    """
    threshold, errors, least = gates
    last, begin, first, call = stops
    trips = 0
    for moment in range(len(last)):
        stop = last[moment] + 1
        until = np.searchsorted(places, stop)  # bad calls before the stop
        since, oldest = first[moment], begin[moment]  # of those in flight and those before, in the window
        late = 0  # bad ones among those in flight
        for j in range(first[moment], first[moment + 1]):
            i = call[j]
            if not bad[i]:
                continue
            late += 1
            while (j - since >= window) if counted else (end[i] - end[call[since]] >= window):
                late -= bad[call[since]]
                since += 1
            if counted:
                oldest = max(begin[moment], stop - (window - (j - since + 1)))
            else:
                oldest += np.searchsorted(end[oldest:stop], end[i] - window + 1)
            number = late + until - np.searchsorted(places, oldest)
            calls = stop - oldest + j - since + 1
            if number >= errors and calls >= least and 100.0 * number >= threshold * calls:
                trips += 1
                break
    return trips / max(1, len(last))
