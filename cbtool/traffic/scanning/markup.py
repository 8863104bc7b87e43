"""XML's tokens: where a name, a text, a reference or an attribute's value ends.

Only what every parser takes is taken here: names of ASCII without colons, the five references that need no
declaration, and those to characters. Who calls these has `WIDE` bytes behind `end`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import lean
from cbtool.traffic.scanning.memory import WIDE, byte, eight, int64, lowest, markup, quoted

if TYPE_CHECKING:
    from numpy.typing import NDArray

ODD = -1
"""Where something ends that is not read here."""

_LATER = 1  # in a name; what may be at its beginning has both bits
_NAMED = np.zeros(256, np.uint8)
_NAMED[list(b"0123456789.-")] = _LATER
_NAMED[list(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_")] = _LATER | 2
_LONGEST_REFERENCE = 12  # bytes; in longer ones are nothing but zeros more


@lean
def name_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where a name ends, at `end` at the latest; `ODD` where none begins."""
    if at < end and _NAMED[byte(data, at)] <= _LATER:
        return int64(ODD)
    while at < end and _NAMED[byte(data, at)]:
        at += 1
    return at


@lean
def behind_white(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where the next character is that is no white space; `end` if there is none."""
    while at < end:
        one = byte(data, at)
        if one != 32 and one != 10 and one != 9 and one != 13:
            break
        at += 1
    return at


@lean
def referred(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """What a reference that `reference_end` takes stands for, and where it ends."""
    first, second = byte(data, at + 1), byte(data, at + 2)
    if first == 35:
        value, behind = character(data, at)
        return value, behind
    if first == 108:
        return int64(60), at + 4
    if first == 103:
        return int64(62), at + 4
    if first == 113:
        return int64(34), at + 6
    return (int64(38), at + 5) if second == 109 else (int64(39), at + 6)


@lean
def reference_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Where a reference ends, at `end` where it may break off; `ODD` if it is none that is read here."""
    letters = eight(data, at + 1)
    if letters & 0xFFFFFF == 0x3B746C or letters & 0xFFFFFF == 0x3B7467:  # lt, gt
        behind = at + 4
    elif letters & 0xFFFFFFFF == 0x3B706D61:  # amp
        behind = at + 5
    elif letters & 0xFFFFFFFFFF == 0x3B746F7571 or letters & 0xFFFFFFFFFF == 0x3B736F7061:  # quot, apos
        behind = at + 6
    elif letters & 0xFF == 35:
        value, behind = character(data, at)
        behind = behind if value >= 0 else int64(ODD)
    else:
        behind = int64(ODD)
    return end if behind > end or (behind < 0 and end - at < _LONGEST_REFERENCE) else behind


@lean
def character(data: NDArray[np.uint8], at: int) -> tuple[int, int]:
    """The character of a reference by number, and where it ends; `ODD` where there is none such."""
    hexadecimal = byte(data, at + 2) == 120
    i = at + 2 + hexadecimal
    value, first = int64(0), i
    while i < at + _LONGEST_REFERENCE:
        one = byte(data, i)
        if 48 <= one <= 57:
            digit = one - 48
        elif hexadecimal and 97 <= one | 32 <= 102:
            digit = (one | 32) - 87
        else:
            break
        value = value * (16 if hexadecimal else 10) + digit
        i += 1
    sound = i > first and byte(data, i) == 59
    sound = sound and (value >= 32 or value == 9 or value == 10 or value == 13)
    sound = sound and (value < 0xD800 or 0xE000 <= value < 0xFFFE or 0x10000 <= value <= 0x10FFFF)
    return (value if sound else int64(ODD)), i + 1


@lean
def text_end(data: NDArray[np.uint8], at: int, end: int) -> tuple[int, bool]:
    """Where a tag begins, at `end` at the latest, and whether there is a reference before it; `ODD`."""
    escaped = False
    while at < end:
        found, first = markup(data, at), at
        at += WIDE
        while found:
            here = first + lowest(found)
            found &= found - 1
            if here >= end:
                return end, escaped
            one = byte(data, here)
            if one == 60:
                return here, escaped
            if one == 38:
                behind = reference_end(data, here, end)
                if behind < 0 or behind == end:
                    return behind, True
                escaped = True
                if behind >= at:  # what is behind these bytes has not been looked at
                    at = behind
                    break
            elif one != 62 or (here >= 2 and byte(data, here - 1) == 93 and byte(data, here - 2) == 93):
                return int64(ODD), escaped
    return end, escaped


@lean
def value_end(data: NDArray[np.uint8], at: int, end: int, quote: int) -> tuple[int, bool]:
    """Where the value behind a quote ends, at its other one, and whether it has escapes; `ODD`; or `end`."""
    escaped = False
    while at < end:
        found = quoted(data, at)
        if not found:
            at += WIDE
            continue
        at += lowest(found)
        if at >= end:
            break
        one = byte(data, at)
        if one == quote:
            return at, escaped
        if one == 34 or one == 39:
            at += 1
        elif one == 38:
            at = reference_end(data, at, end)
            if at < 0:
                return at, True
            escaped = True
        elif one == 10 or one == 9 or one == 13:
            at += 1
            escaped = True
        else:
            return int64(ODD), escaped
    return end, escaped
