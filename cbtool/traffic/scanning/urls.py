"""The parts of URLs and request lines, as places within them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.memory import byte, find, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Spans

PATH, HOST = 0, 1


def part_of(spans: Spans, part: int) -> Spans:
    """Return a target's `PATH` with its query, or the `HOST` of an absolute one."""
    start, end = np.empty_like(spans.start), np.empty_like(spans.end)
    _parts(spans.data, spans.start, spans.end, part, start, end)
    return spans._replace(start=start, end=end)


@compiled(memory)
def _parts(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    part: int,
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
) -> None:
    for line in range(len(starts)):
        at, end = int64(starts[line]), int64(ends[line])
        out_start[line] = -1
        out_end[line] = -1
        if at < 0 or at >= end:
            continue
        if byte(data, at) == 47:
            if part == 0:
                out_start[line] = at
                out_end[line] = end
            continue
        first = at
        while at < end and 97 <= (byte(data, at) | 32) <= 122:
            at += 1
        if (
            at == first
            or at + 3 > end
            or byte(data, at) != 58
            or byte(data, at + 1) != 47
            or byte(data, at + 2) != 47
        ):
            continue
        at += 3
        first = at
        while at < end and byte(data, at) != 47 and (part == 0 or byte(data, at) != 58):
            at += 1
        if part == 1 and at > first:
            out_start[line] = first
            out_end[line] = at
        elif part == 0 and at < end:
            out_start[line] = at
            out_end[line] = end


def first_word(spans: Spans) -> Spans:
    """Return what stands before each text's first space, or all of it."""
    return _word(spans, second=False)


def second_word(spans: Spans) -> Spans:
    """Return what stands behind it, up to the next."""
    return _word(spans, second=True)


def _word(spans: Spans, *, second: bool) -> Spans:
    start, end = np.empty_like(spans.start), np.empty_like(spans.end)
    _words(spans.data, spans.start, spans.end, second, start, end)
    return spans._replace(start=start, end=end)


@compiled(memory)
def _words(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    second: bool,
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
) -> None:
    for line in range(len(starts)):
        at, end = int64(starts[line]), int64(ends[line])
        out_start[line] = at
        out_end[line] = end
        if at < 0:
            continue
        space = find(data, at, end, 32)
        if not second:
            out_end[line] = space
        elif space == end:
            out_start[line] = -1
        else:
            out_start[line] = space + 1
            out_end[line] = find(data, space + 1, end, 32)
