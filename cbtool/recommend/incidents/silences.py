"""Silences in a log: where a bad stretch may go on unseen, or be cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.reading.columns import PIECE

if TYPE_CHECKING:
    from cbtool.recommend.incidents.segments import Segment
    from cbtool.recommend.reading.columns import Column

_HOLE = 10 * 10**9  # nanoseconds
_FAR_LONGER = 30.0  # times the usual time between calls, which chance makes of none in e³⁰
_AROUND = 50  # calls on either side of a hole
_MOST_HOLES = 5
_BESIDE = 5  # calls


def holes(start: Column, segment: Segment, duration: Column | None = None) -> list[int]:
    """Return the calls of a segment before which the log has a hole: no call for far longer than around it.

    Where calls come in bunches there are many such pauses, which are no holes; then there is none. Nor is a
    time in which callers waited for answers, as for timeouts: the log has their calls.

    Args:
        start: nanoseconds.
        segment: where to look.
        duration: nanoseconds; None: unknown.
    """
    found: list[int] = []
    for at in range(segment.first, segment.last, PIECE):
        begins = start[at : min(at + PIECE, segment.last) + 1]
        for i in (np.flatnonzero(np.diff(begins) >= _HOLE) + at).tolist():
            gap = int(start[i + 1]) - int(start[i])
            before, after = max(0, i - _AROUND), min(len(start) - 1, i + 1 + _AROUND)
            usual = max(
                (int(start[i]) - int(start[before])) / max(1, i - before),
                (int(start[after]) - int(start[i + 1])) / max(1, after - i - 1),
            )
            if gap >= _FAR_LONGER * usual and _idle(start, duration, i) >= _HOLE:
                found.append(i + 1)
            if len(found) > _MOST_HOLES:
                return []
    return found


def _idle(start: Column, duration: Column | None, i: int) -> int:
    """Return for how long before call i + 1 no call was under way, in nanoseconds."""
    first = max(0, i + 1 - _AROUND)
    ends = start[first : i + 1] if duration is None else start[first : i + 1] + duration[first : i + 1]
    return int(start[i + 1]) - int(ends.max())


def cut_short(start: Column, segment: Segment, duration: Column | None = None) -> bool:
    """Return whether the log begins or ends, or has a hole, right beside a segment."""
    first, last = max(0, segment.first - _BESIDE), min(len(start) - 1, segment.last + _BESIDE)
    if first == 0 or last == len(start) - 1:
        return True
    beside = (
        segment._replace(first=first, last=segment.first),
        segment._replace(first=segment.last, last=last),
    )
    return any(holes(start, each, duration) for each in beside)
