"""Reachability at the loads that were observed: from the quietest that one breaker saw to the busiest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.reach import Load, Reachability, reachability
from cbtool.breaker.reach.words import notes
from cbtool.recommend.healthy import best_half_failure_rate
from cbtool.recommend.regimes import load_regimes
from cbtool.recommend.trace import trace_of
from cbtool.traffic.error_kind import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.breaker.config import BreakerConfig
    from cbtool.recommend.trace import Trace
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
    loads = observed_loads(calls, trace_of(calls, verdicts), instances)
    return reachability(config, loads) if loads else Reachability(())


def observed_loads(calls: Calls, trace: Trace, instances: int = 1) -> tuple[Load, ...]:
    """Return the quietest and the busiest load that one breaker saw; none where too little was seen."""
    if len(trace) < _LEAST_CALLS or not trace.span:
        return ()
    rates = [regime.rate for regime in load_regimes(trace, instances)]
    timeout = _timeout(calls)
    held = trace.duration[trace.failed]
    failing = float(np.quantile(held, _USUAL)) / 1e9 if len(held) and trace.knows_durations else 0.0
    share = 100.0 * best_half_failure_rate(trace.failed)
    return tuple(Load(rate, failing, timeout, share) for rate in sorted({min(rates), max(rates)}))


def _timeout(calls: Calls) -> float | None:
    """Return after how many seconds calls were given up; None where too few were to tell."""
    gave_up = calls.duration_ns[calls.error == ErrorKind.TIMEOUT]
    gave_up = gave_up[gave_up > 0]
    return float(np.median(gave_up)) / 1e9 if len(gave_up) >= _LEAST_TIMEOUTS else None


def observed_notes(config: BreakerConfig, calls: Calls, trace: Trace, instances: int) -> Sequence[str]:
    """Return a sentence for each rule that never fires at a load that was seen, or that one error fires."""
    loads = observed_loads(calls, trace, instances)
    return notes(reachability(config, loads)) if loads else ()
