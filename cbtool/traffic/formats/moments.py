"""Times whose year, month, day, hour, minute, second and zone are parts of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.traffic.scanning.lines import ABSENT, Spans

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

PARTS = {
    "year": r"[0-9]{4}",
    "years": r"[0-9]{2}",
    "month": r"[0-9]{1,2}",
    "month_name": r"[A-Za-z]+",
    "day": r" ?[0-9]{1,2}",
    "hour": r" ?[0-9]{1,2}",
    "minute": r"[0-9]{2}",
    "second": r"[0-9]{2}",
    "zone": r"(?:[-+][0-9]{2}:?[0-9]{2}|Z)",
}
"""What they look like; `years` are those of a century, and only the first three letters of a name count."""

_NEEDED = (("year", "years"), ("month", "month_name"), ("day",), ("hour",), ("minute",), ("second",))
_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TEXT = np.frombuffer(b"2000-00-00T00:00:00      ", np.uint8)
_WHERE = {"year": 0, "years": 2, "month": 5, "day": 8, "hour": 11, "minute": 14, "second": 17, "zone": 19}
_LONGEST_ZONE = 6


def is_moment(roles: set[str]) -> bool:
    """Return whether these parts make a time."""
    return all(roles.intersection(either) for either in _NEEDED)


def moments(parts: Mapping[str, Spans]) -> Spans:
    """Return the times as ISO 8601; absent where a part is, but for the zone.

    Args:
        parts: by the names of `PARTS`, each of n lines.
    """
    own = {name: parts[name] for name in (*_WHERE, "month_name") if name in parts}
    length = len(next(iter(own.values())).start)
    text = np.tile(_TEXT, (length, 1))
    there = np.ones(length, np.bool_)
    for name, spans in own.items():
        known = spans.start >= 0
        if name == "month_name":
            numbers = _months(spans, known)
            text[:, 5], text[:, 6] = 48 + numbers // 10, 48 + numbers % 10
        elif name == "zone":
            _copied(text, spans, known, _WHERE[name], _LONGEST_ZONE, right=False)
            continue
        else:
            _copied(text, spans, known, _WHERE[name], 4 if name == "year" else 2, right=True)
        there &= known
    start = np.arange(length, dtype=np.int32) * np.int32(text.shape[1])
    text.flags.writeable = False  # as all other bytes are, so that one compilation does for both
    return Spans(text.ravel(), np.where(there, start, ABSENT), start + np.int32(text.shape[1]))


def _copied(
    text: NDArray[np.uint8], spans: Spans, known: NDArray[np.bool_], at: int, width: int, *, right: bool
) -> None:
    """Copy each part's digits, those that are short to the right."""
    for place in range(width):
        source = spans.end - 1 - place if right else spans.start + place
        inside = known & (source >= spans.start) & (source < spans.end)
        digits = spans.data[source[inside]]
        digits = np.where(digits == ord(" "), ord("0"), digits)
        text[inside, at + (width - 1 - place if right else place)] = digits


def _months(spans: Spans, known: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The numbers of months' names; 0 where one is none."""
    long = known & (spans.end - spans.start >= len("jan"))
    first = np.where(long, spans.start, 0)
    key = np.zeros(len(first), np.int64)
    for place in range(len("jan")):
        key = key << 8 | (spans.data[np.minimum(first + place, len(spans.data) - 1)] | 32)
    numbers = np.zeros(len(first), np.uint8)
    for number, name in enumerate(_NAMES, 1):
        numbers[long & (key == int.from_bytes(name.encode(), "big"))] = number
    return numbers
