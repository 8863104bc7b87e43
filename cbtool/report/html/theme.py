"""The colours, by what they mean, for light and dark; a test holds their contrast.

Figures are drawn in stand-ins, which become the page's own variables: one figure serves both.
The palette is told apart by people who see red and green alike, and nothing is said by colour alone.
"""

from __future__ import annotations

from typing import NamedTuple


class Colour(NamedTuple):
    """One colour on the light page and on the dark one."""

    light: str
    dark: str


COLOURS = {
    "ground": Colour("#ffffff", "#10151b"),
    "panel": Colour("#f4f6f8", "#19212a"),
    "line": Colour("#d3d9e0", "#35404c"),
    "ink": Colour("#1a2027", "#e8edf2"),
    "quiet": Colour("#55606b", "#a3b0bc"),
    "accent": Colour("#0a5ca8", "#6db8f5"),
    "failed": Colour("#b03a06", "#ff9466"),
    "slow": Colour("#7a5800", "#e6bb4a"),
    "trial": Colour("#79399e", "#cda0f2"),
    "good": Colour("#17703a", "#5fd189"),
    "shade": Colour("#f6d9cc", "#4a2a1e"),
}
"""`ground` and `panel` lie below; `line` divides; `shade` marks incidents; the rest is read or drawn."""

READ = ("ink", "quiet", "accent", "failed", "slow", "trial", "good")
"""Those that text is set in, or that a figure must show."""


def stand_in(name: str) -> str:
    """Return what a figure is drawn with in place of a colour."""
    return f"#0000{list(COLOURS).index(name) + 1:02x}"


def to_variables(svg: str) -> str:
    """Return a drawing with every stand-in replaced by the page's variable."""
    for name in COLOURS:
        svg = svg.replace(stand_in(name), f"var(--{name})")
    return svg


def variables(dark: bool) -> str:  # one of two
    """Return the style sheet's variables."""
    return "".join(f"--{name}:{colour.dark if dark else colour.light};" for name, colour in COLOURS.items())
