"""What has been: the error rate second by second with the open spans, and the last transitions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.breaker import describe
from cbtool.dashboard.line import Line, Span, fit, rule
from cbtool.dashboard.widgets import STATE_NAMES, chart
from cbtool.dashboard.words import clock, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.metrics.view import InstanceTransition, LiveView, Second

_AXIS = 6  # columns of the scale at the left
_WIDEST_SECOND = 4  # columns
_LEAST_SCALE = 10.0  # percent at the top of the chart, at least


def error_chart(view: LiveView, width: int, height: int) -> list[Line]:
    """Return the error rate as a chart of `height` rows, and below it a row that marks the open spans."""
    each = _columns_per_second(view, width)
    seconds = [second for second in _shown(view, width) for _ in range(each)]
    rates = [_error_rate(second) for second in seconds]
    threshold = view.config.failure_rate_threshold
    scale = _scale(max((rate or 0.0 for rate in rates), default=0.0), threshold)
    looks = ["bad" if (rate or 0.0) >= threshold else "warm" for rate in rates]
    rows = chart([None if rate is None else rate / scale for rate in rates], height, looks)
    labels = _scale_labels(scale, threshold, height)
    lines = [[Span(f"{label:>{_AXIS - 1}} ", "label"), *row] for label, row in zip(labels, rows, strict=True)]
    open_row = chart([second.open_share for second in seconds], 1, ["state_open"] * len(seconds))[0]
    lines.append([Span(f"{'open':>{_AXIS - 1}} ", "label"), *open_row])
    if not seconds:
        lines[0] = [*lines[0], Span("waiting for the first second", "faint")]
    return [fit(line, width) for line in lines]


def chart_title(view: LiveView, width: int) -> Line:
    """Return the chart's heading, with how far back it goes."""
    shown = len(_shown(view, width))
    return rule([f"error rate, last {shown} s" if shown else "error rate"], width)


def transition_lines(view: LiveView, width: int, rows: int) -> list[Line]:
    """Return the last transitions, the newest first, one a line."""
    if not view.transitions:
        return [fit([Span("none yet", "faint")], width)]
    latest = list(reversed(view.transitions))[:rows]
    several = len(view.breakers) > 1
    return [_transition(one, view, width, several=several) for one in latest]


def _transition(one: InstanceTransition, view: LiveView, width: int, *, several: bool) -> Line:
    change = one.transition
    source, target = STATE_NAMES[change.source].lower(), STATE_NAMES[change.target].lower()
    line = [Span(f"{clock(change.time):>7} ", "label")]
    if several:
        line.append(Span(f"#{one.instance:<3}", "label"))
    if width < 60:
        line.append(Span(f"{target:<9} ", f"state_{change.target.label}"))
    else:
        line += [Span(f"{source:>9} → "), Span(f"{target:<9}  ", f"state_{change.target.label}")]
    return fit([*line, Span(describe(change, view.config))], width)


def _columns_per_second(view: LiveView, width: int) -> int:
    """Return how wide a second is drawn, so that a short run fills the chart."""
    longest = max(view.total or 0.0, float(len(view.seconds)), 1.0)
    return min(max(int((width - _AXIS) / longest), 1), _WIDEST_SECOND)


def _shown(view: LiveView, width: int) -> Sequence[Second]:
    """Return the seconds that there is room for."""
    room = (width - _AXIS) // _columns_per_second(view, width)
    return view.seconds[-room:]


def _error_rate(second: Second) -> float | None:
    return min(100.0 * second.failures / second.calls, 100.0) if second.calls else None


def _scale_labels(scale: float, threshold: float, height: int) -> list[str]:
    """Return the axis: the percentage at the top, and the threshold on the row that it falls in."""
    labels = [percent(scale), *[""] * (height - 1)]
    row = height - math.ceil(threshold / scale * height)
    if row > 0:
        labels[row] = percent(threshold)
    return labels


def _scale(highest: float, threshold: float) -> float:
    """Return the percentage at the top: round, steady, and with room for both the data and the threshold."""
    wanted = max(highest, min(threshold, 100.0), _LEAST_SCALE)
    return next(step for step in (10.0, 25.0, 50.0, 100.0) if step >= wanted)
