"""The traffic of one breaker: its calls' starts and results in the order in which they happen.

At one instant completions come before starts, and equal completions in call order; a call that takes no
time completes before the next call of its instant starts. The order does not depend on the breaker: a
refused call's completion is just skipped. So it is computed once and shared by all configurations.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import Outcome, Verdict

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Traffic:
    """One breaker's calls, one array an attribute, all of length n.

    Attributes:
        start_ns: int64, by call: when it starts; never decreasing.
        duration_ns: int64, by call; 0 where unknown.
        verdicts: uint8, by call: a `Verdict`.
        call_of: int32, by completion: which call.
        end_ns: int64, by completion: when; never decreasing.
        started: int32, by completion: how many calls have started before it.
    """

    start_ns: NDArray[np.int64]
    duration_ns: NDArray[np.int64]
    verdicts: NDArray[np.uint8]
    call_of: NDArray[np.int32]
    end_ns: NDArray[np.int64]
    started: NDArray[np.int32]
    _outcomes: dict[float | None, NDArray[np.uint8]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.start_ns)

    @property
    def end(self) -> int:
        """Nanoseconds at which the last call has completed; 0 without calls."""
        return int(self.end_ns[-1]) if len(self) else 0

    def outcomes(self, slow_threshold: float | None) -> NDArray[np.uint8]:
        """Return the `Outcome`s, uint8, by completion; computed once for each threshold (seconds)."""
        if slow_threshold not in self._outcomes:
            outcomes = outcomes_of(self.duration_ns, self.verdicts, slow_threshold)
            self._outcomes[slow_threshold] = outcomes[self.call_of]
        return self._outcomes[slow_threshold]


def traffic_of(
    start_ns: NDArray[np.int64], duration_ns: NDArray[np.int64], verdicts: NDArray[np.uint8]
) -> Traffic:
    """Return one breaker's traffic; a call of unknown duration takes no time.

    Args:
        start_ns: n starts, never decreasing.
        duration_ns: n durations, negative where unknown.
        verdicts: n values of `Verdict`.
    """
    start = np.array(start_ns, dtype=np.int64)
    duration = np.maximum(duration_ns, 0).astype(np.int64)
    end = start + duration
    instant = duration == 0
    # One key sorts by time, then calls that take no time after those that end; a stable sort does the rest.
    order = np.argsort(end * 2 + instant, kind="stable")
    end = end[order]
    started = np.where(instant[order], order + 1, np.searchsorted(start, end, side="left"))
    return Traffic(
        start_ns=start,
        duration_ns=duration,
        verdicts=np.array(verdicts, dtype=np.uint8),
        call_of=order.astype(np.int32),
        end_ns=end,
        started=started.astype(np.int32),
    )


def outcomes_of(
    duration_ns: NDArray[np.int64], verdicts: NDArray[np.uint8], slow_threshold: float | None
) -> NDArray[np.uint8]:
    """Return `cbtool.breaker.outcome.outcome_of` of many calls: uint8 values of `Outcome`."""
    outcomes: NDArray[np.uint8] = (verdicts == Verdict.FAILURE).astype(np.uint8)
    if slow_threshold is not None:
        outcomes |= (duration_ns / 1e9 > slow_threshold).astype(np.uint8) << 1
    outcomes[verdicts == Verdict.IGNORED] = Outcome.IGNORED
    return outcomes
