"""The shape of a bad stretch: how long it really was, and whether its bad calls came apart or in bursts.

A stretch is found in the order of calls, so at low load a burst of retries with a stray failure a minute
before it, or two bursts within twenty calls, look like a brown-out of minutes. Time tells them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.columns import pieces

if TYPE_CHECKING:
    from cbtool.recommend.columns import Column, TraceColumns
    from cbtool.recommend.segments import Segment

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


def shape_of(trace: TraceColumns, slow: Column | None, segment: Segment) -> Shape:
    """Return the shape of a stretch.

    Args:
        trace: the calls.
        slow: which of them are slow; None: durations say nothing.
        segment: the stretch.
    """
    first, behind = segment.first, segment.last + 1
    start = trace.start
    whole = int(start[segment.last]) - int(start[first])
    near = _TOGETHER * whole / max(1, segment.last - first)
    times, clusters, bad_clusters = [], 0, 0
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
        clusters += int(new.sum())
        bad_clusters += int((new & bad).sum())
    found = np.concatenate(times)
    most = len(found) - 1
    low, high = round(_CORE * most), most - round(_CORE * most)
    core = (int(found[high]) - int(found[low])) / 1e9 * most / max(1, high - low) if most > 0 else 0.0
    if core * _MUCH_SHORTER > whole / 1e9:
        core = whole / 1e9
    return Shape(core, bad_clusters / max(1, clusters), bad_clusters)
