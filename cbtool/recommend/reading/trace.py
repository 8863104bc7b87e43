"""The calls that count, as the few columns that the method reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.traffic.calls import Calls

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Trace:
    """Calls in the order of their starts, ignored ones left out; arrays of length n.

    Attributes:
        start: int64 nanoseconds from the log's first call.
        duration: int64 nanoseconds; 0 where unknown.
        failed: bool, by the outcome rules.
        knows_durations: whether durations mean anything.
    """

    start: NDArray[np.int64]
    duration: NDArray[np.int64]
    failed: NDArray[np.bool_]
    knows_durations: bool

    def __len__(self) -> int:
        return len(self.start)

    @property
    def span(self) -> float:
        """Seconds from the first start to the last."""
        return float(self.start[-1] - self.start[0]) / 1e9 if len(self) else 0.0

    @property
    def failure_rate(self) -> float:
        """Share of the calls that failed, 0 to 1."""
        return float(self.failed.mean()) if len(self) else 0.0

    def take(self, keep: NDArray[np.bool_]) -> Trace:
        """Return the calls that the mask keeps, at their own times."""
        return replace(self, start=self.start[keep], duration=self.duration[keep], failed=self.failed[keep])

    def slower_than(self, seconds: float) -> NDArray[np.bool_]:
        """Return which calls took longer."""
        return np.asarray(self.duration > round(seconds * 1e9))

    def bad(self, slow_from: float | None) -> NDArray[np.bool_]:
        """Return which calls failed or took longer; None: durations say nothing."""
        return self.failed if slow_from is None else self.failed | self.slower_than(slow_from)

    def calls(self) -> Calls:
        """Return the same calls in the shape that the simulator takes; times count from 0."""
        first = self.start[0] if len(self) else 0
        return Calls(
            start_ns=self.start - first,
            duration_ns=self.duration,
            status=np.where(self.failed, 503, 200).astype(np.int16),
            error=np.zeros(len(self), np.uint8),
        )

    def verdicts(self) -> NDArray[np.uint8]:
        """Return each call's `Verdict`."""
        return self.failed.astype(np.uint8) * np.uint8(Verdict.FAILURE)


def trace_of(calls: Calls, verdicts: NDArray[np.uint8]) -> Trace:
    """Return the calls that count, by the outcome rules' verdicts."""
    counted = verdicts != Verdict.IGNORED
    return Trace(
        start=calls.start_ns[counted],
        duration=np.maximum(calls.duration_ns[counted], 0),
        failed=verdicts[counted] == Verdict.FAILURE,
        knows_durations=calls.knows_durations,
    )
