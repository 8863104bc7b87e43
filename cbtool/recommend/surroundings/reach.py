"""Reachability at the loads that were observed: from the quietest that one breaker saw to the busiest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.reach import Load, Reachability, reachability
from cbtool.breaker.reach.words import notes
from cbtool.recommend.reading.columns import count, pieces, quantile
from cbtool.recommend.reading.healthy import best_half_failure_rate
from cbtool.recommend.reading.regimes import load_regimes
from cbtool.recommend.reading.trace import trace_of
from cbtool.traffic.error_kind import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.breaker.config import BreakerConfig
    from cbtool.recommend.reading.columns import TraceColumns
    from cbtool.traffic.calls import Calls

_LEAST_CALLS = 20  # fewer say nothing of a load
_LEAST_TIMEOUTS = 5
_USUAL = 0.5


def observed(
    config: BreakerConfig, calls: Calls, verdicts: NDArray[np.uint8], *, instances: int = 1
) -> Reachability:
    """Return what can become of every rule at the loads of these calls.

    Args:
        config: one breaker's settings.
        calls: what was seen.
        verdicts: each call's `Verdict`.
        instances: breakers that share them.
    """
    return observed_along(config, trace_of(calls, verdicts), given_up(calls), instances=instances)


def observed_along(
    config: BreakerConfig, trace: TraceColumns, gave_up: NDArray[np.int64], *, instances: int = 1
) -> Reachability:
    """Return the same of a trace, which need not be in memory, and of what `given_up` says of its calls."""
    loads = loads_along(trace, gave_up, instances)
    return reachability(config, loads) if loads else Reachability(())


def given_up(calls: Calls) -> NDArray[np.int64]:
    """Return after how many nanoseconds calls were given up, of each of which it is known."""
    known: NDArray[np.bool_] = (calls.error == ErrorKind.TIMEOUT) & (calls.duration_ns > 0)
    return calls.duration_ns[known]


def loads_along(trace: TraceColumns, gave_up: NDArray[np.int64], instances: int) -> tuple[Load, ...]:
    """Return the quietest and the busiest load that one breaker saw; none where too little was seen."""
    if len(trace) < _LEAST_CALLS or not trace.span:
        return ()
    rates = [regime.rate for regime in load_regimes(trace, instances)]
    timeout = float(np.median(gave_up)) / 1e9 if len(gave_up) >= _LEAST_TIMEOUTS else None
    failed = count(trace.failed)
    held = (duration[bad] for duration, bad in pieces(trace.duration, trace.failed))
    failing = quantile(held, failed, _USUAL) / 1e9 if failed and trace.knows_durations else 0.0
    share = 100.0 * best_half_failure_rate(trace.failed)
    return tuple(Load(rate, failing, timeout, share) for rate in sorted({min(rates), max(rates)}))


def observed_notes(
    config: BreakerConfig, gave_up: NDArray[np.int64], trace: TraceColumns, instances: int
) -> Sequence[str]:
    """Return a sentence for each rule that never fires at a load that was seen, or that one error fires."""
    loads = loads_along(trace, gave_up, instances)
    return notes(reachability(config, loads)) if loads else ()
