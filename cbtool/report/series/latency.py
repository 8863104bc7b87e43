"""How long calls took: a histogram over logarithmic bins, and percentiles, of good and of failed calls."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.report.series.numbers import plain, rounded
from cbtool.report.series.ranks import percentiles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from cbtool.report.series.along import Along

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9, 100.0)
_A_DECADE = 10  # bins
_MOST_DECADES = 8
_SHORTEST = 1e-6  # seconds; whatever is below counts to the first bin


@dataclass(frozen=True, slots=True)
class LatencySeries:
    """Durations in seconds; bin i covers [edges[i], edges[i + 1]).

    Attributes:
        edges: one more than there are bins.
        succeeded: calls by bin.
        failed: calls by bin.
        succeeded_at: the successful calls' `PERCENTILES`; empty where none succeeded.
        failed_at: the failed calls'.
        slower: percent of the successful calls that took longer than the slow threshold; None without one.
    """

    edges: NDArray[np.float64]
    succeeded: NDArray[np.int64]
    failed: NDArray[np.int64]
    succeeded_at: tuple[float, ...]
    failed_at: tuple[float, ...]
    slower: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the columns as plain numbers."""
        return {
            "edges_s": plain(self.edges),
            "succeeded": self.succeeded.tolist(),
            "failed": self.failed.tolist(),
            "percentiles": list(PERCENTILES),
            "succeeded_s": plain(self.succeeded_at),
            "failed_s": plain(self.failed_at),
            "slower_percent": None if self.slower is None else rounded(self.slower),
        }


def latency_series(along: Along, *, slow_above: float | None) -> LatencySeries | None:
    """Return how long the counted calls took; None where durations are unknown or all zero.

    Args:
        along: the traffic.
        slow_above: seconds; None: nothing is slow.
    """

    def durations(*, bad: bool) -> Iterator[NDArray[np.int64]]:
        for piece in along.pieces():
            known = (piece.verdicts != Verdict.IGNORED) & (piece.calls.duration_ns >= 0)
            yield piece.calls.duration_ns[known & ((piece.verdicts == Verdict.FAILURE) == bad)]

    good, bad = (partial(durations, bad=bad) for bad in (False, True))
    ends = [_extent(each()) for each in (good, bad)]
    n = [count for count, _, _ in ends]
    if not any(n) or max(most for _, _, most in ends) <= 0:
        return None
    least = min(least for count, least, _ in ends if count)
    edges = _edges(max(least / 1e9, _SHORTEST), max(most for _, _, most in ends) / 1e9)
    slower = None
    if slow_above is not None and n[0]:
        slow = sum(int(np.count_nonzero(each / 1e9 > slow_above)) for each in good())
        slower = 100.0 * float(np.float64(slow) / n[0])
    at = [
        percentiles(each, count, most, PERCENTILES, 1e9)
        for each, (count, _, most) in zip((good, bad), ends, strict=True)
    ]
    return LatencySeries(edges, _counts(good(), edges), _counts(bad(), edges), at[0], at[1], slower)


def _extent(pieces: Iterable[NDArray[np.int64]]) -> tuple[int, int, int]:
    """Return how many durations there are, the shortest and the longest."""
    n, least, most = 0, np.iinfo(np.int64).max, 0
    for piece in pieces:
        if len(piece):
            n, least, most = n + len(piece), min(least, int(piece.min())), max(most, int(piece.max()))
    return n, least, most


def _edges(least: float, most: float) -> NDArray[np.float64]:
    """Return the bins' edges, over a decade at least."""
    top = np.ceil(np.log10(most) * _A_DECADE + 1e-9)
    bottom = max(np.floor(np.log10(least) * _A_DECADE + 1e-9), top - _MOST_DECADES * _A_DECADE)
    missing = max(0.0, _A_DECADE - (top - bottom))
    bottom, top = bottom - missing // 2, top + (missing + 1) // 2
    return np.asarray(10.0 ** (np.arange(bottom, top + 1) / _A_DECADE))


def _counts(pieces: Iterable[NDArray[np.int64]], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    counts = np.zeros(len(edges) - 1, np.int64)
    for piece in pieces:
        index = np.clip(np.searchsorted(edges, piece / 1e9, side="right") - 1, 0, len(edges) - 2)
        counts += np.bincount(index, minlength=len(edges) - 1)
    return counts
