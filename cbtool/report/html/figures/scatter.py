"""A sweep: what each setting let through against what it refused, the front and the choice on it marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter, MaxNLocator

from cbtool.report.html.figures.canvas import drawn, title
from cbtool.report.html.figures.front import letters
from cbtool.report.html.theme import stand_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.report.html.figures.canvas import Canvas

CHOICES = (("A", "more sensitive"), ("B", "knee"), ("C", "calmer"))


def scatter(document: Mapping[str, Any]) -> str:
    """Return the figure's drawings."""
    return drawn("scatter", 380, lambda canvas: _draw(canvas, document))


def _draw(canvas: Canvas, document: Mapping[str, Any]) -> None:
    axes = canvas.axes(64, 30, 20, 48)
    rows, chosen = document["rows"], document["chosen"]
    for kind, marker, colour, size in (
        ("false", "x", "failed", 6),
        ("quiet", "o", "quiet", 6),
        ("front", "o", "accent", 7),
    ):
        mine = [row for row in rows if _kind(row) == kind]
        axes.plot(
            [row["healthy_refused"] for row in mine], [row["let_through"] for row in mine], linestyle="none",
            marker=marker, markersize=size, markeredgecolor=stand_in(colour), markeredgewidth=1.4,
            markerfacecolor=stand_in(colour) if kind == "front" else "none", zorder=2 + (kind == "front"),
        )  # fmt: skip
    axes.set_xlim(-0.03 * _most(rows, "healthy_refused"), 1.05 * _most(rows, "healthy_refused"))
    axes.set_ylim(-0.03 * _most(rows, "let_through"), 1.12 * _most(rows, "let_through"))
    for axis, bins in ((axes.xaxis, 3 if canvas.narrow else 7), (axes.yaxis, 5)):
        axis.set_major_locator(MaxNLocator(bins, integer=True))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel("healthy calls refused", fontsize=11, color=stand_in("quiet"))
    marked = [(letter, rows[chosen[name]]) for letter, name in CHOICES if chosen[name] is not None]
    letters(axes, [(letter, row["healthy_refused"], row["let_through"]) for letter, row in marked])
    title(axes, "Failing calls let through")


def _kind(row: Mapping[str, Any]) -> str:
    return "front" if row["front"] else "false" if row["false_trips"] else "quiet"


def _most(rows: list[dict[str, Any]], key: str) -> float:
    return max(1.0, *(float(row[key]) for row in rows))
