"""JSON's tokens: where a text, a number or a word ends, and which of them readers differ about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.jit import lean
from cbtool.traffic.scanning.memory import WIDE, byte, closes, find_mark, int64, lowest, ones, opens, same

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_READABLE = 36  # characters of a number that every reader takes
_FULL = (1 << WIDE) - 1


@lean
def text_end(data: NDArray[np.uint8], at: int, end: int, simple: NDArray[np.bool_]) -> tuple[int, bool]:
    """Where the text behind a quote ends, at its other one, and whether it has escapes; −1: nowhere."""
    escaped = False
    while True:
        at = find_mark(data, at, end)
        if at >= end or byte(data, at) < 32:
            return -1, escaped
        if byte(data, at) == 34:
            return at, escaped
        escaped = True
        if at + 1 >= end or not simple[byte(data, at + 1)]:
            return -1, escaped
        at += 2
        kind = byte(data, at - 1)
        count = 4 if kind == 117 else 2 if kind == 120 else 0
        if count:
            for i in range(count):
                digit = byte(data, at + i) if at + i < end else 0
                if not (48 <= digit <= 57 or 97 <= (digit | 32) <= 102):
                    return -1, escaped
            at += count


@lean
def _digits(data: NDArray[np.uint8], at: int, end: int) -> int:
    while at < end and 48 <= byte(data, at) <= 57:
        at += 1
    return at


@lean
def number_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where a number ends; −1 if it is none."""
    at += byte(data, at) == 45
    first = at
    at = _digits(data, at, end)
    if at == first or (byte(data, first) == 48 and at > first + 1):
        return -1
    if at < end and byte(data, at) == 46:
        first = at + 1
        at = _digits(data, first, end)
        if at == first:
            return -1
    if at < end and (byte(data, at) | 32) == 101:
        at += 1
        at += at < end and (byte(data, at) == 43 or byte(data, at) == 45)
        first = at
        at = _digits(data, first, end)
        if at == first:
            return -1
    return at


@lean
def word_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where `true`, `false` or `null` ends; −1 if it is none of them."""
    if at + 4 > end:
        return -1
    letters = int64(0)
    for i in range(4):
        letters = letters << 8 | byte(data, at + i)
    if letters == 0x74727565 or letters == 0x6E756C6C:
        return at + 4
    return at + 5 if letters == 0x66616C73 and at + 5 <= end and byte(data, at + 4) == 101 else -1


@lean
def behind_blanks(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where the next character is that is no white space of JSON's; `end` if there is none."""
    while at < end and byte(data, at) <= 32:
        one = byte(data, at)
        if one != 32 and one != 10 and one != 13 and one != 9:
            break
        at += 1
    return at


@lean
def has_surrogates(data: NDArray[np.uint8], at: int, end: int) -> bool:
    r"""Whether a text has any of `\ud800` to `\udfff`, or what looks like one behind a second backslash."""
    for i in range(at, end - 3):
        d = byte(data, i) == 92 and byte(data, i + 1) == 117 and byte(data, i + 2) | 32 == 100
        if d and byte(data, i + 3) >= 56:
            return True
    return False


@lean
def digits_of(data: NDArray[np.uint8], at: int, end: int) -> int:
    """How many digits a number has that is whole and written as Python does; 0 for others; −1: an odd one.

    Odd are those that some readers could not take.
    """
    for i in range(at, end):
        one = byte(data, i)
        if one == 46 or one > 57:
            for k in range(i, end):
                if byte(data, k) | 32 == 101 and end - k > 3 + (byte(data, k + 1) == 45):
                    return -1
            return 0 if end - at <= _READABLE else -1
    if byte(data, at) == 45 and byte(data, at + 1) == 48:
        return 0
    return end - at if end - at <= _READABLE else -1


@lean
def escaped_by(slashes: int, carried: int) -> int:
    """Return which of the next bytes have a backslash before them that counts, and whether one behind has.

    Args:
        slashes: which bytes are backslashes, a bit for each.
        carried: 1 if the first one is escaped.
    """
    escaped = carried
    slashes &= ~escaped
    while slashes:
        one = lowest(slashes)
        escaped |= int64(2) << one
        slashes &= ~(int64(3) << one)
    return escaped


@lean
def within_texts(quotes: int, in_text: int) -> int:
    """Return which of the next bytes are in a text, or the quote before it.

    Args:
        quotes: which bytes are quotes that begin or end one, a bit for each.
        in_text: whether the first byte is in one unless it is a quote.
    """
    for shift in (1, 2, 4, 8, 16):
        quotes ^= quotes << shift
    return (quotes & _FULL) ^ (_FULL if in_text else int64(0))


@lean
def container_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where the object or list ends whose bracket stands before this; −1: nowhere.

    Only brackets are counted. As many bytes as are read at once must follow in the data.
    """
    depth, in_text, escaped = int64(1), int64(0), int64(0)
    while at < end:
        escaped = escaped_by(same(data, at, 92), escaped)
        within = within_texts(same(data, at, 34) & ~escaped, in_text)
        escaped = escaped >> WIDE
        in_text = within >> (WIDE - 1)
        opening, closing = opens(data, at) & ~within, closes(data, at) & ~within
        if depth > ones(closing):
            depth += ones(opening) - ones(closing)
        else:
            both = opening | closing
            while both:
                one = lowest(both)
                depth += 1 if opening >> one & 1 else -1
                both &= both - 1
                if depth == 0:
                    return at + one + 1 if at + one < end else int64(-1)
        at += WIDE
    return int64(-1)


@lean
def is_utf8(data: NDArray[np.uint8], at: int, end: int) -> bool:
    """Whether some bytes are UTF-8. Source: RFC 3629's table of what may follow what."""
    while at < end:
        one = byte(data, at)
        at += 1
        if one < 128:
            continue
        more = 1 + (one >= 0xE0) + (one >= 0xF0)
        if one < 0xC2 or one > 0xF4 or at + more > end:
            return False
        second = byte(data, at)
        low = 0xA0 if one == 0xE0 else 0x90 if one == 0xF0 else 0x80
        high = 0x9F if one == 0xED else 0x8F if one == 0xF4 else 0xBF
        if second < low or second > high:
            return False
        for i in range(1, more):
            if byte(data, at + i) >> 6 != 2:
                return False
        at += more
    return True
