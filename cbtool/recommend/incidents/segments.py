"""Bad stretches without labels: a CUSUM of per-call log-likelihood ratios, cut by an X-drop.

Each bad call scores ln(p1/p0), each good one −ln((1−p0)/(1−p1)) (Page 1954; Wald 1947). A segment runs
from the sum's last zero to its peak, and ends once the sum has fallen `height` below that peak (the
X-drop of BLAST; plain maximal segments join two outages across an hour of health). The height ln(n) + 3
leaves about e^−3 segments by chance a log (Karlin and Altschul 1990). It counts calls, so it needs no bin
width: 0.05/s and 500/s are the same to it.
"""

from __future__ import annotations

import math
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled
from cbtool.recommend.incidents.silences import cut_short, holes
from cbtool.recommend.reading.columns import PIECE, count, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.reading.columns import Column

LEAST_BAD_CALLS = 4
_FLAP = 60 * 10**9  # nanoseconds
_FLAP_CALLS = 150
_MORE_OF_IT, _AS_BEFORE = 1.5, 1.25  # times the gaps before, where there were several, and one
_LARGE_PART = 0.6  # of a stretch: the rest is no more than its slopes
_NEARLY_ALL = 0.9  # of the calls
_MILD = 0.6  # of an incident's share of bad calls
_HIGHEST_BASELINE = 0.12
"""Above this, calm can't be told from a 20 % incident; a log that is worse throughout is one incident."""


class Segment(NamedTuple):
    """Calls `first` to `last`, both included, by their index in the order of starts."""

    first: int
    last: int


def bad_segments(
    bad: Column,
    baseline: float,
    incident: float,
    start: Column | None = None,
    duration: Column | None = None,
) -> list[Segment]:
    """Return the stretches in which calls are bad far more often than they should be.

    Where the healthy share is tiny, a mild stretch adds to the sum, too, and an outage beside one would be
    lost in it; so what is far worse than the rest of its stretch is one of its own.

    Args:
        bad: which calls are bad, in the order of their starts.
        baseline: the healthy share of bad calls.
        incident: the share from which a stretch is an incident.
        start: nanoseconds; where given, each side of a hole in the log must be a stretch by itself.
        duration: nanoseconds; see `holes`.
    """
    n = len(bad)
    if not any(piece.any() for (piece,) in pieces(bad)):
        return []
    found = _found(bad, _Score.of(n, baseline, incident))
    whole = [part for segment in found for part in _parted(bad, segment, n, incident)]
    if start is None:
        return whole
    score = _Score.of(n, baseline, incident)
    return [
        part
        for segment in whole
        for part in _beside_holes(bad, segment, holes(start, segment, duration), score)
    ]


def nearly_all_bad(bad: Column, baseline: float) -> list[Segment]:
    """Return the stretches in which nearly all calls are bad, which takes fewer of them to tell from chance.

    Against a healthy 3.5 % of 50,000 calls eight in a row are far more often bad than they should be, for a
    stretch that is an incident from 20 % on; for one of 90 %, five.

    Args:
        bad: which calls are bad, in the order of their starts.
        baseline: the healthy share of bad calls.
    """
    return _found(bad, _Score.of(len(bad), baseline, _NEARLY_ALL))


class _Score(NamedTuple):
    """What a bad call adds to the sum, what a good one takes off, and the height that counts."""

    gain: float
    loss: float
    height: float

    @classmethod
    def of(cls, n: int, baseline: float, incident: float) -> _Score:
        p0 = min(max(baseline, 0.5 / n), _HIGHEST_BASELINE, incident * 0.6)
        return cls(math.log(incident / p0), math.log((1 - p0) / (1 - incident)), math.log(n) + 3.0)


def _found(bad: Column, score: _Score, offset: int = 0) -> list[Segment]:
    first, last = _walk(bad, *score)
    return [
        Segment(a + offset, b + offset)
        for a, b in zip(first, last, strict=True)
        if count(bad, a, b + 1) >= LEAST_BAD_CALLS
    ]


def _parted(bad: Column, segment: Segment, n: int, incident: float) -> list[Segment]:
    """Return what is far worse than the rest of a stretch, and that rest; else the stretch."""
    calls, seen = segment.last + 1 - segment.first, count(bad, segment.first, segment.last + 1)
    part = bad[segment.first : segment.last + 1]
    inner = [
        each
        for each in _found(part, _Score.of(n, seen / calls, incident), segment.first)
        if count(bad, each.first, each.last + 1) >= incident * (each.last + 1 - each.first)
    ]
    held = sum(count(bad, each.first, each.last + 1) for each in inner)
    covered = sum(each.last + 1 - each.first for each in inner)
    severe = seen >= incident * calls
    mild_rest = covered <= _LARGE_PART * calls and seen - held < _MILD * incident * (calls - covered)
    if not inner or (severe and not mild_rest):
        return [segment]
    edges = [
        segment.first,
        *(edge for each in inner for edge in (each.first, each.last + 1)),
        segment.last + 1,
    ]
    rest = [Segment(a, b - 1) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
    return sorted([*inner, *(r for r in rest if count(bad, r.first, r.last + 1) >= LEAST_BAD_CALLS)])


def _beside_holes(bad: Column, segment: Segment, after: list[int], score: _Score) -> list[Segment]:
    if not after:
        return [segment]
    edges = [segment.first, *after, segment.last + 1]
    return [part for a, b in pairwise(edges) for part in _found(bad[a:b], score, a)]


def merged(
    segments: Sequence[Segment],
    start: Column,
    duration: Column | None = None,
    still: Callable[[Segment], bool] = lambda _: True,
) -> list[Segment]:
    """Join segments that overlap, or that are parts of one flapping incident.

    Two are one when the gap is at most 0.1 × the longer of them, or short in itself (under a minute or 150
    calls) and at most 1.5 × the shorter; 2.5 × where it is under a minute, since a breaker has no time to
    act between such. One that the log cuts off may have been as long as the other. A gap hardly longer than
    those before it continues the same flapping, however short its last part is.

    Args:
        segments: the parts.
        start: nanoseconds.
        duration: nanoseconds; see `holes`.
        still: whether two that do not overlap would be one, of the stretch that they would make.
    """
    joined: list[Segment] = []
    within: list[list[float]] = []  # the gaps in each
    for segment in sorted(segments):
        current, gaps = segment, list[float]()
        while joined and _belong(joined[-1], current, start, duration, within[-1]):
            whole = Segment(joined[-1].first, max(joined[-1].last, current.last))
            gap = float(start[current.first] - start[joined[-1].last])
            if current.first > joined[-1].last and not still(whole):
                break
            joined.pop()
            gaps = [*within.pop(), *([gap] if gap > 0 else ()), *gaps]
            current = whole
        joined.append(current)
        within.append(gaps)
    return joined


def overlapping(segments: Sequence[Segment]) -> list[Segment]:
    """Join segments that share calls."""
    joined: list[Segment] = []
    for segment in sorted(segments):
        if joined and segment.first <= joined[-1].last:
            joined[-1] = Segment(joined[-1].first, max(joined[-1].last, segment.last))
        else:
            joined.append(segment)
    return joined


def _belong(
    before: Segment, after: Segment, start: Column, duration: Column | None, gaps: Sequence[float]
) -> bool:
    if after.first <= before.last:
        return True
    gap = start[after.first] - start[before.last]
    if gaps and gap <= (_MORE_OF_IT if len(gaps) > 1 else _AS_BEFORE) * median(gaps):
        return True
    shorter, longer = sorted((before, after), key=lambda s: int(start[s.last] - start[s.first]))
    length = int(start[longer.last] - start[longer.first])
    if gap <= 0.1 * length:
        return True
    if gap >= _FLAP and after.first - before.last >= _FLAP_CALLS:
        return False
    patience = 2.5 if gap < _FLAP else 1.5
    if gap > patience * length:
        return False
    known = int(start[shorter.last] - start[shorter.first])
    return bool(gap <= patience * known) or cut_short(start, shorter, duration)


def _walk(bad: Column, gain: float, loss: float, height: float) -> tuple[list[int], list[int]]:
    """Return the first and last calls of the sum's excursions; of `bad`, one piece is in memory at a time."""
    n = len(bad)
    first: list[int] = []
    last: list[int] = []
    sums, places = np.zeros(2), np.array([0, 0, -1], np.int64)
    while places[0] < n:
        at = int(places[0])  # an excursion that ends goes back to its peak, which may be in an earlier piece
        began, ended = _cusum(bad[at : min(at + PIECE, n)], at, gain, loss, height, sums, places)
        first += began.tolist()
        last += ended.tolist()
    if sums[1] >= height:
        first.append(int(places[1]))
        last.append(int(places[2]))
    return first, last


@compiled()
def _cusum(  # noqa: PLR0917  # compiled code takes arrays one by one
    bad: NDArray[np.bool_],
    at: int,
    gain: float,
    loss: float,
    height: float,
    sums: NDArray[np.float64],
    places: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Walk over the calls from `at` on, or up to an excursion's peak before them.

    Args:
        bad: which of them are bad.
        at: the first of them.
        gain: what a bad call adds.
        loss: what a good one takes off.
        height: from which on an excursion counts, and by which it must fall.
        sums: the sum and its peak; filled in.
        places: the next call, where the excursion began, and where its peak is; filled in.
    """
    n = len(bad)
    first = np.empty(n // 2 + 1, np.int64)
    last = np.empty(n // 2 + 1, np.int64)
    found = 0
    total, peak = sums
    i, begin, peak_at = places
    while at <= i < at + n:
        if total == 0.0:
            begin = i
        total = max(0.0, total + (gain if bad[i - at] else -loss))
        if total > peak:
            peak, peak_at = total, i
        if peak >= height and (total < peak - height or total == 0.0):
            first[found], last[found] = begin, peak_at
            found += 1
            i = peak_at  # what came after the peak may hold the next segment
            total, peak = 0.0, 0.0
        elif total == 0.0:
            peak = 0.0
        i += 1
    sums[0], sums[1] = total, peak
    places[0], places[1], places[2] = i, begin, peak_at
    return first[:found], last[:found]
