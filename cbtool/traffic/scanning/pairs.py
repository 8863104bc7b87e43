"""`key=value` pairs in a part of a line, in any order, with values quoted or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.lines import Spans
from cbtool.traffic.scanning.memory import byte, int64

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


def pairs_in(spans: Spans, keys: Mapping[str, tuple[str, ...]], lists: frozenset[str]) -> dict[str, Spans]:
    """Return the values by name: each is of the first pair with any of its keys that has one.

    An unquoted value ends at white space or a comma, semicolon, bar or quote; one of `lists` goes on as long
    as there are numbers, spaces, commas and colons. What is quoted and belongs to no key is passed over.
    """
    spelled = [(key.encode(), slot) for slot, name in enumerate(keys) for key in keys[name]]
    ends = np.cumsum([len(key) for key, _ in spelled])
    slot_of = np.array([slot for _, slot in spelled], np.int32)
    listed = np.array([name in lists for name in keys], np.bool_)
    shape = len(keys), len(spans.start)
    start, end = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)
    letters = np.frombuffer(b"".join(key for key, _ in spelled), np.uint8)
    _pairs(spans.data, spans.start, spans.end, letters, ends, slot_of, listed, start, end)
    return {name: Spans(spans.data, start[slot], end[slot]) for slot, name in enumerate(keys)}


@compiled(memory)
def _pairs(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    letters: NDArray[np.uint8],
    key_ends: NDArray[np.int64],
    slot_of: NDArray[np.int32],
    listed: NDArray[np.bool_],
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
) -> None:
    parting = np.zeros(256, np.bool_)
    for one in (9, 32, 34, 44, 59, 124):
        parting[one] = True
    listing = np.zeros(256, np.bool_)
    for one in (32, 44, 45, 46, 58):
        listing[one] = True
    for one in range(48, 58):
        listing[one] = True
    for line in range(len(starts)):
        at, end = int64(starts[line]), int64(ends[line])
        while 0 <= at < end:
            if parting[byte(data, at)]:
                if byte(data, at) == 34:
                    at += 1
                    while at < end and byte(data, at) != 34:
                        at += 1 + (byte(data, at) == 92)
                at += 1
                continue
            first = at
            while at < end and byte(data, at) != 61 and not parting[byte(data, at)]:
                at += 1
            if at == end or byte(data, at) != 61:
                continue
            slot = -1
            key = 0
            for index in range(len(slot_of)):
                same = key_ends[index] - key == at - first
                for i in range(at - first if same else 0):
                    if letters[key + i] != byte(data, first + i):
                        same = False
                        break
                key = key_ends[index]
                if same:
                    slot = slot_of[index]
            at += 1
            first = at
            if at < end and byte(data, at) == 34:
                at += 1
                first = at
                while at < end and byte(data, at) != 34:
                    at += 1
                last = at
                at += 1
            elif slot >= 0 and listed[slot]:
                while at < end and listing[byte(data, at)]:
                    at += 1
                last = at
                while last > first and (
                    byte(data, last - 1) == 32 or byte(data, last - 1) == 44 or byte(data, last - 1) == 58
                ):
                    last -= 1
                at = last
            else:
                while at < end and not parting[byte(data, at)]:
                    at += 1
                last = at
            if slot >= 0 and last > first and out_start[slot, line] < 0:
                out_start[slot, line] = first
                out_end[slot, line] = last
