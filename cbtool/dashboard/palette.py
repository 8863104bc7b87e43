"""The named styles, in colour and without."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.style import Style

# Style: with colour, without. Colours from the terminal's own sixteen, so that they suit its background;
# the badges, which bring their own background, from the 256.
_STYLES = {
    "": ("", ""),
    "strong": ("bold", "bold"),
    "faint": ("bright_black", ""),
    "label": ("cyan", ""),
    "heading": ("bold cyan", "bold"),
    "title": ("bold", "bold"),
    "notice": ("bold yellow", "bold"),
    "shadow": ("bold magenta", "bold"),
    "track": ("bright_black", ""),
    "mark": ("bold", "bold"),
    "good": ("green", ""),
    "warm": ("yellow", ""),
    "bad": ("red", "bold"),
    "gate": ("blue", ""),
    "gate_full": ("bright_blue", ""),
    "progress": ("blue", ""),
    "state_closed": ("green", ""),
    "state_open": ("red", "bold"),
    "state_half_open": ("yellow", "bold"),
    "badge_closed": ("bold color(231) on color(28)", "bold reverse"),
    "badge_open": ("bold color(231) on color(160)", "bold reverse"),
    "badge_half_open": ("bold color(16) on color(220)", "bold reverse"),
}


@cache
def styles(*, plain: bool) -> Mapping[str, Style]:
    """Return every style by name.

    Args:
        plain: without colour.
    """
    from rich.style import Style  # noqa: PLC0415  # only a terminal needs Rich

    return {name: Style.parse(look[plain]) for name, look in _STYLES.items()}
