"""Incidents: which bad stretches a breaker should act on, and what is left as the healthy background."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.blips import LONGEST_BLIP, RECURRING, USUALLY_ACTED_ON
from cbtool.recommend.columns import count, pieces
from cbtool.recommend.healthy import best_half_failure_rate
from cbtool.recommend.model import Incident, IncidentKind
from cbtool.recommend.segments import LEAST_BAD_CALLS, Segment, bad_segments, cut_short, merged, overlapping
from cbtool.recommend.shape import shape_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.columns import Column, TraceColumns
    from cbtool.recommend.model import Budget
    from cbtool.recommend.trace import Trace

_SLOW_BASELINE = 0.01  # by the definition of a p99
_LEAST = 2.5  # seconds
_NO_BURSTS = 300.0  # seconds; two or three bursts in a row can last a minute
_MANY = 20  # bad calls that came apart, in a minute: more than two or three bursts
_MARGIN = 2.0  # times the bursts' 95 % quantile
_GAP = 3.0  # times as long as all bursts is no burst of their sort
A_TAIL = 10
"""Bursts to be ridden through that say how such bursts are distributed."""
_CALM_CALLS = 100  # outside all segments, for a second pass
_TAIL = 2.0  # seconds after an incident that belong to neither side


class Bar(NamedTuple):
    """What a bad stretch must exceed to be acted on."""

    seconds: float
    bad: int
    """Failed or slow calls; a stretch of a minute or more needs no number, of five if it may be bursts."""
    learnt: bool = True
    """Whether from bursts, or from the user."""


@dataclass(frozen=True, slots=True)
class Sides:
    """The log, told apart.

    Attributes:
        incidents: all bad stretches, actionable or not, in order.
        segments: where they are.
        actionable: of these, the actionable ones'.
        background: mask of the calls outside actionable incidents.
        shortest: seconds from which an incident is acted on.
        parts: the bad stretches before those that belong together were joined; empty with labels.
    """

    incidents: tuple[Incident, ...]
    segments: tuple[Segment, ...]
    actionable: tuple[Segment, ...]
    background: NDArray[np.bool_]
    shortest: float
    parts: tuple[Segment, ...] = ()


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
    segments, parts = _stretches(trace, slow, budget)
    bar = _shortest(trace, slow, segments, budget)
    sides = sides_of(trace, slow, segments, budget.break_even, bar)
    return replace(sides, parts=tuple(parts))


class Apart(NamedTuple):
    """What `Sides` says of a log, without a mask of its calls."""

    incidents: tuple[Incident, ...]
    segments: tuple[Segment, ...]
    actionable: tuple[Segment, ...]
    shortest: float
    parts: tuple[Segment, ...]


def apart_along(trace: TraceColumns, slow_from: float | None, budget: Budget) -> Apart:
    """Return what `tell_apart` finds, of a trace that need not be in memory."""
    slow = None if slow_from is None else trace.slower_than(slow_from)
    segments, parts = _stretches(trace, slow, budget)
    bar = _shortest(trace, slow, segments, budget)
    return apart_at(trace, slow, segments, budget.break_even, bar)._replace(parts=tuple(parts))


def apart_at(
    trace: TraceColumns, slow: Column | None, segments: Sequence[Segment], level: float, bar: Bar
) -> Apart:
    """Return what `sides_of` says of given segments, of a trace that need not be in memory."""
    incidents = tuple(_describe(trace, slow, segment, level, bar) for segment in segments)
    actionable = tuple(s for s, i in zip(segments, incidents, strict=True) if i.actionable)
    return Apart(incidents, tuple(segments), actionable, bar.seconds, ())


def incidents_of(trace: TraceColumns, slow_from: float | None, budget: Budget) -> tuple[Incident, ...]:
    """Return the incidents of the same."""
    return apart_along(trace, slow_from, budget).incidents


class _Stretches(NamedTuple):
    """Bad stretches, and the parts that they were joined from."""

    joined: list[Segment]
    parts: list[Segment]


def _stretches(trace: TraceColumns, slow: Column | None, budget: Budget) -> _Stretches:
    found = _pass(trace, slow, best_half_failure_rate(trace.failed), budget)
    segments = found.joined
    calm = len(trace) - sum(segment.last + 1 - segment.first for segment in segments)
    if calm < _CALM_CALLS:
        return found
    failed = sum(count(trace.failed, segment.first, segment.last + 1) for segment in segments)
    return _pass(trace, slow, (count(trace.failed) - failed) / calm, budget)


def _pass(trace: TraceColumns, slow: Column | None, baseline: float, budget: Budget) -> _Stretches:
    level = budget.break_even
    parts = bad_segments(trace.failed, baseline, level, trace.start)
    if slow is not None:
        parts = parts + bad_segments(slow, _SLOW_BASELINE, level, trace.start)
    return _Stretches(_joined(trace, slow, parts, level), sorted(parts))


def _joined(trace: TraceColumns, slow: Column | None, parts: list[Segment], level: float) -> list[Segment]:
    """Return the parts, those merged that are bad enough to act on.

    An hour with one bad instance beside an outage would make both one long mild stretch, which nothing acts
    on; so a mild part is merged with another only where they overlap.
    """
    severe: list[Segment] = []
    mild: list[Segment] = []
    for part in parts:
        failed, late, both = _tally(trace.failed, slow, part)
        bad = failed + late - both
        (severe if bad >= level * (part.last + 1 - part.first) else mild).append(part)
    joined = merged(severe, trace.start)
    return overlapping([*joined, *_apart_from(joined, mild, trace.start)])


def _apart_from(severe: list[Segment], mild: list[Segment], start: Column) -> list[Segment]:
    """Return the mild stretches merged, unless there is a severe one between them."""
    found: list[Segment] = []
    for whole in merged(mild, start):
        clear = not any(s.first <= whole.last and whole.first <= s.last for s in severe)
        inside = [part for part in mild if whole.first <= part.first <= whole.last]
        found += [whole] if clear else inside
    return found


def sides_of(
    trace: Trace, slow: NDArray[np.bool_], segments: Sequence[Segment], level: float, bar: Bar
) -> Sides:
    """Return the log told apart at given segments.

    Args:
        trace: the calls.
        slow: which of them are slow.
        segments: the bad stretches, in order.
        level: the share of bad calls from which opening pays.
        bar: what an incident must exceed to be acted on.
    """
    apart = apart_at(trace, slow, segments, level, bar)
    background = np.ones(len(trace), np.bool_)
    for segment in apart.actionable:
        background[segment.first : behind(trace, segment)] = False
    return Sides(apart.incidents, apart.segments, apart.actionable, background, bar.seconds)


def _shortest(trace: TraceColumns, slow: Column | None, segments: list[Segment], budget: Budget) -> Bar:
    """Return what an incident must exceed, learnt from the bursts that keep coming back.

    A mild stretch is no burst: however long it is, it is ridden through for its share of bad calls.
    """
    if budget.shortest_incident is not None:
        return Bar(budget.shortest_incident, 0)
    # Half a minute of a demo cannot hold a 10 s incident to learn from; 2 s are a blip even there.
    least = min(USUALLY_ACTED_ON, max(_LEAST, trace.span / 12))
    severe = [s for s in segments if _bad_share(trace, slow, s) >= budget.break_even]
    lengths = [_lasted(trace, slow, s, budget.break_even) for s in severe]
    bursts = _recurring(lengths)
    if len(bursts) < RECURRING:
        return Bar(least, 0, learnt=False)
    bad = [count(trace.failed, severe[i].first, severe[i].last + 1) for i in bursts]
    usual = _MARGIN * np.quantile([lengths[i] for i in bursts], 0.95)
    return Bar(float(min(LONGEST_BLIP, max(least, usual))), int(_MARGIN * np.quantile(bad, 0.95)))


def _bad_share(trace: TraceColumns, slow: Column | None, segment: Segment) -> float:
    failed, late, both = _tally(trace.failed, slow, segment)
    return (failed + late - both) / (segment.last + 1 - segment.first)


def _lasted(trace: TraceColumns, slow: Column | None, segment: Segment, level: float) -> float:
    """Return how long a segment lasted, in seconds, strays at its ends left out."""
    return min(_seconds(trace, segment), shape_of(trace, slow, segment, level).seconds)


def _recurring(seconds: list[float]) -> list[int]:
    """Return which segments are bursts of one sort: those under a minute, up to a clear gap in their lengths.

    Real incidents that last less than a minute lie beyond the gap, and say nothing about bursts.
    """
    order = sorted((i for i, length in enumerate(seconds) if length < LONGEST_BLIP), key=seconds.__getitem__)
    longer = [length for length in seconds if length >= LONGEST_BLIP]
    lengths = [max(1.0, seconds[i]) for i in order]
    beyond = [*lengths[1:], min(longer)] if longer and order else lengths[1:]
    ratios = [b / a for a, b in zip(lengths, beyond, strict=False)]
    for i in range(RECURRING - 1, len(ratios)):
        if ratios[i] >= _GAP:
            return order[: i + 1]
    widest = max(range(len(ratios)), key=ratios.__getitem__, default=None)
    if widest is None or ratios[widest] < _GAP:
        return order
    return order[: widest + 1]


def _describe(trace: TraceColumns, slow: Column | None, segment: Segment, level: float, bar: Bar) -> Incident:
    calls = segment.last + 1 - segment.first
    failed, late, both = _tally(trace.failed, slow, segment)
    bad = failed + late - both
    severe = bad / calls >= level
    if severe:
        shape = shape_of(trace, slow, segment, level)
        seconds = min(_seconds(trace, segment), shape.seconds)
        no_bursts = LONGEST_BLIP if shape.bursts >= _MANY else _NO_BURSTS
        enough = seconds >= bar.seconds and (seconds >= no_bursts or bad > bar.bad)
        # Where the log broke off, nobody knows how long it lasted; it is no sign of health in any case.
        enough = enough or (not bar.learnt and seconds >= _LEAST and cut_short(trace.start, segment))
        severe = enough and shape.share >= level and shape.bursts >= LEAST_BAD_CALLS
    return Incident(
        start=float(trace.start[segment.first]) / 1e9,
        end=float(trace.start[segment.last]) / 1e9,
        kind=_kind(failed / calls, both / calls, level),
        calls=calls,
        failed=100 * (failed / calls),
        slow=100 * (late / calls),
        actionable=bool(severe),
    )


def few_of(ridden: Sequence[Segment], severe: Sequence[bool]) -> list[Segment]:
    """Return the stretches to be ridden through of which there are few: of blips, or of mild ones, or both.

    Args:
        ridden: n of them, in order.
        severe: n; whether so many calls are bad in it that opening would pay, were it longer.
    """
    few = [kind for kind in (True, False) if sum(kind is bool(s) for s in severe) < A_TAIL]
    return [segment for segment, s in zip(ridden, severe, strict=True) if bool(s) in few]


def _tally(failed: Column, slow: Column | None, segment: Segment) -> tuple[int, int, int]:
    """Return how many calls of a segment failed, how many were slow, and how many were both."""
    first, behind = segment.first, segment.last + 1
    if slow is None:
        return count(failed, first, behind), 0, 0
    both = sum(int((bad & late).sum()) for bad, late in pieces(failed, slow, first=first, behind=behind))
    return count(failed, first, behind), count(slow, first, behind), both


def _kind(failed: float, failed_late: float, level: float) -> IncidentKind:
    if failed < level / 2:
        return IncidentKind.SLOW
    if failed_late > 0.8 * failed:
        return IncidentKind.TIMEOUTS
    return IncidentKind.OUTAGE if failed >= 0.9 else IncidentKind.BROWN_OUT


def _seconds(trace: TraceColumns, segment: Segment) -> float:
    """Return how long a segment likely lasted: its first and last calls lie half a gap inside it."""
    calls = segment.last - segment.first
    return float(trace.start[segment.last] - trace.start[segment.first]) / 1e9 * (1.0 + 1.0 / max(calls, 1))


def behind(trace: TraceColumns, segment: Segment) -> int:
    """Return the index of the first call that is surely past the incident."""
    tail = min(_TAIL, 0.1 * _seconds(trace, segment))
    end = trace.start[segment.last] + int(tail * 1e9)
    return bisect_right(trace.start, end, segment.last)
