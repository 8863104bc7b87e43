"""The settings to choose from: how often each trips falsely, against what it lets through."""

from __future__ import annotations

import math
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.ticker import MaxNLocator, NullLocator

from cbtool.report.choices import every
from cbtool.report.html.figures.canvas import drawn, title, width_of
from cbtool.report.html.theme import stand_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from cbtool.report.html.figures.canvas import Canvas

RECOMMENDED = "recommended"
_LEAST = 1e-4  # false trips a day; fewer are drawn there
_TICK = 110.0  # pixels between two ticks
_NEAR, _APART = 26.0, 13.0  # pixels; nearer marks' letters would touch, and nearer ones' marks do


class Point(NamedTuple):
    """One of the alternatives in the figure."""

    letter: str
    false_trips: float
    cost: float
    chosen: bool
    today: bool


def front(document: Mapping[str, Any]) -> str:
    """Return the figure's drawings; empty where there is no choice to show."""
    found, unit = points(document["recommendation"])
    if len(found) < 2:
        return ""
    return drawn("front", 280, lambda canvas: _draw(canvas, found, unit))


def points(answer: Mapping[str, Any]) -> tuple[list[Point], str]:
    """Return the alternatives as points, and what their height is.

    That is the share of the incidents' bad calls that is let through, or, where there were no incidents, the
    seconds that an outage goes unnoticed.
    """
    rows = [*answer["alternatives"], *([answer["current"]] if answer["current"] else [])]
    bad = any(row["log"]["bad"] for row in rows)
    unit = "Bad calls let through, %" if bad else "An outage opens it after, s"
    found = []
    for letter, row in zip(ascii_uppercase, rows, strict=False):
        trips = row["false_trips_per_day"]
        cost = 100.0 * row["log"]["let_through"] / row["log"]["bad"] if bad else row["outage_delay_s"]
        if trips["value"] is None or cost is None:
            continue
        chosen, today = row["name"] == RECOMMENDED, row is answer["current"]
        found.append(Point(letter, max(trips["value"], _LEAST), cost, chosen, today))
    return found, unit


def _draw(canvas: Canvas, found: Sequence[Point], unit: str) -> None:
    axes = canvas.axes(50, 30, 18, 48)
    axes.set_xscale("log")
    trips = [point.false_trips for point in found]
    axes.set_xlim(min(trips) / 4, max(trips) * 4)
    most = max(point.cost for point in found)
    axes.set_ylim(0, most * 1.25 or 1.0)
    at = _decades(axes)
    axes.set_xticks(at, [_often(value) for value in at])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlabel("false trips to expect", fontsize=11, color=stand_in("quiet"))
    for point in found:
        colour = "accent" if point.chosen else "failed" if point.today else "quiet"
        filled, size = point.chosen or point.today, 12 if point.chosen else 9
        axes.plot(
            point.false_trips, point.cost, marker="D" if point.today else "o", markersize=size,
            markerfacecolor=stand_in(colour) if filled else "none", markeredgecolor=stand_in(colour),
            markeredgewidth=1.8, zorder=3, clip_on=False,
        )  # fmt: skip
    letters(axes, [(point.letter, point.false_trips, point.cost) for point in found])
    title(axes, unit)


def _decades(axes: Axes) -> list[float]:
    """Return powers of ten within the axes, so far apart that their words do not touch."""
    low, high = (math.log10(limit) for limit in axes.get_xlim())
    powers = range(math.ceil(low), math.floor(high) + 1)
    step = max(1, math.ceil(_TICK * (high - low) / width_of(axes)))
    return [10.0**power for power in powers][::step]


def _often(value: float) -> str:
    return every(value).replace("less than one in 10 years", "< 1 in 10 years").replace("one in ", "1 in ")


def letters(axes: Axes, found: Sequence[tuple[str, float, float]]) -> None:
    """Write letters at marks: above one alone, beside two that are close, together where more touch.

    Args:
        axes: with their limits set.
        found: each mark's letter and place.
    """
    places = [axes.transData.transform((x, y)) for _, x, y in found]
    left = list(range(len(found)))
    while left:
        at = places[left[0]]
        group = sorted((i for i in left if max(abs(places[i] - at)) < _NEAR), key=lambda i: places[i][0])
        left = [i for i in left if i not in group]
        if len(group) == 2 and max(abs(places[group[0]] - places[group[1]])) >= _APART:
            _letter(axes, found[group[0]][0], found[group[0]][1:], (-9, 0))
            _letter(axes, found[group[1]][0], found[group[1]][1:], (9, 0))
            continue
        top = max(group, key=lambda i: places[i][1])
        _letter(axes, " ".join(found[i][0] for i in group), found[top][1:], (0, 9))


def _letter(axes: Axes, text: str, at: tuple[float, float], away: tuple[int, int]) -> None:
    side = "center" if not away[0] else "right" if away[0] < 0 else "left"
    axes.annotate(
        text, at, xytext=away, textcoords="offset points", ha=side, va="bottom" if away[1] else "center",
        fontsize=12, fontweight="bold", color=stand_in("ink"), annotation_clip=False, zorder=6,
    )  # fmt: skip
