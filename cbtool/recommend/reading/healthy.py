"""What is normal: the healthy latency and the healthy failure rate, read past any incident in the log."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.recommend.reading.columns import count, even, pieces, quantile, regrouped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cbtool.recommend.reading.columns import Column, TraceColumns

_LATENCY_BLOCKS = 400
_RATE_BLOCKS = 40
_CALLS_A_BLOCK = 25  # fewer, and a block's p90 is noise
_CALLS_A_RATE_BLOCK = 100  # fewer, and the best half of the blocks happen to have no failure


def healthy_p99(trace: TraceColumns) -> float | None:
    """Return the 99th percentile of the healthy calls' durations, in seconds.

    Successful calls are cut into blocks of equal count; the blocks whose median and p90 are near the
    40 % quantile of all blocks' are healthy, so an incident in up to half of the log is left out.

    Returns:
        The duration; None where durations are unknown, all zero, or no call succeeded.
    """
    succeeded = len(trace) - count(trace.failed)
    if not trace.knows_durations or not succeeded:
        return None
    sizes = even(succeeded, _block_count(succeeded, _LATENCY_BLOCKS, _CALLS_A_BLOCK))
    medians, tails = np.array(
        [np.quantile(block, (0.5, 0.9)) for block in regrouped(_durations(trace), sizes)]
    ).T
    usual = (medians <= 1.6 * np.quantile(medians, 0.4)) & (tails <= 2.0 * np.quantile(tails, 0.4))
    healthy = (block for block, keep in zip(regrouped(_durations(trace), sizes), usual, strict=True) if keep)
    p99 = quantile(healthy, int(np.array(sizes)[usual].sum()), 0.99) / 1e9
    return p99 if p99 > 0 else None


def _durations(trace: TraceColumns) -> Iterator[NDArray[Any]]:
    """Yield how long the successful calls took."""
    for duration, failed in pieces(trace.duration, trace.failed):
        yield duration[~failed]


def best_half_failure_rate(failed: Column) -> float:
    """Return the failure rate, 0 to 1, over the better half of the log; never below 0.5/n.

    A first guess that incidents in the other half cannot spoil; n is the length of `failed`.
    """
    n = len(failed)
    bounds = np.cumsum([0, *even(n, _block_count(n, _RATE_BLOCKS, _CALLS_A_RATE_BLOCK))]).tolist()
    blocks = pairwise(bounds)
    rates = np.sort([count(failed, first, behind) / max(behind - first, 1) for first, behind in blocks])
    best = rates[: max(1, len(rates) // 2)]
    return max(float(best.mean()), 0.5 / max(n, 1))


def _block_count(n: int, most: int, calls: int) -> int:
    return max(1, min(most, n // calls))
