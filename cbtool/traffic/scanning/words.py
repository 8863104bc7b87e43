"""Texts of which few differ, told apart: each becomes a number, and what it means is worked out once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled, lean
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.lines import Spans
from cbtool.traffic.scanning.memory import byte, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 1024
"""Different words above which there is no use in this."""

_BUCKETS = 4 * MOST


class Found(NamedTuple):
    """The words in some lines.

    Attributes:
        codes: uint32, length n, an index into the words; their number where there is none.
        words: where each first was.
    """

    codes: NDArray[np.uint32]
    words: Spans


def told_apart(spans: Spans) -> Found | None:
    """Return the different texts; None if there are more than `MOST`. They may be escaped."""
    codes = np.empty(len(spans.start), np.uint32)
    firsts = np.empty(MOST, np.int32)
    known = _tell(spans.data, spans.start, spans.end, codes, firsts)
    if known < 0:
        return None
    first = firsts[:known]
    escaped = None if spans.escaped is None else spans.escaped[first]
    return Found(codes, Spans(spans.data, spans.start[first], spans.end[first], escaped, spans.escapes))


@lean
def _same(data: NDArray[np.uint8], start: int, end: int, first: int, last: int) -> bool:
    """Whether two texts are the same."""
    apart = int64(first) - start
    at = start if end + apart == last else end + 1
    while at < end and byte(data, at) == byte(data, at + apart):
        at += 1
    return at == end


@compiled(memory)
def _tell(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    codes: NDArray[np.uint32],
    firsts: NDArray[np.int32],
) -> int:
    """Number the words by their first lines; give how many there are, −1 where there are too many."""
    buckets = np.full(_BUCKETS, -1, np.int32)
    known, before = 0, 0
    for line in range(len(starts)):
        start, end = int64(starts[line]), int64(ends[line])
        if start < 0:
            codes[line] = MOST
            continue
        if known and _same(data, start, end, starts[firsts[before]], ends[firsts[before]]):
            codes[line] = before
            continue
        mixed = np.uint64(14_695_981_039_346_656_037)
        for at in range(start, end):
            mixed = (mixed ^ np.uint64(byte(data, at))) * np.uint64(1_099_511_628_211)
        place = int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(_BUCKETS - 1))
        while True:
            word = buckets[place]
            if word < 0:
                if known == MOST:
                    return -1
                buckets[place] = known
                firsts[known] = line
                codes[line] = before = known
                known += 1
                break
            if _same(data, start, end, starts[firsts[word]], ends[firsts[word]]):
                codes[line] = before = word
                break
            place = (place + 1) & (_BUCKETS - 1)
    for line in range(len(starts)):
        if codes[line] == MOST:
            codes[line] = known
    return known
