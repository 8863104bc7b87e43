"""What settings did to the calls, before and after: the good part and the price, as bars of one scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.report.html.figures.canvas import drawn
from cbtool.report.html.theme import stand_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.report.html.figures.canvas import Canvas

_BAR = 20  # pixels
_PAIRS = (("failed_shed_percent", "Failing calls shed"), ("healthy_refused_percent", "Healthy calls refused"))


def impact(document: Mapping[str, Any]) -> str:
    """Return the figure's drawings; empty where nobody knows what became of refused calls."""
    roles = [role for role in ("before", "after") if document[role] is not None]
    known = [role for role in roles if document[role]["failed_shed_percent"] is not None]
    if not known:
        return ""
    height = 30 + 2 * (len(known) * (_BAR + 8) + 34)
    return drawn("impact", height, lambda canvas: _draw(canvas, document, known))


def _draw(canvas: Canvas, document: Mapping[str, Any], roles: list[str]) -> None:
    axes = canvas.axes(64, 6, 60, 26)
    room = canvas.height - 32
    axes.set_ylim(room, 0)
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 25, 50, 75, 100], ["0", "25", "50", "75", "100 %"])
    axes.set_yticks([])
    axes.grid(visible=True, axis="x", color=stand_in("line"), linewidth=0.8)
    y = 8.0
    for key, text in _PAIRS:
        axes.annotate(
            text, (0, y), xytext=(-58, 0), textcoords="offset points", fontsize=12, fontweight="bold",
            color=stand_in("ink"), va="top", annotation_clip=False,
        )  # fmt: skip
        y += 26
        for role in roles:
            value = document[role][key] or 0.0
            colour = "accent" if role == "after" else "quiet"
            axes.barh(
                y + _BAR / 2, value, height=_BAR, facecolor=stand_in(colour) if role == "after" else "none",
                edgecolor=stand_in(colour), hatch=None if role == "after" else "////", linewidth=1.2,
            )  # fmt: skip
            axes.annotate(
                role.capitalize(), (0, y + _BAR / 2), xytext=(-6, 0), textcoords="offset points", ha="right",
                va="center", fontsize=11, color=stand_in("quiet"), annotation_clip=False,
            )  # fmt: skip
            axes.annotate(
                f"{value:.3g} %", (value, y + _BAR / 2), xytext=(5, 0), textcoords="offset points",
                va="center", fontsize=11, color=stand_in("ink"), annotation_clip=False,
            )  # fmt: skip
            y += _BAR + 8
        y += 8
