"""Traffic over time: calls a second, and which shares of them failed or were slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.report.series.numbers import plain, rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.report.series.along import Along
    from cbtool.report.series.bins import Bins

_STRETCHES = (1.0, 10.0, 60.0, 600.0, 3600.0)  # seconds
_A_FEW = 5  # calls; the busiest stretch of one call says nothing
_MOST_STRETCHES = 4_000_000


@dataclass(frozen=True, slots=True)
class TrafficSeries:
    """By bin, in which a call counts where it started; arrays as long as there are bins, NaN for no value.

    Attributes:
        calls: calls a second, ignored ones included.
        busiest: calls a second in the bin's busiest stretch of `over`.
        over: seconds, so long that it holds a few calls; at most a bin.
        failed: percent of the counted calls that failed.
        slow: percent of them that were slow; None where nothing says which are.
    """

    calls: NDArray[np.float64]
    busiest: NDArray[np.float64]
    over: float
    failed: NDArray[np.float64]
    slow: NDArray[np.float64] | None

    def to_json(self) -> dict[str, Any]:
        """Return the columns as plain numbers."""
        return {
            "calls_per_s": plain(self.calls),
            "busiest_per_s": plain(self.busiest),
            "busiest_over_s": rounded(self.over),
            "failure_rate": plain(self.failed),
            "slow_call_rate": None if self.slow is None else plain(self.slow),
        }


def traffic_series(along: Along, bins: Bins, *, slow_above: float | None) -> TrafficSeries:
    """Return traffic by bin.

    Args:
        along: the traffic.
        bins: over the calls' span.
        slow_above: seconds; None: nothing is slow.
    """
    limit = None
    if slow_above is not None and along.calls.knows_durations:
        limit = round(slow_above * 1e9)
    stretch = _stretch(len(along.calls), bins)
    busy = np.zeros(int(along.calls.span / stretch) + 1, np.int64)
    calls, whole, failed, slow = (np.zeros(bins.count, np.int64) for _ in range(4))
    for piece in along.pieces():
        seconds = piece.calls.start_ns / 1e9
        index = bins.index(seconds)
        counted = piece.verdicts != Verdict.IGNORED
        mine = index[counted]
        calls += np.bincount(index, minlength=bins.count)
        whole += np.bincount(mine, minlength=bins.count)
        bad = piece.verdicts[counted] == Verdict.FAILURE
        failed += np.bincount(mine[bad], minlength=bins.count)
        if limit is not None:
            late = piece.calls.duration_ns[counted] > limit
            slow += np.bincount(mine[late], minlength=bins.count)
        busy += np.bincount((seconds / stretch).astype(np.int64), minlength=len(busy))
    return TrafficSeries(
        calls=calls / np.diff(bins.edges),
        busiest=_busiest(busy, bins, stretch),
        over=stretch,
        failed=_percent(failed, whole),
        slow=None if limit is None else _percent(slow, whole),
    )


def _percent(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(whole > 0, 100.0 * part / np.maximum(whole, 1), np.nan)


def _stretch(calls: int, bins: Bins) -> float:
    """Return the seconds of the stretches among which a bin's busiest one is sought."""
    rate = calls / bins.end
    wanted = next((each for each in _STRETCHES if each * rate >= _A_FEW), bins.width)
    pieces = max(1, min(round(bins.width / wanted), _MOST_STRETCHES // bins.count))
    return bins.width / pieces


def _busiest(counts: NDArray[np.int64], bins: Bins, stretch: float) -> NDArray[np.float64]:
    """Return the most calls a second in any of a bin's stretches, each of which has so many calls."""
    most = np.zeros(bins.count)
    np.maximum.at(
        most, bins.index(np.asarray((np.arange(len(counts)) + 0.5) * stretch, np.float64)), counts / stretch
    )
    return most
