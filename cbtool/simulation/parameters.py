"""A breaker's settings as one tuple of numbers, which is what compiled code takes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.breaker.late import LateResults
from cbtool.breaker.trials import Admission, TrialsVerdict
from cbtool.breaker.trip import Compare, EvaluateOn
from cbtool.breaker.wait import WaitEdge
from cbtool.errors import ConfigurationError
from cbtool.units import to_ns

COUNT, TIME, CONSECUTIVE = 0, 1, 2
_KINDS = {WindowType.COUNT: COUNT, WindowType.TIME: TIME, WindowType.CONSECUTIVE: CONSECUTIVE}
_LARGEST = 2**62  # of numbers that users set; what is beyond is as good as this


class Parameters(NamedTuple):
    """A `BreakerConfig` and a seed. Flags are 0 or 1, so that one compilation serves all settings."""

    window_kind: int
    window_size: int
    """Calls, nanoseconds or failures in a row."""
    minimum_calls: int
    minimum_errors: int
    error_count: int
    """0: off."""
    failure_rate: float
    slow_rate: float
    above: int
    """Whether a rate must exceed its threshold; reaching it is enough otherwise."""
    on_failure: int
    """Whether the trip rules are asked after failures only."""
    wait: float
    multiplier: float
    longest_wait: float
    """Seconds; negative: none."""
    jitter: float
    seed: np.uint64
    after_end: int
    """Whether a call exactly at the end of the wait is still refused."""
    trials: int
    bounded: int
    """Whether half-open limits its trials."""
    gives_back: int
    """Whether every trial's result gives its slot back."""
    first_failure: int
    """Whether one failed trial reopens."""
    late_counts: int
    """Whether a result of an earlier state counts in the present one."""
    half_open_limit: int
    """Nanoseconds; 0: none."""


def parameters_of(config: BreakerConfig, seed: int) -> Parameters:
    """Return the numbers of a configuration.

    Raises:
        ConfigurationError: it has a health check, which the kernel does not know.
    """
    if config.health_check is not None:
        raise ConfigurationError("the kernel knows no health checks; use --engine machine")
    kind = _KINDS[config.sliding_window_type]
    size = to_ns(config.window_size) if kind == TIME else int(config.window_size)
    longest = config.max_wait_duration_in_open_state
    dialect = config.dialect
    return Parameters(
        window_kind=kind,
        window_size=min(size, _LARGEST),
        minimum_calls=min(config.minimum_calls, _LARGEST),
        minimum_errors=min(config.minimum_number_of_errors, _LARGEST),
        error_count=min(config.error_count_threshold or 0, _LARGEST),
        failure_rate=float(config.failure_rate_threshold),
        slow_rate=float(config.slow_call_rate_threshold),
        above=int(dialect.trip.compare is Compare.ABOVE),
        on_failure=int(dialect.trip.evaluate_on is EvaluateOn.FAILURE),
        wait=float(config.wait_duration_in_open_state),
        multiplier=float(config.wait_backoff_multiplier),
        longest_wait=-1.0 if longest is None else float(longest),
        jitter=float(config.wait_jitter),
        seed=np.uint64(seed & (2**64 - 1)),
        after_end=int(dialect.wait.edge is WaitEdge.AFTER_END),
        trials=min(config.permitted_number_of_calls_in_half_open_state, _LARGEST),
        bounded=int(dialect.trials.admission is not Admission.UNLIMITED),
        gives_back=int(dialect.trials.admission is Admission.CONCURRENCY),
        first_failure=int(dialect.trials.verdict is TrialsVerdict.FIRST_FAILURE),
        late_counts=int(dialect.late is LateResults.CURRENT_STATE),
        half_open_limit=min(to_ns(config.max_wait_duration_in_half_open_state), _LARGEST),
    )
