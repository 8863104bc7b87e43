"""Decimal numbers as whole nanoseconds, without the rounding of a float on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled, lean
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.memory import byte, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Spans

NONSENSE = -(1 << 63)
"""What stands for a text that makes no sense."""

_MOST = (1 << 63) - 1
_HALF = 5 * 10**18
_FULL = (_MOST - 9) // 10  # up to here a number can take a further digit
_POWERS = 10 ** np.arange(19, dtype=np.int64)


def scaled(
    spans: Spans, power: int, most: int, *, blank: int = NONSENSE, negative: int = NONSENSE
) -> NDArray[np.int64]:
    """Return numbers times a power of ten, halves rounded up; `NONSENSE` where not from 0 to `most`.

    Args:
        spans: of length n; white space around a number is left out, `1.5e3` is a number.
        power: of ten, 0 to 9.
        most: the largest product that makes sense.
        blank: what stands where there is no text, or a dash alone.
        negative: what stands for a number below 0.
    """
    made = np.empty(len(spans.start), np.int64)
    _scaled(spans.data, spans.start, spans.end, power, most, blank, negative, _POWERS, most // _POWERS, made)
    return made


def summed(spans: Spans, power: int, most: int, *, blank: int = NONSENSE) -> NDArray[np.int64]:
    """Return the same of the sums of `0.010, 0.020 : -`, in which a dash counts nothing."""
    made = np.empty(len(spans.start), np.int64)
    _summed(spans.data, spans.start, spans.end, power, most, blank, _POWERS, most // _POWERS, made)
    return made


@lean
def _number(
    data: NDArray[np.uint8],
    pos: int,
    end: int,
    power: int,
    most: int,
    powers: NDArray[np.int64],
    limits: NDArray[np.int64],
) -> tuple[int, bool]:
    """The magnitude of a number that fills all from `pos` to `end`, `NONSENSE` if there is none; its sign."""
    below = False
    if byte(data, pos) == 45 or byte(data, pos) == 43:
        below = byte(data, pos) == 45
        pos += 1
    value, scale, digits, point = int64(0), int64(power), 0, False
    while pos < end:
        one = byte(data, pos)
        if 48 <= one <= 57:
            digits += 1
            if value <= _FULL and scale > -400:
                value = value * 10 + (one - 48)
                scale -= point
            elif not point:
                scale += 1
        elif one == 46 and not point:
            point = True
        else:
            break
        pos += 1
    if digits == 0:
        return NONSENSE, below
    if pos < end:
        if byte(data, pos) != 101 and byte(data, pos) != 69:
            return NONSENSE, below
        pos += 1
        down = False
        if pos < end and (byte(data, pos) == 45 or byte(data, pos) == 43):
            down = byte(data, pos) == 45
            pos += 1
        if pos == end:
            return NONSENSE, below
        exponent = int64(0)
        while pos < end:
            if byte(data, pos) < 48 or byte(data, pos) > 57:
                return NONSENSE, below
            exponent = min(exponent * 10 + (byte(data, pos) - 48), 100_000)
            pos += 1
        scale += -exponent if down else exponent
    if value == 0 or scale < -18:
        # Nineteen digits behind the point are the most that can still come to a half.
        return int64(scale == -19 and value >= _HALF), below
    if scale < 0:
        unit = powers[-scale]
        value = value // unit + (value % unit >= unit - unit // 2)
    elif scale > 18 or value > limits[scale]:
        return NONSENSE, below
    else:
        value *= powers[scale]
    return (value if value <= most else int64(NONSENSE)), below


@compiled(memory)
def _scaled(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    power: int,
    most: int,
    blank: int,
    negative: int,
    powers: NDArray[np.int64],
    limits: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    for line in range(len(starts)):
        pos, end = int64(starts[line]), int64(ends[line])
        if pos >= 0:
            while pos < end and byte(data, pos) <= 32:
                pos += 1
            while pos < end and byte(data, end - 1) <= 32:
                end -= 1
        if pos < 0 or pos == end or (end - pos == 1 and byte(data, pos) == 45):
            out[line] = blank
            continue
        value, below = _number(data, pos, end, power, most, powers, limits)
        out[line] = negative if below and value != 0 and value != NONSENSE else value


@compiled(memory)
def _summed(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    power: int,
    most: int,
    blank: int,
    powers: NDArray[np.int64],
    limits: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:
    for line in range(len(starts)):
        pos, end = int64(starts[line]), int64(ends[line])
        total, numbers = int64(0), 0
        while 0 <= pos < end and total != NONSENSE:
            one = byte(data, pos)
            if one == 32 or one == 44 or one == 58 or one == 45:
                pos += 1
                continue
            first = pos
            while pos < end and byte(data, pos) != 32 and byte(data, pos) != 44 and byte(data, pos) != 58:
                pos += 1
            value, _below = _number(data, first, pos, power, most, powers, limits)
            total = value if value == NONSENSE else total + value
            if total > most:
                total = int64(NONSENSE)
            numbers += 1
        out[line] = total if numbers else blank
