"""Delimited rows: one value a column, quoted or not, no row over more than a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.lines import Escapes, Spans
from cbtool.traffic.scanning.memory import byte, find, int64

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Lines


def split(
    lines: Lines, delimiter: str, names: Sequence[str], wanted: Sequence[str], *, quotes: bool, exact: bool
) -> dict[str, Spans]:
    """Return the values of each wanted column that there is; all are absent of a row that does not fit.

    That is one with fewer values than names, one with another number of them if that must be `exact`, and,
    with `quotes`, one with a quote that does not end or does not end at a delimiter.
    """
    slots = [name for name in wanted if name in names]
    slot_of = np.full(len(names), -1, np.int32)
    for slot, name in enumerate(slots):
        slot_of[names.index(name)] = slot
    shape = len(slots), len(lines)
    start, end, escaped = np.empty(shape, np.int32), np.empty(shape, np.int32), np.empty(shape, np.uint8)
    _split(lines.data, lines.start, lines.end, ord(delimiter), slot_of, quotes, exact, start, end, escaped)
    return {
        name: Spans(lines.data, start[slot], end[slot], escaped[slot] if quotes else None, Escapes.DOUBLED)
        for slot, name in enumerate(slots)
    }


@compiled(memory)
def _split(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    delimiter: int,
    slot_of: NDArray[np.int32],
    quotes: bool,
    exact: bool,
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
    out_escaped: NDArray[np.uint8],
) -> None:
    slots, names = out_start.shape[0], len(slot_of)
    for line in range(len(starts)):
        for slot in range(slots):
            out_start[slot, line] = -1
            out_end[slot, line] = -1
            out_escaped[slot, line] = 0
        at, end = int64(starts[line]), int64(ends[line])
        column, sound = 0, True
        while True:
            slot = slot_of[column] if column < names else -1
            column += 1
            first, doubled = at, False
            if quotes and at < end and byte(data, at) == 34:
                at += 1
                first = at
                while at < end:
                    if byte(data, at) == 34:
                        if at + 1 < end and byte(data, at + 1) == 34:
                            doubled = True
                            at += 1
                        else:
                            break
                    at += 1
                last = at
                at += 1
                sound = last < end and (at == end or byte(data, at) == delimiter)
            else:
                at = find(data, at, end, delimiter)
                last = at
            if not sound:
                break
            if slot >= 0:
                out_start[slot, line] = first
                out_end[slot, line] = last
                out_escaped[slot, line] = doubled
            if at >= end:
                break
            at += 1
        if not sound or column < names or (exact and column > names):
            for slot in range(slots):
                out_start[slot, line] = -1
                out_end[slot, line] = -1
