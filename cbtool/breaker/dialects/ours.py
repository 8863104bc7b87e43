"""Our own semantics, which hold where a profile names no dialect (docs/semantics.md)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.breaker.checks import at_least_one, not_negative, percentage, positive, require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.parts import ResetBy, WindowType
from cbtool.breaker.policies import (
    EvaluateOn,
    LatePolicy,
    Policies,
    ResetRule,
    TrialsPolicy,
    TrialsVerdict,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.units import to_ns

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig

LONGEST_WINDOW = 366 * 86400.0  # seconds; longer is surely a slip of the unit
_KINDS = {
    WindowType.COUNT: WindowKind.CALLS,
    WindowType.TIME: WindowKind.TIME,
    WindowType.CONSECUTIVE: WindowKind.RUN,
}
RESETS = {
    ResetBy.HEALTH: ResetRule.HEALTH,
    ResetBy.EARLIER: ResetRule.EARLIER,
    ResetBy.LATER: ResetRule.LATER,
}


def policies(config: BreakerConfig) -> Policies:
    """Return what our semantics make of a configuration."""
    run = config.consecutive_failures
    return Policies(
        window=window(config),
        trip=TripPolicy(run=run) if run is not None else _rates(config),
        wait=wait(config),
        trials=TrialsPolicy(
            permits=config.permitted_number_of_calls_in_half_open_state,
            verdict=TrialsVerdict.RATES,
            failure_rate=config.failure_rate_threshold,
            slow_rate=config.slow_call_rate_threshold,
            enough=config.permitted_number_of_calls_in_half_open_state,
            limit=to_ns(config.max_wait_duration_in_half_open_state),
        ),
        late=LatePolicy(),
    )


def window(config: BreakerConfig) -> WindowPolicy:
    """Return the window as we keep it: exact to the nanosecond."""
    timed = config.sliding_window_type is WindowType.TIME
    return WindowPolicy(
        _KINDS[config.sliding_window_type],
        size=1 if timed else int(config.window_size),
        length=to_ns(config.window_size) if timed else 0,
    )


def wait(config: BreakerConfig) -> WaitPolicy:
    """Return the wait as we keep it."""
    health = config.health_check
    longest = config.max_wait_duration_in_open_state
    return WaitPolicy(
        seconds=float(config.wait_duration_in_open_state),
        multiplier=float(config.wait_backoff_multiplier),
        longest=-1.0 if longest is None else float(longest),
        jitter=float(config.wait_jitter),
        reset=ResetRule.WAIT if health is None else RESETS[health.reset_by],
        healthy_after=0 if health is None else health.healthy_after,
    )


def _rates(config: BreakerConfig) -> TripPolicy:
    return TripPolicy(
        EvaluateOn.EVERY_RESULT,
        errors=config.error_count_threshold or 0,
        failure_rate=float(config.failure_rate_threshold),
        slow_rate=float(config.slow_call_rate_threshold),
        minimum_calls=config.minimum_calls,
        minimum_errors=config.minimum_number_of_errors,
    )


def check(config: BreakerConfig) -> None:
    """Hold a configuration to our rules.

    Raises:
        InvalidSettingError: a field breaks its rule; names the field, the rule and the value.
    """
    percentage("failure_rate_threshold", config.failure_rate_threshold)
    percentage("slow_call_rate_threshold", config.slow_call_rate_threshold)
    if config.slow_call_duration_threshold is not None:
        positive("slow_call_duration_threshold", config.slow_call_duration_threshold)
    _check_window(config)
    _check_wait(config)
    at_least_one(
        "permitted_number_of_calls_in_half_open_state", config.permitted_number_of_calls_in_half_open_state
    )


def _check_window(config: BreakerConfig) -> None:
    size = config.window_size
    if config.sliding_window_type is WindowType.TIME:
        positive("sliding_window_size", size)
        require(size <= LONGEST_WINDOW, "sliding_window_size", "must be at most a year", size)
    else:
        whole = math.isfinite(size) and size == int(size)
        require(whole and size >= 1, "sliding_window_size", "must be a whole number of calls from 1", size)
    at_least_one("minimum_number_of_calls", config.minimum_calls)
    require(
        config.minimum_number_of_errors >= 0,
        "minimum_number_of_errors",
        "must be at least 0",
        config.minimum_number_of_errors,
    )
    if config.error_count_threshold is not None:
        at_least_one("error_count_threshold", config.error_count_threshold)
    if config.sliding_window_type is not WindowType.TIME:
        _check_minimums_fit(config, int(size))


def _check_minimums_fit(config: BreakerConfig, size: int) -> None:
    for name, minimum in (
        ("minimum_number_of_calls", config.minimum_calls),
        ("minimum_number_of_errors", config.minimum_number_of_errors),
        ("error_count_threshold", config.error_count_threshold or 0),
    ):
        rule = f"must fit the window of {size} calls, or the breaker can never open"
        require(minimum <= size, name, rule, minimum)


def _check_wait(config: BreakerConfig) -> None:
    not_negative("wait_duration_in_open_state", config.wait_duration_in_open_state)
    multiplier = config.wait_backoff_multiplier
    require(
        math.isfinite(multiplier) and multiplier >= 1,
        "wait_backoff_multiplier",
        "must be at least 1",
        multiplier,
    )
    longest = config.max_wait_duration_in_open_state
    if longest is not None:
        rule = "must be at least wait_duration_in_open_state"
        fits = math.isfinite(longest) and longest >= config.wait_duration_in_open_state
        require(fits, "max_wait_duration_in_open_state", rule, longest)
    require(0 <= config.wait_jitter < 1, "wait_jitter", "must be from 0 to under 1", config.wait_jitter)
    not_negative("max_wait_duration_in_half_open_state", config.max_wait_duration_in_half_open_state)


DEFAULT = Dialect(
    name="default",
    title="cbtool",
    evidence=Evidence.OURS,
    source="docs/semantics.md",
    policies=policies,
    check=check,
)
