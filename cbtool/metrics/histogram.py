"""Latencies in flat memory: an HDR histogram, fed in batches and read without walking it in Python."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from hdrh.histogram import HdrHistogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 3600.0
"""Seconds; a longer latency counts as this."""

PERCENTILES = (50.0, 90.0, 95.0, 99.0, 99.9)
_DIGITS = 3
_BATCH = 512  # a fold takes some 50 µs, so it never delays a due call by much


class LatencyHistogram:
    """Counts of latencies to three significant digits, from 1 µs to an hour.

    Recording costs an append. A batch is folded in when it is full, or before anything is read.
    """

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, round(LONGEST * 1e6), _DIGITS)
        self._pending: list[float] = []
        self._sum = 0.0
        self._least = math.inf
        self._most = 0.0

    def __len__(self) -> int:
        return int(self._histogram.get_total_count()) + len(self._pending)

    def record(self, seconds: float) -> None:
        """Count one latency; a negative one counts as 0."""
        self._pending.append(seconds)
        if len(self._pending) >= _BATCH:
            self._fold()

    def percentile(self, percent: float) -> float | None:
        """Return the latency in seconds that `percent` of the calls did not exceed; None without calls."""
        self._fold()
        total = self._histogram.get_total_count()
        if not total:
            return None
        if percent >= 100.0:
            return self._most
        reached = np.cumsum(np.frombuffer(self._histogram.counts, dtype=np.uint64))
        index = int(np.searchsorted(reached, max(1, math.ceil(total * percent / 100.0))))
        bucket = self._histogram.get_value_from_index(index)
        # A bucket stands for its upper end, but no answer lies beyond the slowest call.
        return min(float(self._histogram.get_highest_equivalent_value(bucket)) / 1e6, self._most)

    def percentiles(self) -> dict[str, float]:
        """Return `min`, `mean`, `p50`, `p90`, `p95`, `p99`, `p99.9`, `max`, in seconds.

        Empty without calls.
        """
        self._fold()
        count = self._histogram.get_total_count()
        if not count:
            return {}
        spread = {f"p{percent:g}": self.percentile(percent) or 0.0 for percent in PERCENTILES}
        return {"min": self._least, "mean": self._sum / count, **spread, "max": self._most}

    def _fold(self) -> None:
        if not self._pending:
            return
        values = np.clip(np.asarray(self._pending), 0.0, LONGEST)
        self._pending.clear()
        self._sum += float(values.sum())
        self._least = min(self._least, float(values.min()))
        self._most = max(self._most, float(values.max()))
        self._count(np.rint(values * 1e6).astype(np.int64))

    def _count(self, micros: NDArray[np.int64]) -> None:
        """Do what `HdrHistogram.record_value` does, for all values at once."""
        histogram = self._histogram
        magnitude = histogram.sub_bucket_half_count_magnitude
        # The bit length picks the bucket, the leading bits the place in it (HdrHistogram: countsArrayIndex).
        bits = np.frexp((micros | histogram.sub_bucket_mask).astype(np.float64))[1].astype(np.int64)
        bucket = bits - (magnitude + 1)
        index = ((bucket + 1) << magnitude) + (micros >> bucket) - histogram.sub_bucket_half_count
        np.add.at(np.frombuffer(histogram.counts, dtype=np.uint64), index, 1)
        histogram.total_count += len(micros)
        histogram.min_value = min(histogram.min_value, int(micros.min()))
        histogram.max_value = max(histogram.max_value, int(micros.max()))
