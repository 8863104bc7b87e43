"""A `Trace` of more calls than fit in memory: the same columns, on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.recommend.reading.trace import trace_of
from cbtool.scratch import Scratch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.calls import Calls


class LongTrace:
    """Calls that count, in the order of their starts; see `columns.TraceColumns`. Filled part by part.

    Attributes:
        knows_durations: whether durations mean anything.
    """

    def __init__(self) -> None:
        self.start = Scratch(np.int64)
        self.duration = Scratch(np.int64)
        self.failed = Scratch(np.bool_)
        self.knows_durations = False

    def append(self, calls: Calls, verdicts: NDArray[np.uint8]) -> None:
        """Add calls that start no earlier than those before.

        Args:
            calls: n calls.
            verdicts: uint8, n values of `Verdict`.
        """
        part = trace_of(calls, verdicts)
        self.add(part.start, part.duration, part.failed, knows_durations=calls.knows_durations)

    def add(
        self,
        start: NDArray[np.int64],
        duration: NDArray[np.int64],
        failed: NDArray[np.bool_],
        *,
        knows_durations: bool,
    ) -> None:
        """Add calls that all count; arrays as a `Trace` has them."""
        self.start.append(start)
        self.duration.append(duration)
        self.failed.append(failed)
        self.knows_durations = self.knows_durations or knows_durations

    def __len__(self) -> int:
        return len(self.start)

    @property
    def span(self) -> float:
        """Seconds from the first start to the last."""
        return float(self.start[len(self) - 1] - self.start[0]) / 1e9 if len(self) else 0.0

    def slower_than(self, seconds: float) -> Slower:
        """Return which calls took longer."""
        return Slower(self.duration, round(seconds * 1e9))

    def close(self) -> None:
        """Give the disk's room back."""
        for column in (self.start, self.duration, self.failed):
            column.close()


class Slower:
    """Which durations are above a limit in nanoseconds: a column of Booleans."""

    def __init__(self, duration: Scratch, limit: int) -> None:
        self._duration = duration
        self._limit = limit

    def __len__(self) -> int:
        return len(self._duration)

    def __getitem__(self, where: slice) -> Any:
        return self._duration[where] > self._limit
