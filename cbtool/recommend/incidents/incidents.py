"""Incidents: which bad stretches a breaker should act on, and what is left as the healthy background."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.incidents.bursts import LEAST, Bar, bar_of, hidden_bursts
from cbtool.recommend.incidents.doubt import doubtful_of
from cbtool.recommend.incidents.segments import LEAST_BAD_CALLS, Segment
from cbtool.recommend.incidents.silences import cut_short
from cbtool.recommend.incidents.stretches import MOST, Stretch, Stretches, bad_stretches, read, seconds_of
from cbtool.recommend.model import Incident, IncidentKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.model import Budget
    from cbtool.recommend.reading.columns import Column, TraceColumns
    from cbtool.recommend.reading.trace import Trace

_NO_BURSTS = 300.0  # seconds; two or three bursts in a row can last a minute
_MANY = 20  # bad calls that came apart, in a minute: more than two or three bursts
A_TAIL = 10
"""Bursts to be ridden through that say how such bursts are distributed."""
_TAIL = 2.0  # seconds after an incident that belong to neither side


@dataclass(frozen=True, slots=True)
class Sides:
    """The log, told apart.

    Attributes:
        incidents: all bad stretches, actionable or not, in order.
        segments: where they are, but for doubtful ones.
        actionable: of these, the actionable ones'.
        background: mask of the calls outside actionable incidents and doubtful ones.
        shortest: seconds from which an incident is acted on.
        parts: the bad stretches before those that belong together were joined; empty with labels.
        hidden: short outages in the background, of so few calls that they are no bad stretches.
    """

    incidents: tuple[Incident, ...]
    segments: tuple[Segment, ...]
    actionable: tuple[Segment, ...]
    background: NDArray[np.bool_]
    shortest: float
    parts: tuple[Segment, ...] = ()
    hidden: tuple[Segment, ...] = ()


class Apart(NamedTuple):
    """What `Sides` says of a log, without a mask of its calls, and with what is on neither side."""

    incidents: tuple[Incident, ...]
    segments: tuple[Segment, ...]
    actionable: tuple[Segment, ...]
    shortest: float
    parts: tuple[Segment, ...]
    hidden: tuple[Segment, ...] = ()
    doubtful: tuple[Segment, ...] = ()
    """Of the segments, those that may as well be no incidents."""


def apart_along(trace: TraceColumns, slow_from: float | None, budget: Budget) -> Apart:
    """Return the bad stretches of a trace, told apart.

    Args:
        trace: the calls.
        slow_from: the healthy p99 in seconds; None: durations say nothing.
        budget: gives the break-even share and the shortest incident worth acting on.
    """
    slow = None if slow_from is None else trace.slower_than(slow_from)
    found = bad_stretches(trace, slow, budget.break_even)
    bar = bar_of([s for s in found.read if s.shape is not None], budget, trace.span)
    apart = _doubted(_apart(trace, found, budget.break_even, bar), trace, slow, budget.break_even)
    n = len(trace)
    if n > MOST:
        return apart
    return apart._replace(hidden=tuple(hidden_bursts(trace.start[0:n], trace.failed[0:n], apart.segments)))


def incidents_of(trace: TraceColumns, slow_from: float | None, budget: Budget) -> tuple[Incident, ...]:
    """Return the incidents of the same."""
    return apart_along(trace, slow_from, budget).incidents


def apart_at(
    trace: TraceColumns, slow_from: float | None, segments: Sequence[Segment], level: float
) -> Apart:
    """Return a log told apart at segments that the user named.

    Args:
        trace: the calls.
        slow_from: the healthy p99 in seconds; None: durations say nothing.
        segments: where the incidents are, in order.
        level: the share of bad calls from which opening pays.
    """
    slow = None if slow_from is None else trace.slower_than(slow_from)
    named = Stretches([read(trace, slow, segment, level) for segment in segments], [])
    return _apart(trace, named, level, Bar(0.0, 0))


def sides_of(trace: Trace, apart: Apart) -> Sides:
    """Return a log told apart with the mask of its background."""
    background = np.ones(len(trace), np.bool_)
    for segment in (*apart.actionable, *apart.doubtful):
        background[segment.first : behind(trace, segment)] = False
    return Sides(
        incidents=apart.incidents,
        segments=tuple(each for each in apart.segments if each not in apart.doubtful),
        actionable=apart.actionable,
        background=background,
        shortest=apart.shortest,
        parts=apart.parts,
        hidden=apart.hidden,
    )


def _apart(trace: TraceColumns, found: Stretches, level: float, bar: Bar) -> Apart:
    incidents = _described(trace, found.read, level, bar)
    segments = tuple(stretch.segment for stretch in found.read)
    actionable = tuple(s for s, i in zip(segments, incidents, strict=True) if i.actionable)
    return Apart(incidents, segments, actionable, bar.seconds, tuple(found.parts))


def _doubted(apart: Apart, trace: TraceColumns, slow: Column | None, level: float) -> Apart:
    """Return the same with the doubtful incidents on neither side."""
    doubtful = set(doubtful_of(trace, slow, apart.actionable, level))
    if not doubtful:
        return apart
    return apart._replace(
        incidents=tuple(
            replace(each, actionable=False, doubtful=True) if segment in doubtful else each
            for segment, each in zip(apart.segments, apart.incidents, strict=True)
        ),
        actionable=tuple(each for each in apart.actionable if each not in doubtful),
        doubtful=tuple(each for each in apart.actionable if each in doubtful),
    )


def _described(
    trace: TraceColumns, stretches: Sequence[Stretch], level: float, bar: Bar
) -> tuple[Incident, ...]:
    acted_on = [_lasts(trace, stretch, level, bar) for stretch in stretches]
    return tuple(
        Incident(
            start=float(trace.start[stretch.segment.first]) / 1e9,
            end=float(trace.start[stretch.segment.last]) / 1e9,
            kind=_kind(stretch, level),
            calls=stretch.calls,
            failed=100 * (stretch.failed / stretch.calls),
            slow=100 * (stretch.slow / stretch.calls),
            actionable=acts,
        )
        for stretch, acts in zip(stretches, acted_on, strict=True)
    )


def _lasts(trace: TraceColumns, stretch: Stretch, level: float, bar: Bar) -> bool:
    """Return whether a stretch is so bad for so long that a breaker should act on it."""
    shape = stretch.shape
    if shape is None or shape.share < level or shape.bursts < LEAST_BAD_CALLS:
        return False
    no_bursts = bar.clear if shape.bursts >= _MANY else _NO_BURSTS
    if stretch.seconds >= bar.seconds and (stretch.seconds >= no_bursts or stretch.bad > bar.bad):
        return True
    # Where the log broke off, nobody knows how long it lasted; it is no sign of health in any case.
    if bar.learnt or stretch.seconds < LEAST:
        return False
    return cut_short(trace.start, stretch.segment, trace.duration if trace.knows_durations else None)


def few_of(ridden: Sequence[Segment], severe: Sequence[bool]) -> list[Segment]:
    """Return the stretches to be ridden through of which there are few: of blips, or of mild ones, or both.

    Args:
        ridden: n of them, in order.
        severe: n; whether so many calls are bad in it that opening would pay, were it longer.
    """
    few = [kind for kind in (True, False) if sum(kind is bool(s) for s in severe) < A_TAIL]
    return [segment for segment, s in zip(ridden, severe, strict=True) if bool(s) in few]


def _kind(stretch: Stretch, level: float) -> IncidentKind:
    if stretch.failed < min(level / 2 * stretch.calls, stretch.slow):
        return IncidentKind.SLOW
    if stretch.both > 0.8 * stretch.failed:
        return IncidentKind.TIMEOUTS
    return IncidentKind.OUTAGE if stretch.failed >= 0.9 * stretch.calls else IncidentKind.BROWN_OUT


def behind(trace: TraceColumns, segment: Segment) -> int:
    """Return the index of the first call that is surely past the incident."""
    tail = min(_TAIL, 0.1 * seconds_of(trace, segment))
    end = trace.start[segment.last] + int(tail * 1e9)
    return bisect_right(trace.start, end, segment.last)
