"""The shape of a bad stretch: how long it really was, and whether its bad calls came apart or in bursts.

A stretch is found in the order of calls, so at low load a burst of retries with a stray failure a minute
before it, or two bursts within twenty calls, look like a brown-out of minutes. Time tells them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.incidents.segments import LEAST_BAD_CALLS
from cbtool.recommend.reading.columns import pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.incidents.segments import Segment
    from cbtool.recommend.reading.columns import Column, TraceColumns

_CORE = 0.2  # of the bad calls at either end are not looked at
_MUCH_SHORTER = 3.0  # times; less is how calls happen to come
_TOGETHER = 0.2  # of the usual time between calls


class Shape(NamedTuple):
    """What time says of a stretch."""

    seconds: float
    """From its first call to its last; where the middle of its bad calls tells of far less, that."""
    share: float
    """Of bad calls, those that follow each other at once counted as one."""
    bursts: int
    """Bad calls, so counted."""


def shape_of(trace: TraceColumns, slow: Column | None, segment: Segment, level: float) -> Shape:
    """Return the shape of a stretch.

    Args:
        trace: the calls.
        slow: which of them are slow; None: durations say nothing.
        segment: the stretch.
        level: the share of bad calls from which opening pays.
    """
    first, behind = segment.first, segment.last + 1
    start = trace.start
    whole = int(start[segment.last]) - int(start[first])
    near = _TOGETHER * whole / max(1, segment.last - first)
    times, marks, kinds = [], [], []
    before_bad, before_start = None, 0
    columns = (trace.start, trace.failed) if slow is None else (trace.start, trace.failed, slow)
    for piece in pieces(*columns, first=first, behind=behind):
        begins, bad = piece[0], piece[1] if slow is None else piece[1] | piece[2]
        times.append(begins[bad])
        new = np.ones(len(bad), np.bool_)
        new[1:] = (bad[1:] != bad[:-1]) | (np.diff(begins) > near)
        if before_bad is not None:
            new[0] = bad[0] != before_bad or begins[0] - before_start > near
        before_bad, before_start = bad[-1], begins[-1]
        marks.append(begins[new])
        kinds.append(bad[new])
    clusters, bad_clusters = np.concatenate(marks), np.concatenate(kinds)
    core = _core(np.concatenate(times), clusters, bad_clusters, level)
    seconds = whole / 1e9 if core is None or core * _MUCH_SHORTER > whole else core / 1e9
    count = int(bad_clusters.sum())
    return Shape(seconds, count / max(1, len(clusters)), count)


def _core(
    bad_at: NDArray[np.int64], clusters: NDArray[np.int64], bad: NDArray[np.bool_], level: float
) -> float | None:
    """Return how long the bad calls lasted by the middle of them, in ns; None where the others are no strays.

    They are none where there are several, as dense among the calls as an incident's: the load changed then.
    """
    most = len(bad_at) - 1
    low, high = round(_CORE * most), most - round(_CORE * most)
    if most < 1:
        return 0.0
    middle = int(bad_at[high]) - int(bad_at[low])
    core = middle * most / max(1, high - low)
    margin = (core - middle) / 2
    outside = (clusters < bad_at[low] - margin) | (clusters > bad_at[high] + margin)
    strays = int(bad[outside].sum())
    return None if strays >= max(LEAST_BAD_CALLS, level * outside.sum()) else core
