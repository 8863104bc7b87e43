"""Times as Unix nanoseconds: the common log format's and ISO 8601's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled, lean
from cbtool.traffic.scanning import memory, numbers
from cbtool.traffic.scanning.lines import Spans
from cbtool.traffic.scanning.memory import byte, eight, int64
from cbtool.traffic.scanning.numbers import NONSENSE

if TYPE_CHECKING:
    from numpy.typing import NDArray

LATEST_SECOND = 7_258_118_400
"""The year 2200. Times before 1970 or from then on are mistakes, and could overflow nanoseconds."""

_SECOND = 1_000_000_000
_EARLY = -2 * 86_400  # seconds before 1970 that a zone can make good
_NOT = -(1 << 40)  # what stands for seconds that there are not
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = tuple(int.from_bytes(name.encode(), "big") for name in _NAMES)
_CLF = 26  # 09/Oct/2025:10:53:20 +0200
_CLF_SHORT = 20  # without the zone
_ISO = 19  # 2025-10-09T10:53:20
_ISO_LONGEST = 40  # with a fraction and a zone


def clf_times(spans: Spans, *, last: bool = False) -> NDArray[np.int64]:
    """Return `09/Oct/2025:10:53:20 +0200`, perhaps with a fraction or without a zone; `NONSENSE` where not.

    Args:
        spans: of length n.
        last: look for it at each text's end, with a zone, perhaps in brackets, whatever stands before it.
    """
    made = np.empty(len(spans.start), np.int64)
    _clf(spans.data, spans.start, spans.end, last, made)
    return made


def iso_times(spans: Spans) -> NDArray[np.int64]:
    """Return ISO 8601, with `T` or a space, perhaps a fraction and a zone or `UTC`; `NONSENSE` where not."""
    made = np.empty(len(spans.start), np.int64)
    _iso(spans.data, spans.start, spans.end, made)
    return made


def iso_times_behind(spans: Spans) -> NDArray[np.int64]:
    """Return the same of what each text ends in: behind a bracket, if one closes there, or its last space."""
    start, end = np.empty_like(spans.start), np.empty_like(spans.end)
    _last(spans.data, spans.start, spans.end, start, end)
    return iso_times(Spans(spans.data, start, end))


@lean
def _two(data: NDArray[np.uint8], pos: int) -> int:
    """Two digits' number; −1 if they are none."""
    tens, ones = byte(data, pos) - 48, byte(data, pos + 1) - 48
    return tens * 10 + ones if 0 <= tens <= 9 and 0 <= ones <= 9 else -1


@lean
def _unix(year: int, month: int, day: int, hour: int, minute: int, second: int) -> int:
    """Unix seconds; `_NOT` if there is no such moment in the sane years. Source: the Gregorian rules."""
    if year < 1969 or year > 2200 or month < 1 or month > 12 or day < 1 or day > 31:
        return _NOT
    if hour < 0 or hour > 23 or minute < 0 or minute > 59 or second < 0 or second > 60:
        return _NOT
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    if month == 2:
        if day > 28 + leap:
            return _NOT
    elif (month == 4 or month == 6 or month == 9 or month == 11) and day > 30:
        return _NOT
    # Years that begin in March have their leap day at the end.
    years = year - (month <= 2)
    days = 365 * years + years // 4 - years // 100 + years // 400
    days += (153 * ((month + 9) % 12) + 2) // 5 + day - 1 - 719_468
    return days * 86_400 + hour * 3600 + minute * 60 + second


@lean
def _within(seconds: int, zone: int, fraction: int) -> int:
    """Nanoseconds from local seconds and the zone's, which are east of Greenwich."""
    seconds -= zone
    if seconds < 0 or seconds >= LATEST_SECOND:
        return NONSENSE
    return seconds * _SECOND + fraction


@lean
def _fraction(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Nanoseconds of `.25` or `,25`, none if it is not there, and behind it; −1 if there is no digit."""
    if at >= end or (byte(data, at) != 46 and byte(data, at) != 44):
        return int64(0), at
    at += 1
    fraction, digits = int64(0), 0
    while at < end and 48 <= byte(data, at) <= 57:
        fraction = fraction * 10 + (byte(data, at) - 48) if digits < 9 else fraction
        digits += 1
        at += 1
    for _ in range(digits, 9):
        fraction *= 10
    return (fraction if digits else int64(-1)), at


@lean
def _zone(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, int]:
    """Seconds east of Greenwich of `+0200`, `+02:00` or `Z`, none if it is not there, and behind it."""
    if at < end and (byte(data, at) | 32) == 122:
        return int64(0), at + 1
    if end - at < 5 or (byte(data, at) != 43 and byte(data, at) != 45):
        return int64(0), at
    colon = int64(byte(data, at + 3) == 58)
    hours = _two(data, at + 1)
    minutes = _two(data, at + 3 + colon) if end - at >= 5 + colon else int64(-1)
    if min(hours, minutes) < 0:
        return int64(0), at
    east = hours * 3600 + minutes * 60
    return (east if byte(data, at) == 43 else -east), at + 5 + colon


@lean
def _month(data: NDArray[np.uint8], at: int) -> int:
    """The month of `Jan` to `Dec`; 0 if it is none."""
    name = ((byte(data, at) | 32) << 16) | ((byte(data, at + 1) | 32) << 8) | (byte(data, at + 2) | 32)
    for month in range(12):
        if name == _MONTHS[month]:
            return month + 1
    return 0


@lean
def _same(data: NDArray[np.uint8], at: int, other: int) -> bool:
    """Whether two stamps of `_CLF` bytes are the same."""
    return (
        eight(data, at) == eight(data, other)
        and eight(data, at + 8) == eight(data, other + 8)
        and eight(data, at + 16) == eight(data, other + 16)
        and eight(data, at + 18) == eight(data, other + 18)
    )


@compiled(memory, numbers)
def _clf(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    last: bool,
    out: NDArray[np.int64],
) -> None:
    before, known = (
        int64(-1),
        int64(NONSENSE),
    )  # where the last whole stamp is: the next ones are often the same
    for line in range(len(starts)):
        at, end = int64(starts[line]), int64(ends[line])
        out[line] = NONSENSE
        if at < 0:
            continue
        if last:
            while end > at and (byte(data, end - 1) == 32 or byte(data, end - 1) == 93):
                end -= 1
            at = max(at, end - _CLF)
            if end - at < _CLF:
                continue
        elif end - at < _CLF_SHORT:
            continue
        if end - at == _CLF:
            if before >= 0 and _same(data, at, before):
                out[line] = known
                continue
            before, known = at, int64(NONSENSE)
        marks = byte(data, at + 2) == 47 and byte(data, at + 6) == 47 and byte(data, at + 11) == 58
        if not marks or byte(data, at + 14) != 58 or byte(data, at + 17) != 58:
            continue
        century, years = _two(data, at + 7), _two(data, at + 9)
        if min(century, years) < 0:
            continue
        seconds = _unix(
            century * 100 + years,
            _month(data, at + 3),
            _two(data, at),
            _two(data, at + 12),
            _two(data, at + 15),
            _two(data, at + 18),
        )
        fraction, at = _fraction(data, at + _CLF_SHORT, end)
        east = int64(0)
        if at < end and byte(data, at) == 32:
            east, at = _zone(data, at + 1, end)
        if at == end and seconds >= _EARLY and fraction >= 0:
            out[line] = _within(seconds, east, fraction)
            if end - before == _CLF:
                known = out[line]


@lean
def _is_utc(data: NDArray[np.uint8], at: int, end: int) -> bool:
    """Whether `UTC` or `GMT` is what is left."""
    if end - at != 3:
        return False
    one, two, three = byte(data, at), byte(data, at + 1), byte(data, at + 2)
    return (one == 85 and two == 84 and three == 67) or (one == 71 and two == 77 and three == 84)


@compiled(memory)
def _last(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
) -> None:
    for line in range(len(starts)):
        at, end = int64(starts[line]), int64(ends[line])
        out_start[line] = -1
        while at >= 0 and end > at and byte(data, end - 1) <= 32:
            end -= 1
        before = int64(32)
        if at >= 0 and end > at and byte(data, end - 1) == 93:
            end -= 1
            before = int64(91)
        first = end
        while at >= 0 and first > at and byte(data, first - 1) != before and end - first < _ISO_LONGEST:
            first -= 1
        if at >= 0 and first < end:
            out_start[line] = first
        out_end[line] = end


@compiled(memory, numbers)
def _iso(
    data: NDArray[np.uint8], starts: NDArray[np.int32], ends: NDArray[np.int32], out: NDArray[np.int64]
) -> None:
    for line in range(len(starts)):
        at, end = int64(starts[line]), int64(ends[line])
        out[line] = NONSENSE
        if at < 0:
            continue
        while at < end and byte(data, at) <= 32:
            at += 1
        while at < end and byte(data, end - 1) <= 32:
            end -= 1
        if end - at < _ISO:
            continue
        mark = byte(data, at + 4)
        if (mark != 45 and mark != 47) or byte(data, at + 7) != mark:
            continue
        between = byte(data, at + 10) == 84 or byte(data, at + 10) == 32
        if not between or byte(data, at + 13) != 58 or byte(data, at + 16) != 58:
            continue
        century, years = _two(data, at), _two(data, at + 2)
        if min(century, years) < 0:
            continue
        seconds = _unix(
            century * 100 + years,
            _two(data, at + 5),
            _two(data, at + 8),
            _two(data, at + 11),
            _two(data, at + 14),
            _two(data, at + 17),
        )
        fraction, at = _fraction(data, at + _ISO, end)
        if at < end and byte(data, at) == 32:
            at += 1
        east = int64(0)
        if _is_utc(data, at, end):
            at = end
        else:
            east, at = _zone(data, at, end)
        if at == end and seconds >= _EARLY and fraction >= 0:
            out[line] = _within(seconds, east, fraction)
