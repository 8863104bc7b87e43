"""Bad stretches without labels: a CUSUM of per-call log-likelihood ratios, cut by an X-drop.

Each bad call scores ln(p1/p0), each good one −ln((1−p0)/(1−p1)) (Page 1954; Wald 1947). A segment runs
from the sum's last zero to its peak, and ends once the sum has fallen `height` below that peak (the
X-drop of BLAST; plain maximal segments join two outages across an hour of health). The height ln(n) + 3
leaves about e^−3 segments by chance a log (Karlin and Altschul 1990). It counts calls, so it needs no bin
width: 0.05/s and 500/s are the same to it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_LEAST_BAD_CALLS = 4
_FLAP = 60 * 10**9  # nanoseconds
_HIGHEST_BASELINE = 0.12
"""Above this, calm can't be told from a 20 % incident; a log that is worse throughout is one incident."""


class Segment(NamedTuple):
    """Calls `first` to `last`, both included, by their index in the order of starts."""

    first: int
    last: int


def bad_segments(bad: NDArray[np.bool_], baseline: float, incident: float) -> list[Segment]:
    """Return the stretches in which calls are bad far more often than they should be.

    Args:
        bad: which calls are bad, in the order of their starts.
        baseline: the healthy share of bad calls.
        incident: the share from which a stretch is an incident.
    """
    n = len(bad)
    if not n or not bad.any():
        return []
    p0 = min(max(baseline, 0.5 / n), _HIGHEST_BASELINE, incident * 0.6)
    gain = math.log(incident / p0)
    loss = math.log((1 - p0) / (1 - incident))
    first, last = _cusum(bad, gain, loss, math.log(n) + 3.0)
    totals = np.concatenate(([0], np.cumsum(bad)))
    return [
        Segment(int(a), int(b))
        for a, b in zip(first, last, strict=True)
        if totals[b + 1] - totals[a] >= _LEAST_BAD_CALLS
    ]


def merged(segments: Sequence[Segment], start: NDArray[np.int64]) -> list[Segment]:
    """Join segments that overlap, or that are parts of one flapping incident.

    Two are one when the gap is at most 1.5 × the shorter or 0.1 × the longer of them; 2.5 × the shorter
    where the gap is under a minute, since a breaker has no time to act between such.
    """
    joined: list[Segment] = []
    for segment in sorted(segments):
        current = segment
        while joined and _belong(joined[-1], current, start):
            before = joined.pop()
            current = Segment(before.first, max(before.last, current.last))
        joined.append(current)
    return joined


def _belong(before: Segment, after: Segment, start: NDArray[np.int64]) -> bool:
    if after.first <= before.last:
        return True
    gap = start[after.first] - start[before.last]
    lengths = sorted(int(start[s.last] - start[s.first]) for s in (before, after))
    patience = 2.5 if gap < _FLAP else 1.5
    return bool(gap <= patience * lengths[0] or gap <= 0.1 * lengths[1])


@compiled()
def _cusum(
    bad: NDArray[np.bool_], gain: float, loss: float, height: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    n = len(bad)
    first = np.empty(n // 2 + 1, np.int64)
    last = np.empty(n // 2 + 1, np.int64)
    found = 0
    total, peak, begin, peak_at = 0.0, 0.0, 0, -1
    i = 0
    while i < n:
        if total == 0.0:
            begin = i
        total = max(0.0, total + (gain if bad[i] else -loss))
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
    if peak >= height:
        first[found], last[found] = begin, peak_at
        found += 1
    return first[:found], last[:found]
