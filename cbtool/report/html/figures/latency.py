"""How long calls took, good and failed, with the slow threshold and the caller's timeout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from cbtool.report.html.figures.canvas import BEHIND, drawn, title
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
    return drawn("latency", 250, lambda canvas: _draw(canvas, document))


def _draw(canvas: Canvas, document: Mapping[str, Any]) -> None:
    found = document["latency"]
    axes = canvas.axes(54, 44, 12, 46)
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
    axes.xaxis.set_major_locator(LogLocator(10, numticks=6 if canvas.narrow else 10))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_duration(value)))
    axes.yaxis.set_major_locator(LogLocator(10, numticks=5))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("duration of a call", fontsize=11, color=stand_in("quiet"))
    _marks(axes, document)
    title(axes, "Calls, by how long they took", gap=22)


def _marks(axes: Axes, document: Mapping[str, Any]) -> None:
    """Draw the threshold and the timeout, the one's words to the left and the other's to the right."""
    slow = document["drawn"]["slow_call_duration_s"]
    capacity = document["recommendation"]["capacity"]
    marks = [] if slow is None else [(slow, f"slow from {format_duration(slow)}", "slow", (0, (5, 3)))]
    if capacity is not None:
        timeout = capacity["timeout"]
        marks.append((timeout, f"failing calls end by {format_duration(timeout)}", "failed", (0, (1, 2))))
    low, high = axes.get_xlim()
    for row, (value, text, colour, dashes) in enumerate(marks):
        if not low <= value <= high:
            continue
        axes.axvline(value, color=stand_in(colour), linewidth=1.5, linestyle=dashes, zorder=4)
        on_right = value > (low * high) ** 0.5
        axes.annotate(
            text, (value, 1), xytext=(-4 if on_right else 4, 2 if row == 0 else -14),
            xycoords=("data", "axes fraction"), textcoords="offset points", fontsize=11,
            ha="right" if on_right else "left", va="bottom", color=stand_in(colour), annotation_clip=False,
            bbox=BEHIND,
        )  # fmt: skip
