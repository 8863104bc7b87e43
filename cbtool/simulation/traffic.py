"""The traffic of one breaker: its calls' starts and results in the order in which they happen.

At one instant completions come before starts, and equal completions in call order; a call that takes no
time completes before the next call of its instant starts. The order does not depend on the breaker: a
refused call's completion is just skipped. So it is computed once and shared by all configurations.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.breaker import Outcome, Verdict
from cbtool.breaker.outcome import ignored_succeed
from cbtool.units import to_ns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig


class Results(NamedTuple):
    """What the completions of a traffic count as.

    Attributes:
        outcomes: uint8, by completion: an `Outcome`.
        sums: int32, (n + 1, 4): of those before each completion, and of all, how many are not ignored,
            failed and slow. The fourth column is empty: a row is read at once, and so never crosses a line
            of the cache.
    """

    outcomes: NDArray[np.uint8]
    sums: NDArray[np.int32]


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
        settled: int32, by call, and one for the end: the completion from which on all are of calls that did
            not start before this one.
    """

    start_ns: NDArray[np.int64]
    duration_ns: NDArray[np.int64]
    verdicts: NDArray[np.uint8]
    call_of: NDArray[np.int32]
    end_ns: NDArray[np.int64]
    started: NDArray[np.int32]
    settled: NDArray[np.int32]
    _results: dict[float | None, Results] = field(default_factory=dict, repr=False)
    _seen: dict[tuple[float | None, bool], Traffic] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.start_ns)

    @property
    def end(self) -> int:
        """Nanoseconds at which the last call has completed; 0 without calls."""
        return int(self.end_ns[-1]) if len(self) else 0

    def results(self, slow_threshold: float | None) -> Results:
        """Return what the calls' completions count as; computed once for each threshold (seconds)."""
        if slow_threshold not in self._results:
            outcomes = outcomes_of(self.duration_ns, self.verdicts, slow_threshold)[self.call_of]
            self._results[slow_threshold] = Results(outcomes, _sums(outcomes))
        return self._results[slow_threshold]

    def forget_results(self) -> None:
        """Give the memory of all results back."""
        self._results.clear()

    def seen_by(self, config: BreakerConfig) -> Traffic:
        """Return the traffic as a breaker sees it.

        Its library may give up calls that take too long, or take an ignored result for a success.
        """
        key = (config.dialect.call_timeout(config), ignored_succeed(config.policies))
        if key == (None, False):
            return self
        if key not in self._seen:
            self._seen[key] = self.viewed(*key)
        return self._seen[key]

    def viewed(self, timeout: float | None, ignored_succeed: bool) -> Traffic:
        """Return the traffic with calls given up after `timeout` seconds, and ignored ones as successes."""
        verdicts = self.verdicts
        if ignored_succeed:
            verdicts = np.where(verdicts == Verdict.IGNORED, np.uint8(Verdict.SUCCESS), verdicts)
        traffic = replace(self, verdicts=verdicts, _results={}, _seen={})
        return traffic if timeout is None else timed_out(traffic, to_ns(timeout))


def timed_out(traffic: Traffic, limit: int) -> Traffic:
    """Return a traffic whose calls fail when they have lasted `limit` nanoseconds, before others then end."""
    late = traffic.duration_ns >= limit
    verdicts = np.where(late, np.uint8(Verdict.FAILURE), traffic.verdicts)
    return traffic_of(traffic.start_ns, np.minimum(traffic.duration_ns, limit), verdicts, first=late)


def traffic_of(
    start_ns: NDArray[np.int64],
    duration_ns: NDArray[np.int64],
    verdicts: NDArray[np.uint8],
    *,
    first: NDArray[np.bool_] | None = None,
) -> Traffic:
    """Return one breaker's traffic; a call of unknown duration takes no time.

    Args:
        start_ns: n starts, never decreasing.
        duration_ns: n durations, negative where unknown.
        verdicts: n values of `Verdict`.
        first: which calls end before all others that end at the same time; None: none does.
    """
    start = np.array(start_ns, dtype=np.int64)
    duration = np.maximum(duration_ns, 0).astype(np.int64)
    end = start + duration
    instant = duration == 0
    # One key sorts by time, then calls that take no time after those that end; a stable sort does the rest.
    order = np.argsort(end * 2 + instant, kind="stable")
    if first is not None:
        order = np.lexsort((2 * instant - first, end))
    end = end[order]
    started = np.where(instant[order], order + 1, np.searchsorted(start, end, side="left"))
    settled = np.zeros(len(order) + 1, np.int32)
    settled[1:][order] = np.arange(1, len(order) + 1)
    return Traffic(
        start_ns=start,
        duration_ns=duration,
        verdicts=np.array(verdicts, dtype=np.uint8),
        call_of=order.astype(np.int32),
        end_ns=end,
        started=started.astype(np.int32),
        settled=np.maximum.accumulate(settled),
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


def _sums(outcomes: NDArray[np.uint8]) -> NDArray[np.int32]:
    counted = outcomes != Outcome.IGNORED
    sums = np.zeros((len(outcomes) + 1, 4), np.int32)
    for column, flags in enumerate((counted, counted & outcomes & 1, counted & (outcomes >> 1))):
        np.cumsum(flags, out=sums[1:, column])
    return sums
