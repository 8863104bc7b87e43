"""The whole log on one time axis: traffic, failures and slow calls against their thresholds, states."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from matplotlib.ticker import MaxNLocator

from cbtool.report.html.figures.canvas import BEHIND, drawn, numbers, threshold, title
from cbtool.report.html.figures.clock import set_time_axis
from cbtool.report.html.figures.states import draw_states
from cbtool.report.html.svg import SERIES
from cbtool.report.html.theme import stand_in
from cbtool.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.axes import Axes

    from cbtool.report.html.figures.canvas import Canvas

    Document = Mapping[str, Any]

_TOP, _GAP, _AXIS = 26, 34, 40  # pixels above the first panel, between panels, and below the last one
_LEFT, _RIGHT = 46, 26
_LEAST_BAND = 0.003  # of the width; a shorter incident is drawn that wide
_LABEL_APART = 0.11
_MOST_BANDS = 120


@dataclass(frozen=True)
class Panel:
    """One strip of the figure: its height in pixels, and what draws it."""

    height: int
    draw: Callable[[Axes, Document], None]


def timeline(document: Document) -> str:
    """Return the figure's drawings."""
    panels = _panels(document)
    height = _TOP + sum(panel.height for panel in panels) + _GAP * (len(panels) - 1) + _AXIS
    return drawn("timeline", height, lambda canvas: _draw(canvas, document, panels))


def _panels(document: Document) -> list[Panel]:
    series = document["series"]
    panels = [Panel(96, _traffic), Panel(104, _failures)]
    if series["slow_call_rate"] is not None:
        panels.append(Panel(84, _slow))
    panels += [
        Panel(26, partial(draw_states, role=role))
        for role in ("before", "after")
        if document[role] is not None
    ]
    return panels


def _draw(canvas: Canvas, document: Document, panels: list[Panel]) -> None:
    answer = document["recommendation"]
    span = document["series"]["end_s"]
    top = _TOP
    for number, panel in enumerate(panels):
        last = number == len(panels) - 1
        axes = canvas.axes(_LEFT, top, _RIGHT, canvas.height - top - panel.height)
        set_time_axis(axes, span, answer["started"], most=4 if canvas.narrow else 9, labels=last)
        _shade(axes, answer["incidents"], span, labelled=number == 0)
        panel.draw(axes, document)
        top += panel.height + _GAP


def _shade(axes: Axes, incidents: list[dict[str, Any]], span: float, *, labelled: bool) -> None:
    """Mark the incidents: a band where a breaker should act, a notch where it should not."""
    acted = [each for each in incidents if each["actionable"]]
    acted = sorted(acted, key=lambda each: each["start"] - each["end"])[:_MOST_BANDS]
    last = -span
    for each in sorted(acted, key=lambda each: each["start"]):
        end = max(each["end"], each["start"] + _LEAST_BAND * span)
        axes.axvspan(each["start"], end, facecolor=stand_in("shade"), edgecolor="none", zorder=0)
        middle = (each["start"] + end) / 2
        if labelled and middle - last > _LABEL_APART * span:
            kind = each["kind"].replace("_", "-")
            _label(axes, middle, span, kind)
            last = middle
    ridden = [(each["start"] + each["end"]) / 2 for each in incidents if not each["actionable"]]
    if ridden:
        axes.plot(
            ridden[:1000], [1.0] * len(ridden[:1000]), linestyle="none", marker="|", markersize=7,
            color=stand_in("quiet"), transform=axes.get_xaxis_transform(), clip_on=False, zorder=1,
        )  # fmt: skip


def _label(axes: Axes, middle: float, span: float, text: str) -> None:
    side = "left" if middle < 0.06 * span else "right" if middle > 0.94 * span else "center"
    axes.annotate(
        text, (middle, 0), xytext=(0, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
        ha=side, va="bottom", fontsize=11, color=stand_in("ink"), zorder=5,
        bbox=BEHIND,
    )  # fmt: skip


def _traffic(axes: Axes, document: Document) -> None:
    series = document["series"]
    times, calls, busiest = _edges(series), numbers(series["calls_per_s"]), numbers(series["busiest_per_s"])
    axes.fill_between(
        times, [*busiest, busiest[-1]], step="post", color=stand_in("accent"), alpha=0.22, linewidth=0
    )
    (line,) = axes.step(times, [*calls, calls[-1]], where="post", color=stand_in("accent"), linewidth=1.4)
    line.set_gid(f"{SERIES}calls_per_s")
    axes.set_ylim(0, max(*busiest, 1e-9) * 1.12)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    title(axes, "Traffic, calls/s", note=f"mean, and the busiest {format_duration(series['busiest_over_s'])}")


def _failures(axes: Axes, document: Document) -> None:
    _rates(axes, document, "failure_rate", "failed", limit=document["drawn"]["failure_rate_threshold"])
    title(axes, "Failed calls, %")


def _slow(axes: Axes, document: Document) -> None:
    lines = document["drawn"]
    _rates(axes, document, "slow_call_rate", "slow", limit=lines["slow_call_rate_threshold"])
    title(axes, "Slow calls, %", note=f"longer than {format_duration(lines['slow_call_duration_s'])}")


def _rates(axes: Axes, document: Document, key: str, colour: str, *, limit: float | None) -> None:
    series = document["series"]
    times, rate = _edges(series), numbers(series[key])
    axes.fill_between(times, [*rate, rate[-1]], step="post", color=stand_in(colour), alpha=0.45, linewidth=0)
    (line,) = axes.step(times, [*rate, rate[-1]], where="post", color=stand_in(colour), linewidth=1)
    line.set_gid(f"{SERIES}{key}")
    window = series[f"window_{key}"]
    seen = [value for value in [*rate, *numbers(window or [])] if value == value]  # noqa: PLR0124  # NaN
    if window is not None:
        judged = numbers(window)
        (line,) = axes.step(times, [*judged, judged[-1]], where="post", color=stand_in("ink"), linewidth=1.2)
        line.set_gid(f"{SERIES}window_{key}")
    most = max([*seen, limit or 0.0, 1.0])
    axes.set_ylim(0, min(most * 1.2, 108.0))
    axes.yaxis.set_major_locator(MaxNLocator(3, steps=[1, 2, 2.5, 5, 10]))
    if limit is not None:
        threshold(axes, limit, f"threshold {limit:g} %")


def _edges(series: Mapping[str, Any]) -> list[float]:
    """Return the bins' edges."""
    return [*series["t"], series["end_s"]]
