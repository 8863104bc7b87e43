"""Bad stretches, joined where they belong together, and each read once."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.incidents.blips import LONGEST_BLIP, RECURRING
from cbtool.recommend.incidents.bursts import are_one_callers, clusters_of, follows, places_of
from cbtool.recommend.incidents.segments import Segment, bad_segments, merged, overlapping
from cbtool.recommend.incidents.shape import Shape, shape_of
from cbtool.recommend.reading.columns import count, pieces
from cbtool.recommend.reading.healthy import best_half_failure_rate
from cbtool.recommend.reading.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.recommend.reading.columns import Column, TraceColumns

_SLOW_BASELINE = 0.01  # by the definition of a p99
_CALM_CALLS = 100  # outside all segments, for a second pass
_SEVERAL = 2  # calls in a burst
MOST = 4_000_000
"""Calls that are looked at once more; of so many at so low a load there are none in years."""


class Stretch(NamedTuple):
    """A bad stretch and what its calls say."""

    segment: Segment
    failed: int
    slow: int
    both: int
    shape: Shape | None
    """Of one that is bad enough to act on."""
    seconds: float
    """How long it lasted, strays at its ends left out."""

    @property
    def calls(self) -> int:
        """How many there are."""
        return self.segment.last + 1 - self.segment.first

    @property
    def bad(self) -> int:
        """Calls that failed, were slow, or both."""
        return self.failed + self.slow - self.both


class Stretches(NamedTuple):
    """The bad stretches of a log in order, and the parts that they were joined from."""

    read: list[Stretch]
    parts: list[Segment]


def read(trace: TraceColumns, slow: Column | None, segment: Segment, level: float) -> Stretch:
    """Return a stretch with what its calls say.

    Args:
        trace: the calls.
        slow: which of them are slow; None: durations say nothing.
        segment: where it is.
        level: the share of bad calls from which opening pays.
    """
    # Counted first, in a pass of its own: a shape holds nearly all starts, and mild stretches can be a log.
    failed, late, both = _tally(trace.failed, slow, segment)
    seconds = seconds_of(trace, segment)
    if failed + late - both < level * (segment.last + 1 - segment.first):
        return Stretch(segment, failed, late, both, None, seconds)
    shape = shape_of(trace, slow, segment, level)
    return Stretch(segment, failed, late, both, shape, min(seconds, shape.seconds))


def seconds_of(trace: TraceColumns, segment: Segment) -> float:
    """Return how long a segment likely lasted: its first and last calls lie half a gap inside it."""
    calls = segment.last - segment.first
    return float(trace.start[segment.last] - trace.start[segment.first]) / 1e9 * (1.0 + 1.0 / max(calls, 1))


def bad_stretches(trace: TraceColumns, slow: Column | None, level: float) -> Stretches:
    """Return the stretches of a log in which calls are bad far more often than they should be.

    Bursts of one caller's retries are many bad calls of one cause. Where these keep coming back, and the load
    is so low that a few of them look like a brown-out of hours, the log is looked at once more with each
    taken for one call.

    Args:
        trace: the calls.
        slow: which of them are slow; None: durations say nothing.
        level: the share of bad calls from which opening pays.
    """
    joined, parts = _found(trace, slow, level)
    found = Stretches([read(trace, slow, segment, level) for segment in joined], parts)
    return _bursts_as_calls(trace, slow, level, found) if len(trace) <= MOST else found


def _bursts_as_calls(trace: TraceColumns, slow: Column | None, level: float, found: Stretches) -> Stretches:
    short = [s for s in found.read if s.shape is not None and s.seconds < LONGEST_BLIP]
    hidden = any(_is_bursts(stretch, level) for stretch in found.read)
    if len(short) < RECURRING and not hidden:
        return found
    n = len(trace)
    held = Trace(trace.start[0:n], trace.duration[0:n], trace.failed[0:n], trace.knows_durations)
    after = follows(held.start, held.failed)
    few = sum(are_one_callers(stretch, after, held.failed) for stretch in short) < RECURRING
    if few and not hidden:
        return found
    kept = np.flatnonzero(~after)
    joined, parts = _found(held.take(~after), None if slow is None else slow[0:n][kept], level)
    lasting = [places_of(segment, kept, n) for segment in joined]
    again = [read(trace, slow, segment, level) for segment in lasting]
    clusters = overlapping([*(s.segment for s in short), *clusters_of(kept, held.failed)])
    bursts = [c for c in clusters if not any(_share_calls(c, segment) for segment in lasting)]
    others = [read(trace, slow, burst, level) for burst in bursts]
    return Stretches(sorted([*again, *others]), [places_of(part, kept, n) for part in parts])


def _is_bursts(stretch: Stretch, level: float) -> bool:
    """Return whether a stretch is bad enough to act on only since each of its bursts is many calls."""
    shape = stretch.shape
    return shape is not None and shape.share < level and _SEVERAL * shape.bursts <= stretch.bad


def _share_calls(one: Segment, other: Segment) -> bool:
    return one.first <= other.last and other.first <= one.last


class _Found(NamedTuple):
    joined: list[Segment]
    parts: list[Segment]


def _found(trace: TraceColumns, slow: Column | None, level: float) -> _Found:
    """Return the segments by two passes.

    The first measures healthy from the better half of the log, the second from what the first left over, so
    that incidents in a large part of a short log do not pass for normal.
    """
    found = _pass(trace, slow, best_half_failure_rate(trace.failed), level)
    segments = found.joined
    calm = len(trace) - sum(segment.last + 1 - segment.first for segment in segments)
    if calm < _CALM_CALLS:
        return found
    failed = sum(count(trace.failed, segment.first, segment.last + 1) for segment in segments)
    return _pass(trace, slow, (count(trace.failed) - failed) / calm, level)


def _pass(trace: TraceColumns, slow: Column | None, baseline: float, level: float) -> _Found:
    duration = trace.duration if trace.knows_durations else None
    parts = bad_segments(trace.failed, baseline, level, trace.start, duration)
    if slow is not None:
        parts = parts + bad_segments(slow, _SLOW_BASELINE, level, trace.start, duration)
    return _Found(_joined(trace, slow, parts, level), sorted(parts))


def _joined(trace: TraceColumns, slow: Column | None, parts: list[Segment], level: float) -> list[Segment]:
    """Return the parts, those merged that are bad enough to act on.

    An hour with one bad instance beside an outage would make both one long mild stretch, which nothing acts
    on; so a mild part is merged with another only where they overlap. So is one that fails with one that is
    slow: they are no parts of one flapping.
    """

    def severe(stretch: Segment) -> bool:
        failed, late, both = _tally(trace.failed, slow, stretch)
        return failed + late - both >= level * (stretch.last + 1 - stretch.first)

    def fails(stretch: Segment) -> bool:
        return 2 * count(trace.failed, stretch.first, stretch.last + 1) >= level * (
            stretch.last + 1 - stretch.first
        )

    duration = trace.duration if trace.knows_durations else None
    bad, mild = _divided(parts, severe)
    whole = overlapping(
        [each for kind in _divided(bad, fails) for each in merged(kind, trace.start, duration, severe)]
    )
    return overlapping([*whole, *_apart_from(whole, mild, trace.start, duration)])


def _divided(parts: list[Segment], of: Callable[[Segment], bool]) -> tuple[list[Segment], list[Segment]]:
    """Return the parts of which something holds, and the others."""
    holds = [of(part) for part in parts]
    return list(compress(parts, holds)), list(compress(parts, (not each for each in holds)))


def _apart_from(
    severe: list[Segment], mild: list[Segment], start: Column, duration: Column | None
) -> list[Segment]:
    """Return the mild stretches merged, unless there is a severe one between them."""
    found: list[Segment] = []
    for whole in merged(mild, start, duration):
        clear = not any(_share_calls(s, whole) for s in severe)
        inside = [part for part in mild if whole.first <= part.first <= whole.last]
        found += [whole] if clear else inside
    return found


def _tally(failed: Column, slow: Column | None, segment: Segment) -> tuple[int, int, int]:
    """Return how many calls of a segment failed, how many were slow, and how many were both."""
    first, behind = segment.first, segment.last + 1
    if slow is None:
        return count(failed, first, behind), 0, 0
    both = sum(int((bad & late).sum()) for bad, late in pieces(failed, slow, first=first, behind=behind))
    return count(failed, first, behind), count(slow, first, behind), both
