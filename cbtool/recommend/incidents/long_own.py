"""Incidents of single instances, in logs that do not fit in memory; see `own_incidents.own_incidents`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.incidents.incidents import apart_along
from cbtool.recommend.incidents.own_incidents import LEAST, MOST, of_its_own
from cbtool.recommend.reading.columns import pieces
from cbtool.recommend.reading.long_trace import LongTrace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.recommend.incidents.incidents import Apart
    from cbtool.recommend.incidents.own_incidents import Own
    from cbtool.recommend.model import Budget
    from cbtool.recommend.reading.columns import Column, TraceColumns

_AT_ONCE = 16  # instances whose calls are written at a time: files are few, too


def own_along(
    trace: TraceColumns, instance: Column, apart: Apart, *, instances: int, p99: float | None, budget: Budget
) -> Own:
    """Return the incidents of single instances that are none of the whole.

    Args:
        trace: the calls that count.
        instance: by call, which breaker it goes to.
        apart: the whole told apart.
        instances: how many there are.
        p99: of healthy durations, seconds; None: durations say nothing.
        budget: gives the break-even share and the shortest incident.

    Raises:
        UnreachableError: there is no room on the disk.
    """
    known = [(int(trace.start[s.first]), int(trace.start[s.last])) for s in apart.actionable]
    found: Own = {}
    for number, mine in _each(trace, instance, min(instances, MOST)):
        if len(mine) < LEAST:
            continue
        own = of_its_own(mine, apart_along(mine, p99, budget).actionable, known)
        if own:
            found[number] = own
    return found


def _each(trace: TraceColumns, instance: Column, instances: int) -> Iterator[tuple[int, LongTrace]]:
    for first in range(0, instances, _AT_ONCE):
        some = [LongTrace() for _ in range(first, min(first + _AT_ONCE, instances))]
        for start, duration, failed, which in pieces(trace.start, trace.duration, trace.failed, instance):
            for number, mine in enumerate(some, first):
                keep = np.flatnonzero(which == number)
                mine.add(start[keep], duration[keep], failed[keep], knows_durations=trace.knows_durations)
        for number, mine in enumerate(some, first):
            yield number, mine
            mine.close()
