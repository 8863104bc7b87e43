"""mercari/go-circuitbreaker (breaker.go, state.go), and the backoff of cenkalti/backoff that it waits by."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.dialects.trip_rules import COUNT, RUN, SHARE, read_rule
from cbtool.breaker.native import Setting, Unit, seconds_of, share_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    OFF,
    Admission,
    Anchor,
    EvaluateOn,
    LatePolicy,
    LateResults,
    LeaveOpen,
    Measure,
    Policies,
    TrialsPolicy,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.errors import InvalidSettingError
from cbtool.units import exact_duration, to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_FOR_EVER = 1 << 61
_SECOND = "1s"
_TRIP, _INTERVAL, _TIMEOUT = "WithTripFunc", "WithCounterResetInterval", "WithOpenTimeout"
_BACKOFF = "WithOpenTimeoutBackOff"
_RULES = (
    (re.compile(r"NewTripFuncThreshold\((?P<number>\d+)\)"), COUNT),
    (re.compile(r"NewTripFuncConsecutiveFailures\((?P<number>\d+)\)"), RUN),
    (re.compile(r"NewTripFuncFailureRate\((?P<number>\d+), ?(?P<share>[\d.]+)\)"), SHARE),
)
_WANTED = (
    'must be "NewTripFuncThreshold(N)", "NewTripFuncConsecutiveFailures(N)" or "NewTripFuncFailureRate(N, R)"'
)
_EXPONENTIAL = {
    "InitialInterval": "500ms",
    "RandomizationFactor": 0.5,
    "Multiplier": 1.5,
    "MaxInterval": "1m",
}
"""cenkalti/backoff's defaults, except that it never gives up."""


def policies(config: BreakerConfig) -> Policies:
    """Return what the library makes of its options.

    A ticker that starts as the breaker closes zeroes all counters. The trials' successes are counted until
    its first tick.
    """
    interval = to_ns(seconds_of(_interval(config)))
    run, errors = config.consecutive_failures, config.error_count_threshold
    return Policies(
        window=WindowPolicy(
            WindowKind.GRID,
            width=interval if interval > 0 else _FOR_EVER,
            anchor=Anchor.CLOSED,
            keeps_trials=True,
            run_leaves=True,
        ),
        trip=TripPolicy(
            EvaluateOn.FAILURE,
            run=run or 0,
            errors=errors or 0,
            failure_rate=OFF if run or errors else share_of(config.failure_rate_threshold),
            measure=Measure.SHARE,
            minimum_calls=config.minimum_calls,
        ),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state,
            multiplier=config.wait_backoff_multiplier,
            longest=-1.0
            if config.max_wait_duration_in_open_state is None
            else config.max_wait_duration_in_open_state,
            jitter=config.wait_jitter,
            leave=LeaveOpen.TIMER,
        ),
        trials=TrialsPolicy(
            Admission.UNLIMITED, successes=max(1, config.permitted_number_of_calls_in_half_open_state)
        ),
        late=LatePolicy(LateResults.CURRENT_STATE),
    )


def _interval(config: BreakerConfig) -> Any:
    """Return the option, which is the window of a rate or a number unless these are never reset."""
    if config.consecutive_failures is None and config.option(_INTERVAL) is None:
        return exact_duration(config.window_size)
    return config.option(_INTERVAL) or _SECOND


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in values.items() if name not in {_TRIP, _TIMEOUT, _BACKOFF}}
    timeout = values.get(_TIMEOUT)
    if timeout is not None and seconds_of(timeout) > 0:
        rest["wait_duration_in_open_state"] = seconds_of(timeout)
    else:
        rest |= _read_backoff(values.get(_BACKOFF) or {})
    rule = read_rule(_TRIP, values.get(_TRIP) or "NewTripFuncThreshold(10)", _RULES, _WANTED)
    interval = seconds_of(values.get(_INTERVAL) or _SECOND)
    if rule["sliding_window_type"] is WindowType.TIME and interval > 0:
        rest["sliding_window_size"] = interval
        rest.pop(_INTERVAL, None)
    return rule | rest


def _read_backoff(given: Mapping[str, Any]) -> dict[str, Any]:
    for name in given:
        if name not in _EXPONENTIAL:
            raise InvalidSettingError(_BACKOFF, f"has only {', '.join(_EXPONENTIAL)}", name)
    backoff = {**_EXPONENTIAL, **given}
    return {
        "wait_duration_in_open_state": seconds_of(backoff["InitialInterval"]),
        "wait_backoff_multiplier": float(backoff["Multiplier"]),
        "max_wait_duration_in_open_state": seconds_of(backoff["MaxInterval"]),
        "wait_jitter": float(backoff["RandomizationFactor"]),
    }


def _write(config: BreakerConfig) -> dict[str, Any]:
    wait = exact_duration(config.wait_duration_in_open_state)
    native = {_TRIP: _rule(config), _INTERVAL: _interval(config)}
    if config.wait_backoff_multiplier == 1.0:
        return native | {_TIMEOUT: wait}
    longest = config.max_wait_duration_in_open_state
    backoff = {
        "InitialInterval": wait,
        "RandomizationFactor": config.wait_jitter,
        "Multiplier": config.wait_backoff_multiplier,
        "MaxInterval": exact_duration(60.0 if longest is None else longest),
    }
    return native | {_BACKOFF: backoff}


def _rule(config: BreakerConfig) -> str:
    if config.consecutive_failures is not None:
        return f"NewTripFuncConsecutiveFailures({config.consecutive_failures})"
    if config.error_count_threshold:
        return f"NewTripFuncThreshold({config.error_count_threshold})"
    return f"NewTripFuncFailureRate({config.minimum_calls}, {share_of(config.failure_rate_threshold)})"


DIALECTS = {
    "mercari": Dialect(
        name="mercari",
        title="mercari/go-circuitbreaker 0.0.2",
        evidence=Evidence.RECORDED,
        source="https://github.com/mercari/go-circuitbreaker",
        policies=policies,
        settings=(
            Setting(
                "WithHalfOpenMaxSuccesses", "permitted_number_of_calls_in_half_open_state", Unit.COUNT, 4, 0
            ),
            Setting(_INTERVAL, None, Unit.DURATION, None),
        ),
        words=frozenset(
            {
                "sliding_window_type",
                "sliding_window_size",
                "failure_rate_threshold",
                "minimum_number_of_calls",
                "error_count_threshold",
                "wait_duration_in_open_state",
                "wait_backoff_multiplier",
                "max_wait_duration_in_open_state",
                "wait_jitter",
            }
        ),
        read=_read,
        write=_write,
        note="All counters are zeroed each second, unless WithCounterResetInterval says otherwise. Without "
        "WithOpenTimeout the wait grows from half a second by half each time.",
    )
}
