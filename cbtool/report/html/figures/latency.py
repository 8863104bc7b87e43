"""How long calls took, good and failed, with the slow threshold and the caller's timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from cbtool.report.html.figures.canvas import drawn, label_above, title
from cbtool.report.html.theme import stand_in
from cbtool.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from cbtool.report.html.figures.canvas import Canvas


def latency(document: Mapping[str, Any]) -> str:
    """Return the figure's drawings; empty where durations are unknown."""
    if document["latency"] is None:
        return ""
    return drawn("latency", 270, lambda canvas: _draw(canvas, document))


def _draw(canvas: Canvas, document: Mapping[str, Any]) -> None:
    found = document["latency"]
    axes = canvas.axes(54, 62, 28, 46)
    edges = found["edges_s"]
    for key, colour, hatch in (("succeeded", "accent", None), ("failed", "failed", "////")):
        counts = found[key]
        if any(counts):
            axes.stairs(
                counts, edges, fill=hatch is None, facecolor=stand_in(colour) if hatch is None else "none",
                edgecolor=stand_in(colour), hatch=hatch, alpha=0.55 if hatch is None else 1.0, linewidth=1.2,
            )  # fmt: skip
    most = max([*found["succeeded"], *found["failed"]])
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_ylim(0.7, most * 2.0)
    axes.set_xlim(edges[0], edges[-1])
    short = edges[-1] < 30 * edges[0]
    axes.xaxis.set_major_locator(
        LogLocator(10, subs=(1, 3) if short else (1,), numticks=6 if canvas.narrow else 10)
    )
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_duration(value)))
    axes.yaxis.set_major_locator(LogLocator(10, numticks=5))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("duration of a call", fontsize=11, color=stand_in("quiet"))
    _marks(axes, document)
    title(axes, "Calls, by how long they took", gap=38)


def _marks(axes: Axes, document: Mapping[str, Any]) -> None:
    """Draw the slow threshold and the caller's timeout, one above the other's words."""
    slow, answer = document["drawn"]["slow_call_duration_s"], document["recommendation"]
    marks = [] if slow is None else [(slow, f"slow from {format_duration(slow)}", "slow", (0, (5, 3)))]
    timeout, capacity = answer["timeout_s"], answer["capacity"]
    if timeout is not None:
        marks.append((timeout, f"caller's timeout {format_duration(timeout)}", "failed", (0, (1, 2))))
    elif capacity is not None:
        ends = f"95 % of failing calls end by {format_duration(capacity['timeout'])}"
        marks.append((capacity["timeout"], ends, "failed", (0, (1, 2))))
    low, high = axes.get_xlim()
    for row, (value, text, colour, dashes) in enumerate(marks):
        if low <= value <= high:
            axes.axvline(value, color=stand_in(colour), linewidth=1.5, linestyle=dashes, zorder=4)
            label_above(axes, value, text, colour=colour, row=row)
