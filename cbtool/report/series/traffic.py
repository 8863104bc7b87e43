"""Traffic over time: calls a second, and which shares of them failed or were slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.report.series.numbers import plain, rounded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.report.series.bins import Bins
    from cbtool.traffic.calls import Calls

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


def traffic_series(
    calls: Calls, verdicts: NDArray[np.uint8], bins: Bins, *, slow_above: float | None
) -> TrafficSeries:
    """Return the traffic by bin.

    Args:
        calls: n calls.
        verdicts: uint8, n values of `Verdict`.
        bins: over the calls' span.
        slow_above: seconds; None: nothing is slow.
    """
    seconds = calls.start_ns / 1e9
    index = bins.index(seconds)
    counted = verdicts != Verdict.IGNORED
    mine = index[counted]
    whole = np.bincount(mine, minlength=bins.count)
    slow = None
    if slow_above is not None and calls.knows_durations:
        slow = calls.duration_ns[counted] > round(slow_above * 1e9)
    failed = verdicts[counted] == Verdict.FAILURE
    stretch = _stretch(len(calls), bins)
    return TrafficSeries(
        calls=np.bincount(index, minlength=bins.count) / np.diff(bins.edges),
        busiest=_busiest(seconds, bins, stretch),
        over=stretch,
        failed=_percent(mine, failed, whole),
        slow=None if slow is None else _percent(mine, slow, whole),
    )


def _percent(
    index: NDArray[np.int64], bad: NDArray[np.bool_], whole: NDArray[np.int64]
) -> NDArray[np.float64]:
    part = np.bincount(index[bad], minlength=len(whole))
    return np.where(whole > 0, 100.0 * part / np.maximum(whole, 1), np.nan)


def _stretch(calls: int, bins: Bins) -> float:
    """Return the seconds of the stretches among which a bin's busiest one is sought."""
    rate = calls / bins.end
    wanted = next((each for each in _STRETCHES if each * rate >= _A_FEW), bins.width)
    pieces = max(1, min(round(bins.width / wanted), _MOST_STRETCHES // bins.count))
    return bins.width / pieces


def _busiest(seconds: NDArray[np.float64], bins: Bins, stretch: float) -> NDArray[np.float64]:
    """Return the most calls a second in any of a bin's stretches."""
    counts = np.bincount((seconds / stretch).astype(np.int64))
    most = np.zeros(bins.count)
    np.maximum.at(
        most, bins.index(np.asarray((np.arange(len(counts)) + 0.5) * stretch, np.float64)), counts / stretch
    )
    return most
