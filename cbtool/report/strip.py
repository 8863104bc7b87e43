"""Traffic over time as a few rows of text: failures against their threshold, incidents, open breakers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import BreakerConfig
from cbtool.report.blocks import block_rows
from cbtool.report.grounds import ground_of
from cbtool.report.recommendation import when
from cbtool.report.series.bins import Bins
from cbtool.report.series.states import spells, state_series
from cbtool.report.series.traffic import traffic_series
from cbtool.report.series.windows import window_series
from cbtool.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.metrics.summary import RunSummary
    from cbtool.recommend.model import Incident, Recommendation
    from cbtool.report.series.along import Along
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

_COLUMNS, _ROWS = 66, 5
_LABEL = 10  # columns at the left
_SCALES = (10.0, 25.0, 50.0, 100.0)


def traffic_strip(
    along: Along,
    config: BreakerConfig,
    *,
    incidents: Sequence[Incident] = (),
    summary: RunSummary | None = None,
) -> str:
    """Return the picture; of traffic without duration a sentence.

    Args:
        along: the traffic.
        config: the window and the gates whose rates are shown beside the mean ones, and the threshold.
        incidents: to mark; times from the first call.
        summary: what the breakers did; None: nobody asked.
    """
    calls = along.calls
    if not calls.span:
        return "All calls at one time: nothing to plot."
    bins = Bins(calls.span / _COLUMNS, _COLUMNS, calls.span)
    rates = _highest(along, config, bins)
    limit = config.failure_rate_threshold
    scale = next(step for step in _SCALES if step >= min(max(*rates, limit), 100.0))
    lines = [f"Failed calls, the most in {format_duration(bins.width)} or in a window that is judged"]
    labels = _labels(scale, limit)
    for label, row in zip(labels, block_rows([rate / scale for rate in rates], _ROWS), strict=True):
        drawn = row if label != f"{limit:g} %" else "".join("┄" if c == " " else c for c in row)
        lines.append(f"{label:>{_LABEL - 1}} {drawn}".rstrip())
    acted = _marked(bins, [each for each in incidents if each.actionable])
    if "█" in acted:
        lines.append(f"{'incidents':>{_LABEL - 1}} {acted}".rstrip())
    if summary is not None:
        found = spells(summary.transitions, calls.span)
        states = state_series(found, bins, instances=summary.instances)
        shut = (states.open + states.half_open) / 100.0
        lines.append(f"{'open':>{_LABEL - 1}} {block_rows(shut.tolist(), 1)[0]}".rstrip())
    end = when(calls.span, calls.epoch)
    start = when(0.0, calls.epoch)
    lines.append(f"{'':{_LABEL}}{start}{end:>{_COLUMNS - len(start)}}")
    return "\n".join(lines)


def recommended_strip(answer: Recommendation, calls: Calls | LongCalls, rules: OutcomeRules) -> str:
    """Return the picture of a recommendation's traffic, with what the recommended settings would have done.

    Args:
        answer: what was recommended, or that nothing was.
        calls: its calls.
        rules: what they count as.
    """
    ground = ground_of(calls, rules, answer.seed, answer.instances)
    config, summary = answer.config, None
    if config is not None:
        summary = ground.simulated(config).summary
    return traffic_strip(ground.along, config or BreakerConfig(), incidents=answer.incidents, summary=summary)


def _highest(along: Along, config: BreakerConfig, bins: Bins) -> list[float]:
    """Return each column's highest failure rate: its own, or that of a window that both gates let judge."""
    rates = traffic_series(along, bins, slow_above=None).failed
    windows = window_series(along, config, bins)
    if windows is not None:
        rates = np.fmax(rates, windows.failed)
    return [float(rate) for rate in np.nan_to_num(rates)]


def _labels(scale: float, limit: float) -> list[str]:
    """Return the axis: the percentage at the top, and the threshold on the row that it falls in."""
    labels = [f"{scale:g} %", *[""] * (_ROWS - 1)]
    row = _ROWS - math.ceil(min(limit, scale) / scale * _ROWS)
    labels[min(max(row, 0), _ROWS - 1)] = f"{limit:g} %"
    return labels


def _marked(bins: Bins, incidents: Sequence[Incident]) -> str:
    marks = [" "] * bins.count
    for incident in incidents:
        first, last = bins.index(np.array([incident.start, incident.end], np.float64))
        marks[first : last + 1] = "█" * (last + 1 - first)
    return "".join(marks)
