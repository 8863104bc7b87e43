"""Holes: time of which a log says nothing, as where two hours of different days were put into one file.

Nobody knows what happened in it, so it is neither healthy time nor a quiet load. A pause that comes again and
again is none: at night, or between the runs of a job, there is no traffic, and that is known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.reading.columns import PIECE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.reading.columns import Column, TraceColumns
    from cbtool.recommend.reading.trace import Trace

_SHARE = 200  # a hole is longer than all other time, so each of so few takes more than this part of it
_AROUND = 20  # calls on either side that tell how far apart calls are there
_EXPECTED = 30.0  # calls that did not come: e^-30 by chance


class Hole(NamedTuple):
    """Time without a call, in nanoseconds of the trace: from when the next was due, to when it came."""

    begin: int
    end: int


def holes(trace: TraceColumns) -> list[Hole]:
    """Return the pauses that are longer than all the time in which calls came, in order.

    A pause is time in which 30 or more calls would have come at the rate of the 20 before it, and at that of
    the 20 after it.
    """
    n = len(trace)
    if n <= 2 * _AROUND:
        return []
    span = int(trace.start[n - 1]) - int(trace.start[0])
    paused = [pause for at in _long_waits(trace.start, span // _SHARE) if (pause := _pause(trace, at))]
    active = span - _seconds_of(paused)
    return [pause for pause in paused if pause.end - pause.begin > active]


def left_out(trace: Trace, background: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the times that the healthy calls leave out, incidents and holes, as (from, to) nanoseconds.

    Args:
        trace: n calls.
        background: n; the healthy ones.
    """
    start, last = trace.start, len(trace) - 1
    edges = np.diff(np.concatenate(([False], ~background, [False])).astype(np.int8))
    out = np.flatnonzero(edges)
    spans = [(int(start[a]), int(start[min(b, last)])) for a, b in zip(out[::2], out[1::2], strict=True)]
    return joined([*spans, *found]) if (found := holes(trace)) else spans


def watched(trace: TraceColumns) -> float:
    """Return the seconds that a trace tells of: from its first call to its last, without holes."""
    return trace.span - seconds_in(holes(trace))


def seconds_in(found: Sequence[Hole]) -> float:
    """Return how long holes are together."""
    return _seconds_of(found) / 1e9


def without(times: NDArray[np.int64], found: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Return times as they are once parts of it, (from, to) in order, are cut out."""
    if not found:
        return times
    starts = np.array([begin for begin, _ in found])
    lengths = np.concatenate(([0], np.cumsum([end - begin for begin, end in found])))
    return np.asarray(times - lengths[np.searchsorted(starts, times, side="right")])


def joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, those that meet or overlap as one."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((begin, end))
    return merged


def _long_waits(start: Column, least: int) -> list[int]:
    """Return after which calls nothing came for longer than that."""
    found: list[int] = []
    for at in range(0, len(start), PIECE):
        piece = np.asarray(start[at : at + PIECE + 1])
        found += (np.flatnonzero(np.diff(piece) > max(least, 1)) + at).tolist()
    return found


def _pause(trace: TraceColumns, at: int) -> Hole | None:
    """Return the pause after a call; None where chance explains it, or too few calls are around it."""
    if at < _AROUND or at + 1 + _AROUND >= len(trace):
        return None
    begin, end = int(trace.start[at]), int(trace.start[at + 1])
    before = begin - int(trace.start[at - _AROUND])
    after = int(trace.start[at + 1 + _AROUND]) - end
    apart = max(before, after) / _AROUND
    if end - begin <= _EXPECTED * apart:
        return None
    last = slice(at - _AROUND, at + 1)
    done = int(np.max(np.asarray(trace.start[last]) + np.asarray(trace.duration[last])))
    return Hole(min(max(begin + round(apart), done), end), end)


def _seconds_of(found: Sequence[Hole]) -> int:
    return sum(pause.end - pause.begin for pause in found)
