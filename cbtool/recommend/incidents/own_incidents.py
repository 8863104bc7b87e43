"""Incidents of single instances, each of which has a breaker of its own.

Among eight instances one that is down is 12.5 % of all failures: ridden through by a breaker for all of them,
and a whole outage to its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.incidents.incidents import apart_along

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.incidents.incidents import Apart
    from cbtool.recommend.incidents.segments import Segment
    from cbtool.recommend.model import Budget
    from cbtool.recommend.reading.columns import TraceColumns
    from cbtool.recommend.reading.trace import Trace

Own = dict[int, list[tuple[int, int]]]
"""By breaker, its own incidents as (from, to) nanoseconds, in order."""

MOST = 100  # instances that are looked at
LEAST = 100  # calls of one


def own_incidents(
    trace: Trace, instance: NDArray[np.int32], p99: float | None, budget: Budget, apart: Apart
) -> Own:
    """Return the incidents of single instances that are none of the whole.

    Args:
        trace: the calls that count.
        instance: by call, which breaker it goes to.
        p99: of healthy durations, seconds; None: durations say nothing.
        budget: gives the break-even share and the shortest incident.
        apart: the whole told apart.
    """
    known = [(int(trace.start[s.first]), int(trace.start[s.last])) for s in apart.actionable]
    found: Own = {}
    for number in range(min(int(instance.max(initial=0)) + 1, MOST)):
        mine = trace.take(instance == number)
        if len(mine) < LEAST:
            continue
        own = of_its_own(mine, apart_along(mine, p99, budget).actionable, known)
        if own:
            found[number] = own
    return found


def of_its_own(
    mine: TraceColumns, actionable: Sequence[Segment], known: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return when one instance's incidents were, without those at the time of known ones; nanoseconds."""
    spans = [(int(mine.start[s.first]), int(mine.start[s.last])) for s in actionable]
    return [span for span in spans if not any(_overlap(span, other) for other in known)]


def inside(
    trace: Trace, instance: NDArray[np.int32], own: Mapping[int, list[tuple[int, int]]]
) -> NDArray[np.bool_]:
    """Return which calls lie in an incident of their own instance."""
    mask = np.zeros(len(trace), np.bool_)
    for number, spans in own.items():
        mine = instance == number
        for begin, end in spans:
            mask |= mine & (trace.start >= begin) & (trace.start <= end)
    return mask


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
