"""What of a log that does not fit in memory is weighed: incidents, and pieces of the healthy time.

Everything found in all of it (incidents, load, healthy latency) stays as it is. What a search tries thousands
of settings on is an excerpt: every incident, whole unless they are too many, with what surrounds it, and of
the other calls a piece of each of 64 stretches of equal count, at a random place in it. Every call is as
likely as any other to be in such a piece, and so is every moment; the time between pieces is cut out, so that
rates per time are those of the time that was looked at.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.recommend.incidents.blips import is_severe
from cbtool.recommend.incidents.incidents import Sides, behind, few_of
from cbtool.recommend.incidents.segments import Segment
from cbtool.recommend.reading.picked import Range, length_of
from cbtool.recommend.reading.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.incidents.incidents import Apart
    from cbtool.recommend.reading.columns import Column, TraceColumns

MOST = 4_000_000
"""Calls of an excerpt, about; the search and what surrounds it take 1.4 GB for so many."""
STRETCHES = 64
_OF_ONE = 8  # pieces of an incident that is too long to be taken whole
_AROUND_CALLS = 10_000
_AROUND = 120 * 10**9  # nanoseconds before and after a bad stretch


@dataclass(frozen=True, slots=True)
class Clock:
    """The excerpt's clock, which stands still between its pieces; nanoseconds.

    Attributes:
        real: when it begins to stand still and when it goes on, in the log's time; never decreasing.
        shown: what it shows then.
    """

    real: NDArray[np.float64]
    shown: NDArray[np.float64]

    @property
    def left_out(self) -> int:
        """How long it stood still in all."""
        return int((self.real - self.shown)[-1])

    def at(self, times: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what it shows at times of the log."""
        beyond = np.maximum(times - self.real[-1], 0.0)
        return np.asarray(np.interp(times, self.real, self.shown) + beyond)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A part of a log.

    Attributes:
        trace: its calls, by its own clock.
        sides: its incidents; their descriptions are of the whole log.
        clock: from the log's time to its own.
        whole: whether all calls of all incidents are in it.
        bursts: whether all calls of the stretches that are ridden through are in it.
        ranges: where its calls are in the log.
    """

    trace: Trace
    sides: Sides
    clock: Clock
    whole: bool
    bursts: bool
    ranges: Sequence[Range]

    def of(self, column: Column) -> NDArray[Any]:
        """Return a column of the log's as far as it is of these calls."""
        return np.concatenate([column[first:behind] for first, behind in self.ranges])

    def shown(self, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return spans of the log's time, in nanoseconds, by its own clock."""
        return [(int(a), int(b)) for a, b in (self.clock.at(np.array(span, float)) for span in spans)]


def excerpt_of(
    trace: TraceColumns, apart: Apart, level: float, seed: int, alone: Iterable[tuple[int, int]] = ()
) -> Excerpt:
    """Return the excerpt of a trace.

    Args:
        trace: n calls.
        apart: its bad stretches.
        level: the share of bad calls from which opening pays.
        seed: of where the pieces lie.
        alone: when single breakers had incidents of their own, as (from, to) nanoseconds; what all did
            meanwhile is in it, too, as far as there is room.
    """
    acting = [Range(s.first, behind(trace, s)) for s in apart.actionable]
    neither = [Range(s.first, behind(trace, s)) for s in apart.doubtful]
    known = set(apart.actionable)
    told = known | set(apart.doubtful)
    through = [(s, i) for s, i in zip(apart.segments, apart.incidents, strict=True) if s not in told]
    severe = [is_severe(i, level) for _, i in through]
    # Of many, the pieces hold some.
    few = [Range(s.first, s.last + 1) for s in few_of([s for s, _ in through], severe)]
    incidents = _thinned(acting, MOST // 2)
    bursts = _thinned(few, MOST // 8)
    theirs = _thinned(_united(_during(trace, span) for span in alone), MOST // 8)
    around = _around(trace, [*acting, *few])
    rest = _pieces(healthy_ranges(trace, apart), MOST - length_of(incidents), seed)
    ranges = _united([*incidents, *bursts, *theirs, *around, *rest])
    taken, clock = _taken(trace, ranges, acting)
    places = _Places(ranges)
    background = np.ones(len(taken), np.bool_)
    for each in (*acting, *neither):
        background[places.of(each.first) : places.of(each.behind)] = False
    known |= {Segment(each.first, each.behind - 1) for each in few}
    sides = Sides(
        incidents=apart.incidents,
        segments=tuple(places.segment(s) for s in apart.segments if s in known),
        actionable=tuple(places.segment(s) for s in apart.actionable),
        background=background,
        shortest=apart.shortest,
        parts=tuple(places.segment(s) for s in apart.parts if places.holds(s)),
    )
    all_bursts = bool(few) and bursts == few and len(few) == len(through)
    return Excerpt(taken, sides, clock, incidents == acting, all_bursts, ranges)


def _during(trace: TraceColumns, span: tuple[int, int]) -> Range:
    return Range(bisect_left(trace.start, span[0]), bisect_right(trace.start, span[1]))


def healthy_ranges(trace: TraceColumns, apart: Apart) -> list[Range]:
    """Return the calls outside incidents, and outside doubtful ones."""
    away = (*apart.actionable, *apart.doubtful)
    return _complement([Range(s.first, behind(trace, s)) for s in away], len(trace))


def _complement(ranges: Sequence[Range], n: int) -> list[Range]:
    edges = [0, *(edge for each in _united(ranges) for edge in each), n]
    return [Range(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


def _united(ranges: Iterable[Range]) -> list[Range]:
    united: list[Range] = []
    for each in sorted(ranges):
        if united and each.first <= united[-1].behind:
            united[-1] = Range(united[-1].first, max(united[-1].behind, each.behind))
        elif each.first < each.behind:
            united.append(each)
    return united


def _thinned(ranges: Sequence[Range], room: int) -> list[Range]:
    """Return ranges whole where they fit, and else pieces of the longest ones, their ends among them."""
    share, left = room, room
    for number, length in enumerate(sorted(each.behind - each.first for each in ranges)):
        share = left // (len(ranges) - number)
        if length > share:
            break
        left -= length
        share = room
    found: list[Range] = []
    for each in ranges:
        if each.behind - each.first <= share:
            found.append(each)
            continue
        size = max(1, share // _OF_ONE)
        firsts = np.linspace(each.first, max(each.first, each.behind - size), _OF_ONE).astype(np.int64)
        found += [Range(int(first), min(int(first) + size, each.behind)) for first in firsts]
    return found


def _around(trace: TraceColumns, ranges: Sequence[Range]) -> list[Range]:
    """Return what comes right before and after ranges: a breaker's window fills, and it closes again."""
    start, found = trace.start, []
    most = min(_AROUND_CALLS, MOST // 8 // (2 * len(ranges))) if ranges else 0
    for first, after in ranges:
        begin = bisect_left(start, int(start[first]) - _AROUND, max(0, first - most), first)
        end = bisect_right(start, int(start[after - 1]) + _AROUND, after, min(after + most, len(trace)))
        found += [Range(begin, first), Range(after, end)]
    return found


def _pieces(ranges: Sequence[Range], most: int, seed: int) -> list[Range]:
    """Return a piece of each of 64 stretches of the calls in ranges, at a random place in it."""
    n = length_of(ranges)
    if n <= most:
        return list(ranges)
    random = np.random.default_rng([seed, 71])
    cuts = np.linspace(0, n, STRETCHES + 1).astype(np.int64).tolist()
    found: list[Range] = []
    for begin, end in pairwise(cuts):
        size = min(most // STRETCHES, end - begin)
        first = int(random.integers(begin, end - size + 1))
        found += _within(ranges, first, first + size)
    return found


def _within(ranges: Sequence[Range], first: int, after: int) -> Iterable[Range]:
    """Return the calls that are the first'th to the last of those in ranges."""
    passed = 0
    for each in ranges:
        a, b = max(first - passed, 0) + each.first, min(after - passed + each.first, each.behind)
        if a < b:
            yield Range(a, b)
        passed += each.behind - each.first


class _Places:
    """Where calls of the whole log stand in an excerpt of it."""

    def __init__(self, ranges: Sequence[Range]) -> None:
        self._first = [each.first for each in ranges]
        self._behind = [each.behind for each in ranges]
        self._before = np.cumsum([0, *(each.behind - each.first for each in ranges)]).tolist()

    def of(self, call: int) -> int:
        """Return how many calls of the excerpt come before one of the log."""
        at = bisect_right(self._first, call) - 1
        return 0 if at < 0 else self._before[at] + min(call, self._behind[at]) - self._first[at]

    def holds(self, segment: Segment) -> bool:
        """Return whether any call of a segment is in the excerpt."""
        return self.of(segment.first) < self.of(segment.last + 1)

    def segment(self, segment: Segment) -> Segment:
        """Return what the excerpt holds of a segment."""
        return Segment(self.of(segment.first), self.of(segment.last + 1) - 1)


def _taken(trace: TraceColumns, ranges: Sequence[Range], acting: Sequence[Range]) -> tuple[Trace, Clock]:
    """Return the calls in ranges, with the time between these cut out unless it is an incident's."""
    origin = int(trace.start[0])
    starts, real, shown = [], [float(origin)], [float(origin)]
    whole = _united(acting)
    began = [each.first for each in whole]
    before, left_out = 0, 0
    for first, after in ranges:
        start = trace.start[first:after]
        at = bisect_right(began, before) - 1
        if before < first and not (at >= 0 and first < whole[at].behind):
            stopped, goes_on = int(trace.start[before]), int(start[0])
            real += [float(stopped), float(goes_on)]
            shown += [float(stopped - left_out)] * 2
            left_out += goes_on - stopped
        starts.append(start - left_out)
        before = after
    if before < len(trace):
        stopped, goes_on = int(trace.start[before - 1]), int(trace.start[len(trace) - 1])
        real += [float(stopped), float(goes_on)]
        shown += [float(stopped - left_out)] * 2
    taken = Trace(
        start=np.concatenate(starts),
        duration=np.concatenate([trace.duration[a:b] for a, b in ranges]),
        failed=np.concatenate([trace.failed[a:b] for a, b in ranges]),
        knows_durations=trace.knows_durations,
    )
    return taken, Clock(np.array(real), np.array(shown))
