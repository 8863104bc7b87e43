"""How a number of the document is shown: one word for each way, so that a page can say which it took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from cbtool.report.choices import every
from cbtool.report.text import setting_text
from cbtool.units import format_duration, format_percent, format_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOTHING = "–"
"""Shown for null: nobody knows."""


def _number(value: float) -> str:
    if isinstance(value, int) or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _percent(value: float) -> str:
    return "less than 0.001 %" if 0 < value < 0.001 else format_percent(value)


_WAYS: dict[str, Callable[[Any], str]] = {
    "count": lambda value: f"{value:,}",
    "number": _number,
    "percent": _percent,
    "share": lambda value: _percent(100 * value),
    "duration": format_duration,
    "rate": format_rate,
    "often": every,
    "setting": setting_text,
    "text": str,
}


def shown(value: Any, way: str) -> str:
    """Return a value as a reader sees it.

    Args:
        value: of the document.
        way: `count`, `number`, `percent`, `share` (0 to 1), `duration` (s), `rate` (1/s), `often` (a day),
            `setting` or `text`.
    """
    return NOTHING if value is None else _WAYS[way](value)


def at(document: Mapping[str, Any], pointer: str) -> Any:
    """Return what a JSON pointer (RFC 6901, without its escapes) leads to; None where nothing is."""
    found: Any = document
    for part in pointer.split("/")[1:]:
        if found is None:
            return None
        found = found[int(part)] if isinstance(found, list) else found.get(part)
    return found


def breakable(name: str) -> Markup:
    """Return a setting's name that may be broken after each underscore, rather than anywhere."""
    return Markup("_<wbr>").join(name.split("_"))
