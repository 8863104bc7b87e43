"""When breakers were open and half-open: exactly for one breaker, as shares for many or very busy ones."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cbtool.report.html.figures.canvas import numbers, title, width_of
from cbtool.report.html.theme import stand_in
from cbtool.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

_WIDE_ENOUGH = 4.0  # pixels; open spells that are narrower would drown in their trials' outlines
_OF = {"open": ("failed", None), "half_open": ("trial", "////")}


def draw_states(axes: Axes, document: Mapping[str, Any], *, role: str) -> None:
    """Draw one trial's states.

    Args:
        axes: with a time axis.
        document: the page's.
        role: `before` or `after`.
    """
    trial = document[role]
    simulation = trial["simulation"]
    axes.set_ylim(0, 1)
    axes.set_yticks([])
    changes = simulation["transitions"]
    if simulation["instances"] == 1 and not trial["transitions_left_out"] and _wide_enough(axes, changes):
        _exact(axes, changes)
    else:
        _shares(axes, document["series"], role)
    trips = simulation["trips"]
    note = f"{trips:,} trip{'s' * (trips != 1)}"
    word = "Before" if role == "before" else "After"
    title(axes, one_line(f"{word}: {trial['title']}"), note=note, gap=4)


def _wide_enough(axes: Axes, changes: list[dict[str, Any]]) -> bool:
    """Return whether every spell between two trials can be seen."""
    scale = width_of(axes) / axes.get_xlim()[1]
    lengths = [
        after["t"] - before["t"]
        for before, after in pairwise(changes)
        if before["to"] == after["from"] == "open"
    ]
    return min(lengths, default=math.inf) * scale >= _WIDE_ENOUGH


def _exact(axes: Axes, changes: list[dict[str, Any]]) -> None:
    ends = [*(change["t"] for change in changes[1:]), axes.get_xlim()[1]]
    for one, until in zip(changes, ends, strict=False):  # no changes have no end
        if one["to"] not in _OF:
            continue
        colour, hatch = _OF[one["to"]]
        # Trials are short: they are drawn on top, and never narrower than their outline.
        axes.axvspan(
            one["t"], until, facecolor="none" if hatch else stand_in(colour), edgecolor=stand_in(colour),
            hatch=hatch, linewidth=1, zorder=4 if hatch else 3,
        )  # fmt: skip


def _shares(axes: Axes, series: Mapping[str, Any], role: str) -> None:
    """Half-open is drawn on top of open, so that together they are the breakers that are not closed."""
    edges = [*series["t"], series["end_s"]]
    is_open = [value / 100 for value in numbers(series[role]["open"])]
    either = [o + value / 100 for o, value in zip(is_open, numbers(series[role]["half_open"]), strict=True)]
    bottom, top = [*is_open, is_open[-1]], [*either, either[-1]]
    axes.fill_between(
        edges, bottom, step="post", where=[value > 0 for value in bottom], facecolor=stand_in("failed"),
        edgecolor=stand_in("failed"), linewidth=0.8, zorder=3,
    )  # fmt: skip
    trials = [high > low for low, high in zip(bottom, top, strict=True)]
    axes.fill_between(
        edges, bottom, top, step="post", where=trials, facecolor="none", edgecolor=stand_in("trial"),
        hatch="////", linewidth=0.4, zorder=3,
    )  # fmt: skip
