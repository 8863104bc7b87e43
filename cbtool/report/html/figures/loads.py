"""How much a window holds at each load, against the errors that it takes to open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from cbtool.report.html.figures.canvas import drawn, label_above
from cbtool.report.html.theme import stand_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.report.html.figures.canvas import Canvas

_ROW = 44  # pixels


def loads(document: Mapping[str, Any]) -> str:
    """Return the figure's drawings; empty where there is no window to speak of."""
    found = document["recommendation"]["regimes"]
    if not any(each["window_calls"] for each in found):
        return ""
    return drawn("loads", 42 + _ROW * len(found) + 46, lambda canvas: _draw(canvas, document))


def _draw(canvas: Canvas, document: Mapping[str, Any]) -> None:
    found = document["recommendation"]["regimes"]
    gates = [needed for needed, _ in _gates(document)]
    axes = canvas.axes(64, 42, 16, 46)
    axes.set_xscale("log")
    values = [v for each in found for v in (each["window_calls"], each["window_errors"]) if v > 0]
    axes.set_xlim(min([*values, *gates, 0.5]) / 2, max([*values, *gates]) * 2)
    axes.set_ylim(len(found), 0)
    axes.set_yticks([i + 0.5 for i in range(len(found))], [each["name"] for each in found])
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color=stand_in("line"), linewidth=0.8)
    axes.xaxis.set_major_locator(LogLocator(10, numticks=5 if canvas.narrow else 9))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axes.set_xlabel("in one window of one breaker", fontsize=11, color=stand_in("quiet"))
    for row, each in enumerate(found):
        ends = [each["window_errors"], each["window_calls"]]
        if all(value > 0 for value in ends):
            axes.plot(ends, [row + 0.5] * 2, color=stand_in("quiet"), linewidth=1.5, zorder=2)
        for value, colour, marker in zip(ends, ("failed", "accent"), ("X", "o"), strict=True):
            if value > 0:
                axes.plot(value, row + 0.5, marker=marker, markersize=9, color=stand_in(colour), zorder=3)
    for row, (needed, noun) in enumerate(_gates(document)):
        axes.axvline(needed, color=stand_in("ink"), linewidth=1.3, linestyle=(0, (5, 3)))
        label_above(axes, needed, f"at least {needed:,} {noun}{'s' * (needed != 1)}", row=row)


def _gates(document: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Return the two gates; one where they are the same number."""
    lines = document["drawn"]
    calls, errors = lines["minimum_number_of_calls"], lines["minimum_number_of_errors"]
    return [(errors, "error")] if calls <= errors else [(errors, "error"), (calls, "call")]
