"""What figures share: a canvas in the page's colours and units, axes that say little, labels that fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

from cbtool.report.html.svg import svg_element
from cbtool.report.html.theme import stand_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

WIDE, NARROW = 920, 340
"""Pixels of the two drawings' width."""
_CHARACTER, _BOLD = 7.0, 8.4  # pixels, on average and at most
BEHIND = {"facecolor": stand_in("ground"), "edgecolor": "none", "pad": 1, "alpha": 0.8}
"""The box behind words that stand on something drawn."""

_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cbtool",
    "text.parse_math": False,
    "path.simplify": True,
    "axes.unicode_minus": True,
    "hatch.linewidth": 1.0,
}


@dataclass(frozen=True)
class Canvas:
    """One drawing.

    Attributes:
        figure: matplotlib's.
        width: pixels; the figure's units are pixels at that width.
        height: pixels.
    """

    figure: Figure
    width: int
    height: int

    @property
    def narrow(self) -> bool:
        """Whether it is for a phone."""
        return self.width == NARROW

    def axes(self, left: float, top: float, right: float, bottom: float) -> Axes:
        """Return axes within these pixels from the drawing's left, top, right and bottom edge."""
        w, h = self.width, self.height
        place = (left / w, bottom / h, (w - left - right) / w, (h - top - bottom) / h)
        axes = self.figure.add_axes(place)
        axes.set_facecolor("none")
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(stand_in("quiet"))
            spine.set_linewidth(1)
        axes.tick_params(
            colors=stand_in("quiet"), labelcolor=stand_in("quiet"), labelsize=11, length=4, pad=4
        )
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=True, axis="y", color=stand_in("line"), linewidth=0.8)
        axes.set_axisbelow(True)
        return axes


def drawn(name: str, height: int, draw: Callable[[Canvas], None], *, narrow_height: int | None = None) -> str:
    """Return a figure's two drawings, of which a page shows the one that fits.

    Args:
        name: unique in the page.
        height: pixels of the wide one.
        draw: puts everything on a canvas.
        narrow_height: pixels of the narrow one; None: the same.
    """
    with mpl.rc_context(_SETTINGS):
        return "".join(
            _one(f"{name}-{kind}", kind, width, tall, draw)
            for kind, width, tall in (("wide", WIDE, height), ("narrow", NARROW, narrow_height or height))
        )


def _one(name: str, kind: str, width: int, height: int, draw: Callable[[Canvas], None]) -> str:
    figure = Figure(figsize=(width / 72, height / 72), dpi=72)
    figure.patch.set_visible(False)
    draw(Canvas(figure, width, height))
    return svg_element(figure, name=name, kind=kind)


def title(axes: Axes, text: str, *, note: str = "", gap: int = 6) -> None:
    """Write what a panel shows above its left end, and a quieter note behind it where there is room."""
    room = width_of(axes)
    most = int(room / _BOLD)
    text = text if len(text) <= most else text[: most - 1] + "…"
    label = axes.annotate(
        text, (0, 1), xytext=(0, gap), xycoords="axes fraction", textcoords="offset points",
        fontsize=12, fontweight="bold", color=stand_in("ink"), va="bottom", annotation_clip=False,
    )  # fmt: skip
    if note and (len(text) + len(note)) * _CHARACTER < room:
        axes.annotate(
            note, (1, 0), xytext=(8, 0), xycoords=label, textcoords="offset points",
            fontsize=11, color=stand_in("quiet"), va="bottom", annotation_clip=False,
        )  # fmt: skip


def width_of(axes: Axes) -> float:
    """Return how wide axes are, in pixels."""
    figure = axes.get_figure(root=True)
    assert figure is not None  # noqa: S101  # axes of a canvas are in its figure
    return float(axes.get_position().width * figure.bbox.width)


def label_above(axes: Axes, value: float, text: str, *, colour: str = "ink", row: int = 0) -> None:
    """Write words above a vertical line, shifted so that they stay within the axes.

    Args:
        axes: with their limits set.
        value: where the line is.
        text: the words.
        colour: of the words.
        row: how many rows of words lie below.
    """
    place = axes.transAxes.inverted().transform(axes.transData.transform((value, 0)))[0]
    room = width_of(axes)
    half = len(text) * _CHARACTER / 2 / room
    side = "left" if place < half else "right" if place > 1 - half else "center"
    axes.annotate(
        text, (value, 1), xytext=(0, 4 + 15 * row), xycoords=("data", "axes fraction"),
        textcoords="offset points", ha=side, va="bottom", fontsize=11, color=stand_in(colour),
        annotation_clip=False,
    )  # fmt: skip


def threshold(axes: Axes, value: float, text: str, colour: str = "ink") -> None:
    """Draw a horizontal line at a value, and say at its right end what it is."""
    axes.axhline(value, color=stand_in(colour), linewidth=1.2, linestyle=(0, (5, 3)))
    above = value < sum(axes.get_ylim()) * 0.8
    axes.annotate(
        text, (1, value), xytext=(-2, 3 if above else -3), xycoords=("axes fraction", "data"),
        textcoords="offset points", ha="right", va="bottom" if above else "top", fontsize=11,
        color=stand_in(colour), bbox=BEHIND,
    )  # fmt: skip


def numbers(values: Sequence[float | None]) -> list[float]:
    """Return numbers to draw: NaN for none."""
    return [float("nan") if value is None else value for value in values]
