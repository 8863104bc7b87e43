"""Writing TOML: values and comments as text. Only what profiles need."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from cbtool.units import exact_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH = 100
"""Columns that a comment stays within."""

_WHOLE = 2**53  # beyond, a float holds whole numbers only, and not all of them


def pair(key: str, value: Any) -> str:
    """Return `key = value` for a string, a number or a sequence of these."""
    return f"{key} = {_value(value)}"


def comment(text: str) -> Iterator[str]:
    """Yield a text as comment lines; what it holds of line breaks and control characters becomes spaces."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    yield from textwrap.wrap(
        " ".join(printable.split()),
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_on_hyphens=False,
    )


def plain_number(number: float) -> float:
    """Return a whole number as an int, so that it is written as `50`, not `50.0`."""
    return int(number) if abs(number) < _WHOLE and number == int(number) else number


def duration_text(seconds: float) -> str:
    """Return a duration that `parse_duration` reads back as exactly this float."""
    text = exact_duration(seconds)
    if parse_duration(text) == seconds:
        return text
    from decimal import Decimal  # noqa: PLC0415  # only for fractions of a nanosecond, and slow to load

    return f"{Decimal(repr(float(seconds))):f}s"


def _value(value: Any) -> str:
    if isinstance(value, str):
        # JSON's string is TOML's, but for the one control character that JSON leaves alone.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(pair(key, item) for key, item in value.items())} }}"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)
