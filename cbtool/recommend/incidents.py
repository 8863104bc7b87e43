"""Incidents: which bad stretches a breaker should act on, and what is left as the healthy background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.healthy import best_half_failure_rate
from cbtool.recommend.model import Incident, IncidentKind
from cbtool.recommend.segments import Segment, bad_segments, merged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.model import Budget
    from cbtool.recommend.trace import Trace

_SLOW_BASELINE = 0.01  # by the definition of a p99
_LONGEST_BLIP = 60.0  # seconds
_CALM_CALLS = 100  # outside all segments, for a second pass
_TAIL = 2.0  # seconds after an incident that belong to neither side


@dataclass(frozen=True, slots=True)
class Sides:
    """The log, told apart.

    Attributes:
        incidents: all bad stretches, actionable or not, in order.
        segments: where they are.
        actionable: of these, the actionable ones'.
        background: mask of the calls outside actionable incidents.
        shortest: seconds from which an incident is acted on.
    """

    incidents: tuple[Incident, ...]
    segments: tuple[Segment, ...]
    actionable: tuple[Segment, ...]
    background: NDArray[np.bool_]
    shortest: float


def tell_apart(trace: Trace, slow_from: float | None, budget: Budget) -> Sides:
    """Return the incidents and the healthy background of a trace.

    Two passes: the first measures healthy from the better half of the log, the second from what the first
    left over, so that incidents in a large part of a short log do not pass for normal.

    Args:
        trace: the calls.
        slow_from: the healthy p99 in seconds; None: durations say nothing.
        budget: gives the break-even share and the shortest incident worth acting on.
    """
    slow = np.zeros(len(trace), np.bool_) if slow_from is None else trace.slower_than(slow_from)
    sides = _pass(trace, slow, best_half_failure_rate(trace.failed), budget)
    calm = np.ones(len(trace), np.bool_)
    for segment in sides.segments:
        calm[segment.first : segment.last + 1] = False
    if calm.sum() < _CALM_CALLS:
        return sides
    return _pass(trace, slow, float(trace.failed[calm].mean()), budget)


def _pass(trace: Trace, slow: NDArray[np.bool_], baseline: float, budget: Budget) -> Sides:
    level = budget.break_even
    segments = bad_segments(trace.failed, baseline, level)
    if slow.any():
        segments = segments + bad_segments(slow, _SLOW_BASELINE, level)
    segments = merged(segments, trace.start)
    return sides_of(trace, slow, segments, level, _shortest(trace, segments, budget))


def sides_of(
    trace: Trace, slow: NDArray[np.bool_], segments: Sequence[Segment], level: float, shortest: float
) -> Sides:
    """Return the log told apart at given segments.

    Args:
        trace: the calls.
        slow: which of them are slow.
        segments: the bad stretches, in order.
        level: the share of bad calls from which opening pays.
        shortest: seconds from which an incident is acted on.
    """
    incidents = tuple(_describe(trace, slow, segment, level, shortest) for segment in segments)
    actionable = tuple(s for s, i in zip(segments, incidents, strict=True) if i.actionable)
    background = np.ones(len(trace), np.bool_)
    for segment in actionable:
        background[segment.first : _after(trace, segment)] = False
    return Sides(incidents, tuple(segments), actionable, background, shortest)


def _shortest(trace: Trace, segments: list[Segment], budget: Budget) -> float:
    """Recurring short bursts are baseline: where there are five or more, twice their p95 is the bar."""
    if budget.shortest_incident is not None:
        return budget.shortest_incident
    # Half a minute of a demo cannot hold a 10 s incident to learn from; 2 s are a blip even there.
    least = min(10.0, max(2.5, trace.span / 12))
    lengths = [_seconds(trace, s) for s in segments]
    short = [length for length in lengths if length < _LONGEST_BLIP]
    if len(short) < 5:
        return least
    return float(min(_LONGEST_BLIP, max(least, 2.0 * np.quantile(short, 0.95))))


def _describe(
    trace: Trace, slow: NDArray[np.bool_], segment: Segment, level: float, shortest: float
) -> Incident:
    part = slice(segment.first, segment.last + 1)
    failed, late = trace.failed[part], slow[part]
    share_failed, share_slow = float(failed.mean()), float(late.mean())
    bad = float((failed | late).mean())
    return Incident(
        start=float(trace.start[segment.first]) / 1e9,
        end=float(trace.start[segment.last]) / 1e9,
        kind=_kind(share_failed, float((failed & late).mean()), level),
        calls=segment.last + 1 - segment.first,
        failed=100 * share_failed,
        slow=100 * share_slow,
        actionable=bad >= level and _seconds(trace, segment) >= shortest,
    )


def _kind(failed: float, failed_late: float, level: float) -> IncidentKind:
    if failed < level / 2:
        return IncidentKind.SLOW
    if failed_late > 0.8 * failed:
        return IncidentKind.TIMEOUTS
    return IncidentKind.OUTAGE if failed >= 0.9 else IncidentKind.BROWN_OUT


def _seconds(trace: Trace, segment: Segment) -> float:
    """Return how long a segment likely lasted: its first and last calls lie half a gap inside it."""
    calls = segment.last - segment.first
    return float(trace.start[segment.last] - trace.start[segment.first]) / 1e9 * (1.0 + 1.0 / max(calls, 1))


def _after(trace: Trace, segment: Segment) -> int:
    """Return the index of the first call that is surely past the incident."""
    tail = min(_TAIL, 0.1 * _seconds(trace, segment))
    end = trace.start[segment.last] + int(tail * 1e9)
    return int(np.searchsorted(trace.start, end, side="right"))
