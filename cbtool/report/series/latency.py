"""How long calls took: a histogram over logarithmic bins, and percentiles, of good and of failed calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.report.series.numbers import plain, rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.calls import Calls

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


def latency_series(
    calls: Calls, verdicts: NDArray[np.uint8], *, slow_above: float | None
) -> LatencySeries | None:
    """Return how long the counted calls took; None where durations are unknown or all zero.

    Args:
        calls: n calls.
        verdicts: uint8, n values of `Verdict`.
        slow_above: seconds; None: nothing is slow.
    """
    known = (verdicts != Verdict.IGNORED) & (calls.duration_ns >= 0)
    durations = calls.duration_ns[known] / 1e9
    if not len(durations) or durations.max() <= 0:
        return None
    failed = verdicts[known] == Verdict.FAILURE
    good, bad = durations[~failed], durations[failed]
    edges = _edges(max(float(durations.min()), _SHORTEST), float(durations.max()))
    slower = 100.0 * float((good > slow_above).mean()) if slow_above is not None and len(good) else None
    return LatencySeries(edges, _counts(good, edges), _counts(bad, edges), _at(good), _at(bad), slower)


def _edges(least: float, most: float) -> NDArray[np.float64]:
    """Return the bins' edges, over a decade at least."""
    top = np.ceil(np.log10(most) * _A_DECADE + 1e-9)
    bottom = max(np.floor(np.log10(least) * _A_DECADE + 1e-9), top - _MOST_DECADES * _A_DECADE)
    missing = max(0.0, _A_DECADE - (top - bottom))
    bottom, top = bottom - missing // 2, top + (missing + 1) // 2
    return np.asarray(10.0 ** (np.arange(bottom, top + 1) / _A_DECADE))


def _counts(durations: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    index = np.clip(np.searchsorted(edges, durations, side="right") - 1, 0, len(edges) - 2)
    return np.bincount(index, minlength=len(edges) - 1)


def _at(durations: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(v) for v in np.percentile(durations, PERCENTILES)) if len(durations) else ()
