"""What a breaker's window saw: the highest rates among the windows that both gates let it judge.

Where such a rate reaches its threshold, a closed breaker opens. Nothing is refused here: it is the traffic
as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker import WindowType
from cbtool.breaker.outcome import Verdict
from cbtool.report.series.numbers import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.report.series.bins import Bins
    from cbtool.traffic.calls import Calls


@dataclass(frozen=True, slots=True)
class WindowSeries:
    """By bin, in which a window counts where its last call completed; NaN where no window was judged.

    Attributes:
        failed: the highest failure rate, percent.
        slow: the highest slow-call rate, percent; None where nothing is slow.
    """

    failed: NDArray[np.float64]
    slow: NDArray[np.float64] | None

    def to_json(self) -> dict[str, Any]:
        """Return the columns as plain numbers."""
        return {
            "window_failure_rate": plain(self.failed),
            "window_slow_call_rate": None if self.slow is None else plain(self.slow),
        }


def window_series(
    calls: Calls,
    verdicts: NDArray[np.uint8],
    config: BreakerConfig,
    bins: Bins,
    *,
    which: NDArray[np.int32],
) -> WindowSeries | None:
    """Return what the breakers' windows saw; None for windows that hold no rate.

    Args:
        calls: n calls.
        verdicts: uint8, n values of `Verdict`.
        config: the window, the gates, and which calls are slow.
        bins: over the calls' span.
        which: int32, at least n numbers of breakers: whose window each call counts in.
    """
    if config.sliding_window_type is WindowType.CONSECUTIVE:
        return None
    counted = np.flatnonzero(verdicts != Verdict.IGNORED)
    end = calls.end_ns[counted]
    breaker = which[counted]
    order = np.lexsort((end, breaker)) if breaker.any() else np.argsort(end, kind="stable")
    chosen, end, breaker = counted[order], end[order], breaker[order]
    first = _first_in_window(end, breaker, config)
    held = np.arange(1, len(end) + 1) - first
    enough = held >= config.minimum_calls
    index = bins.index(end / 1e9)

    def highest(bad: NDArray[np.bool_]) -> NDArray[np.float64]:
        total = np.concatenate(([0], np.cumsum(bad)))
        inside = total[1:] - total[first]
        judged = enough & (inside >= config.minimum_number_of_errors)
        most = np.full(bins.count, -np.inf)
        np.maximum.at(most, index[judged], 100.0 * inside[judged] / held[judged])
        return np.where(np.isfinite(most), most, np.nan)

    slow = None
    if config.slow_call_duration_threshold is not None and calls.knows_durations:
        slow = calls.duration_ns[chosen] > round(config.slow_call_duration_threshold * 1e9)
    failed = verdicts[chosen] == Verdict.FAILURE
    return WindowSeries(highest(failed), None if slow is None else highest(slow))


def _first_in_window(
    end: NDArray[np.int64], breaker: NDArray[np.int32], config: BreakerConfig
) -> NDArray[np.int64]:
    """Return, for the window that each call completes, the index of the first call in it.

    Args:
        end: int64, nanoseconds, ascending within each breaker.
        breaker: which one has each call; ascending.
        config: says what the window is.
    """
    place = np.arange(len(end))
    own = np.searchsorted(breaker, breaker, side="left")  # where the breaker's calls begin
    if config.sliding_window_type is WindowType.COUNT:
        return np.maximum(place + 1 - int(config.window_size), own)
    window = round(config.window_size * 1e9)
    apart = int(end.max(initial=0)) + window + 1  # puts each breaker's calls out of the others' reach
    key = end + breaker.astype(np.int64) * apart
    # A call is forgotten exactly when the window's length has passed.
    return np.maximum(np.searchsorted(key, key - window, side="right"), own)
