"""How much a window holds at each load, against the errors that it takes to open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from cbtool.report.html.figures.canvas import drawn
from cbtool.report.html.theme import stand_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.report.html.figures.canvas import Canvas

_ROW = 44  # pixels


def loads(document: Mapping[str, Any]) -> str:
    """Return the figure's drawings; empty where no load was found."""
    found = document["loads"]
    if not found:
        return ""
    return drawn("loads", 30 + _ROW * len(found) + 52, lambda canvas: _draw(canvas, document))


def _draw(canvas: Canvas, document: Mapping[str, Any]) -> None:
    found, needed = document["loads"], document["drawn"]["errors_to_open"]
    axes = canvas.axes(64, 30, 16, 46)
    axes.set_xscale("log")
    values = [v for each in found for v in (each["calls_per_window"], each["failures_per_window"]) if v > 0]
    axes.set_xlim(min([*values, needed or 1, 0.5]) / 2, max([*values, needed or 1]) * 2)
    axes.set_ylim(len(found), 0)
    axes.set_yticks([i + 0.5 for i in range(len(found))], [each["name"] for each in found])
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=stand_in("line"), linewidth=0.8)
    axes.xaxis.set_major_locator(LogLocator(10, numticks=5 if canvas.narrow else 9))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axes.set_xlabel("in one window of one breaker", fontsize=11, color=stand_in("quiet"))
    for row, each in enumerate(found):
        ends = [each["failures_per_window"], each["calls_per_window"]]
        if all(value > 0 for value in ends):
            axes.plot(ends, [row + 0.5] * 2, color=stand_in("quiet"), linewidth=1.5, zorder=2)
        for value, colour, marker in zip(ends, ("failed", "accent"), ("X", "o"), strict=True):
            if value > 0:
                axes.plot(value, row + 0.5, marker=marker, markersize=9, color=stand_in(colour), zorder=3)
    if needed:
        axes.axvline(needed, color=stand_in("ink"), linewidth=1.3, linestyle=(0, (5, 3)))
        axes.annotate(
            f"opens from {needed:,} error{'s' * (needed != 1)}", (needed, 1), xytext=(0, 4),
            xycoords=("data", "axes fraction"), textcoords="offset points", ha="center", va="bottom",
            fontsize=11, color=stand_in("ink"), annotation_clip=False,
        )  # fmt: skip
