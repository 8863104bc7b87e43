"""Labelled values (LTSV) made JSON objects, a line each, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled, lean
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.memory import byte, find, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = 3  # values of a line of such a file
_GROWTH = 6  # times as long as before, the most that a line can become
_MORE = 64  # bytes beside that
_FIRST, _LATER = 1, 2
_LETTERS = np.zeros(256, np.uint8)  # what a label may have in it, and at its beginning
_LETTERS[list(b"0123456789.-")] = _LATER
_LETTERS[list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")] = _FIRST | _LATER


def objects_of(lines: bytes) -> bytes:
    """Return lines as objects, those that are not of labels as they are.

    A value of `-` is null, brackets around one are left out, and `host`, which is the client's, is `client`.
    """
    data = np.frombuffer(lines, np.uint8)
    made = np.empty(_GROWTH * len(lines) + _MORE, np.uint8)
    return made[: int(_objects(data, made))].tobytes()


@lean
def _label_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where the colon is behind a label; −1 if there is none."""
    if at >= end or not _LETTERS[byte(data, at)] & _FIRST:
        return int64(-1)
    while at < end and _LETTERS[byte(data, at)]:
        at += 1
    return at if at < end and byte(data, at) == 58 else int64(-1)


@lean
def _is_labelled(data: NDArray[np.uint8], at: int, end: int) -> bool:
    count = int64(0)
    while at <= end:
        if _label_end(data, at, end) < 0:
            return False
        count += 1
        at = find(data, at, end, 9) + 1
    return count >= _LEAST


@lean
def _written(data: NDArray[np.uint8], at: int, end: int, made: NDArray[np.uint8], to: int) -> int:
    """Write a text's characters as JSON has them; give the place behind them."""
    for i in range(at, end):
        one = byte(data, i)
        if one == 34 or one == 92:
            made[to] = 92
            to += 1
        elif one < 32:
            made[to], made[to + 1], made[to + 2], made[to + 3] = 92, 117, 48, 48
            made[to + 4] = 48 + (one >> 4)
            to += 5
            one = (one & 15) + (48 if one & 15 < 10 else 87)
        made[to] = one
        to += 1
    return to


@compiled(memory)
def _objects(data: NDArray[np.uint8], made: NDArray[np.uint8]) -> int:
    at, to = int64(0), int64(0)
    while at < len(data):
        behind = find(data, at, len(data), 10)
        end = behind
        while end > at and byte(data, end - 1) == 13:
            end -= 1
        if not _is_labelled(data, at, end):
            for i in range(at, min(behind + 1, len(data))):
                made[to] = byte(data, i)
                to += 1
            at = behind + 1
            continue
        opening = 123
        while at <= end:
            colon, last = _label_end(data, at, end), find(data, at, end, 9)
            made[to], made[to + 1] = opening, 34
            to += 2
            opening = 44
            renamed = colon - at == 4 and byte(data, at) == 104 and byte(data, at + 1) == 111
            if renamed and byte(data, at + 2) == 115 and byte(data, at + 3) == 116:
                made[to], made[to + 1], made[to + 2] = 99, 108, 105
                made[to + 3], made[to + 4], made[to + 5] = 101, 110, 116
                to += 6
            else:
                to = _written(data, at, colon, made, to)
            made[to], made[to + 1] = 34, 58
            to += 2
            first = colon + 1
            if last - first == 1 and byte(data, first) == 45:
                made[to], made[to + 1], made[to + 2], made[to + 3] = 110, 117, 108, 108
                to += 4
            else:
                inner = int64(last - first > 1 and byte(data, first) == 91 and byte(data, last - 1) == 93)
                made[to] = 34
                to = _written(data, first + inner, last - inner, made, to + 1)
                made[to] = 34
                to += 1
            at = last + 1
        made[to], made[to + 1] = 125, 10
        to += 2
        at = behind + 1
    return to
