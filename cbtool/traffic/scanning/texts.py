"""Texts as polars' columns, with what is escaped in them put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cbtool.jit import compiled, lean
from cbtool.traffic.scanning import markup, memory
from cbtool.traffic.scanning.lines import Escapes, Spans
from cbtool.traffic.scanning.markup import referred
from cbtool.traffic.scanning.memory import WIDE, byte, copy_wide, int64, lowest, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OPENS, _CLOSES = b"[]"
_FEW = 1024  # texts that are made one by one as quickly
_GROWTH = 2  # times as long as with escapes, the most that a text can become without


def plain(spans: Spans) -> Spans:
    """Return the same texts without escapes."""
    if spans.escaped is None or not spans.escaped.any():
        return spans._replace(escaped=None)
    made, ends, _ = _copied(spans)
    made.flags.writeable = False  # as all other bytes are, so that one compilation does for both
    starts = np.where(spans.start >= 0, _behind(ends), spans.start)
    return Spans(made, starts.astype(np.int32), ends.astype(np.int32))


def unboxed(spans: Spans) -> Spans:
    """Return the same texts, those in square brackets without these."""
    boxed = (spans.start >= 0) & (spans.end - spans.start > 1)
    boxed[boxed] = (spans.data[spans.start[boxed]] == _OPENS) & (spans.data[spans.end[boxed] - 1] == _CLOSES)
    return spans._replace(start=spans.start + boxed, end=spans.end - boxed) if boxed.any() else spans


def series(spans: Spans) -> pl.Series:
    """Return the texts, null where there is none."""
    made, ends, simple = _copied(spans)
    there = spans.start >= 0
    if simple and len(ends) > _FEW:
        # Polars takes what begins like a compressed file for one; a line's end in front prevents it.
        texts = pl.read_lines(made[: ends[-1] + 1].tobytes()).to_series().slice(1)
    else:
        whole, begins = made.tobytes(), _behind(ends)
        texts = pl.Series(
            [whole[a:b].decode() for a, b in zip(begins.tolist(), ends.tolist(), strict=True)],
            dtype=pl.String,
        )
    return texts if there.all() else texts.set(pl.Series(~there), None)


def _behind(ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the texts begin: each behind the line's end before it."""
    return np.append(0, ends)[:-1] + 1


def _copied(spans: Spans) -> tuple[NDArray[np.uint8], NDArray[np.int64], bool]:
    """Return texts among line ends, where each ends, and whether these are all line ends that there are.

    And whether no text ends in a carriage return: then a reader of lines gives the texts.
    """
    there = spans.start >= 0
    size = int(((spans.end - spans.start) * there).sum(dtype=np.int64))
    mode = Escapes.NONE if spans.escaped is None else spans.escapes
    made = np.empty(size * (_GROWTH if mode == Escapes.BACKSLASHES else 1) + len(spans.start) + 1, np.uint8)
    ends = np.empty(len(spans.start), np.int64)
    escaped = np.zeros(0, np.uint8) if spans.escaped is None else spans.escaped
    return made, ends, bool(_copy(spans.data, spans.start, spans.end, escaped, int(mode), made, ends))


@lean
def _hexadecimal(data: NDArray[np.uint8], at: int) -> int:
    value = int64(0)
    for i in range(4):
        one = byte(data, at + i)
        value = value * 16 + (one - 48 if one <= 57 else (one | 32) - 87)
    return value


@lean
def _unicode(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    r"""The character of `\uXXXX` at a place, and behind it; half a pair alone becomes U+FFFD."""
    value = _hexadecimal(data, at + 2)
    at += 6
    if 0xD800 <= value < 0xDC00 and at + 6 <= end and byte(data, at) == 92 and byte(data, at + 1) == 117:
        low = _hexadecimal(data, at + 2)
        if 0xDC00 <= low < 0xE000:
            return 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00), at + 6
    return (0xFFFD if 0xD800 <= value < 0xE000 else value), at


@lean
def _put(made: NDArray[np.uint8], to: int, value: int) -> int:
    """Write a character as UTF-8; give the place behind it."""
    if value < 0x80:
        made[to] = value
        return to + 1
    if value < 0x800:
        made[to] = 0xC0 | (value >> 6)
        made[to + 1] = 0x80 | (value & 63)
        return to + 2
    if value < 0x10000:
        made[to] = 0xE0 | (value >> 12)
        made[to + 1] = 0x80 | ((value >> 6) & 63)
        made[to + 2] = 0x80 | (value & 63)
        return to + 3
    made[to] = 0xF0 | (value >> 18)
    made[to + 1] = 0x80 | ((value >> 12) & 63)
    made[to + 2] = 0x80 | ((value >> 6) & 63)
    made[to + 3] = 0x80 | (value & 63)
    return to + 4


@compiled(markup, memory)
def _copy(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    escaped: NDArray[np.uint8],
    mode: int,
    made: NDArray[np.uint8],
    made_ends: NDArray[np.int64],
) -> bool:
    simple = True
    made[0] = 10
    to = int64(1)
    for line in range(len(starts)):
        at, end = int64(starts[line]), int64(ends[line])
        first = to
        if at < 0:
            pass
        elif mode == 0 or not escaped[line]:
            # What is copied beyond the end is written over by what follows.
            while at < end and at + WIDE <= len(data) and to + WIDE <= len(made):
                copy_wide(data, at, made, to)
                taken = min(end - at, WIDE)
                at += taken
                to += taken
            for i in range(at, end):
                made[to] = byte(data, i)
                to += 1
        else:
            while at < end:
                one = byte(data, at)
                if mode == 2:
                    at += 1 + (one == 34)
                elif mode == 4:
                    if at + WIDE <= len(data) and to + WIDE <= len(made):
                        copy_wide(data, at, made, to)
                        found = quoted(data, at)
                        taken = min(lowest(found) if found else int64(WIDE), end - at)
                        if taken:
                            at += taken
                            to += taken
                            continue
                    if one == 38:
                        value, at = referred(data, at)
                        to = _put(made, to, value)
                        simple = simple and value != 10
                        continue
                    at += 1 + (one == 13 and at + 1 < end and byte(data, at + 1) == 10)
                    one = max(one, 32)
                elif one != 92 or at + 1 >= end:
                    at += 1
                elif mode == 1:
                    at += 1
                    one = byte(data, at)
                    if one == 34 or one == 92:
                        made[to] = 92
                        made[to + 1] = 120
                        made[to + 2] = 50 if one == 34 else 53
                        to += 3
                        one = 50 if one == 34 else 99
                        at += 1
                    else:
                        one = 92
                elif byte(data, at + 1) == 117:
                    value, at = _unicode(data, at, end)
                    to = _put(made, to, value)
                    simple = simple and value != 10
                    continue
                elif byte(data, at + 1) == 120:  # nginx' for a byte, left as it is
                    at += 1
                else:
                    one = byte(data, at + 1)
                    at += 2
                    if one == 98:
                        one = 8
                    elif one == 102:
                        one = 12
                    elif one == 110:
                        one = 10
                        simple = False
                    elif one == 114:
                        one = 13
                    elif one == 116:
                        one = 9
                made[to] = one
                to += 1
        simple = simple and (to == first or made[to - 1] != 13)
        made_ends[line] = to
        made[to] = 10
        to += 1
    return simple
