"""Finagle's failure accrual (finagle-core: liveness/FailureAccrualFactory.scala, FailureAccrualPolicy.scala,
util/Ema.scala, Backoff.scala), one breaker an endpoint.

Dead is our open; ProbeOpen and ProbeClosed are our half-open, before and after its trial has begun.
"""  # noqa: D205

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, seconds_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    EvaluateOn,
    LatePolicy,
    LateResults,
    LeaveOpen,
    Policies,
    TrialsPolicy,
    TrialsVerdict,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.breaker.spread import Spread
from cbtool.breaker.transition import State
from cbtool.errors import InvalidSettingError
from cbtool.units import exact_duration, to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_RUN, _WITHIN, _RATE = "consecutiveFailures", "successRateWithinDuration", "successRate"
_BOTH = f"{_WITHIN} orElse {_RUN}"
_KINDS = {
    _RUN: WindowType.CONSECUTIVE,
    _WITHIN: WindowType.TIME,
    _BOTH: WindowType.TIME,
    _RATE: WindowType.COUNT,
}
_MILLISECOND = 1_000_000
_NUMBER = r"([\d.]+\w*)"
_BACKOFFS = (
    (re.compile(rf"const\({_NUMBER}\)"), "const"),
    (re.compile(rf"equalJittered\({_NUMBER}, *{_NUMBER}\)"), "equalJittered"),
    (re.compile(rf"exponential\({_NUMBER}, *([\d.]+), *{_NUMBER}\)"), "exponential"),
)


def policies(config: BreakerConfig) -> Policies:
    """Return what Finagle makes of a configuration."""
    run = config.consecutive_failures
    timed = config.sliding_window_type is WindowType.TIME
    length = to_ns(config.window_size) // _MILLISECOND * _MILLISECOND if timed else 0
    longest = config.max_wait_duration_in_open_state
    return Policies(
        window=WindowPolicy(
            WindowKind.AVERAGE if run is None else WindowKind.RUN,
            size=1 if timed else int(config.window_size),
            length=length,
            cleared_on=1 << State.CLOSED,
            keeps_closing_result=True,
        ),
        trip=TripPolicy(
            EvaluateOn.FAILURE,
            run=(config.option("numFailures") or 0) if run is None else run,
            least_average=0.0 if run is not None else _required(config),
            minimum_calls=config.minimum_calls,
        ),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state,
            multiplier=config.wait_backoff_multiplier,
            longest=-1.0 if longest is None else longest,
            spread=Spread.HALF if config.wait_jitter else Spread.AROUND,
            leave=LeaveOpen.TIMER,
        ),
        trials=TrialsPolicy(verdict=TrialsVerdict.TRIP_RULES, first_starts=True),
        late=LatePolicy(LateResults.CURRENT_STATE, success_counts=True),
    )


def _required(config: BreakerConfig) -> float:
    return float(1 - Decimal(str(config.failure_rate_threshold)) / 100)


_SETTINGS = {
    "requiredSuccessRate": Setting(
        "requiredSuccessRate", "failure_rate_threshold", Unit.NUMBER, 0.8, 0, 1, meaning="trips under it"
    ),
    "window": Setting("window", "sliding_window_size", Unit.DURATION, "30s", 0.001),
    "requests": Setting("window", "sliding_window_size", Unit.COUNT, 100, 1),
    "minRequestThreshold": Setting("minRequestThreshold", "minimum_number_of_calls", Unit.COUNT, 5),
}


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(values)
    policy = given.pop("policy", _BOTH)
    if policy not in _KINDS:
        raise InvalidSettingError("policy", f"must be one of {', '.join(_KINDS)}", policy)
    words: dict[str, Any] = {"sliding_window_type": _KINDS[policy]}
    words |= _read_backoff(given.pop("markDeadFor", "equalJittered(5s, 300s)"))
    if policy == _RUN:
        words["sliding_window_size"] = Setting(
            "numFailures", "sliding_window_size", Unit.COUNT, 5, 1
        ).to_word(given.pop("numFailures", 5))
        return words | given
    rate, minimum = _SETTINGS["requiredSuccessRate"], _SETTINGS["minRequestThreshold"]
    window = _SETTINGS["requests" if policy == _RATE else "window"]
    required = rate.to_word(given.pop(rate.name, rate.default))
    words["failure_rate_threshold"] = float(100 - 100 * Decimal(str(required)))
    words["sliding_window_size"] = window.to_word(given.pop(window.name, window.default))
    if policy != _RATE:
        words["minimum_number_of_calls"] = minimum.to_word(given.pop(minimum.name, minimum.default))
    if policy != _BOTH:
        given["numFailures"] = 0
    return words | given


def _read_backoff(text: Any) -> dict[str, Any]:
    for pattern, kind in _BACKOFFS:
        match = pattern.fullmatch(str(text).strip().removeprefix("Backoff."))
        if match is None:
            continue
        words: dict[str, Any] = {"wait_duration_in_open_state": seconds_of(match[1])}
        if kind != "const":
            words["max_wait_duration_in_open_state"] = seconds_of(match[match.lastindex or 1])
            words["wait_backoff_multiplier"] = 2.0 if kind == "equalJittered" else float(match[2])
        if kind == "equalJittered":
            words["wait_jitter"] = 1.0
        return words
    rule = "must be const(D), equalJittered(START, MAXIMUM) or exponential(START, MULTIPLIER, MAXIMUM)"
    raise InvalidSettingError("markDeadFor", rule, text)


def _write(config: BreakerConfig) -> dict[str, Any]:
    native: dict[str, Any] = {"markDeadFor": _write_backoff(config)}
    if config.consecutive_failures is not None:
        return native | {"policy": _RUN, "numFailures": config.consecutive_failures}
    timed = config.sliding_window_type is WindowType.TIME
    window = _SETTINGS["window" if timed else "requests"]
    native |= {"requiredSuccessRate": _required(config), "window": window.to_native(config.window_size)}
    if not timed:
        return native | {"policy": _RATE, "numFailures": ...}
    native["minRequestThreshold"] = config.minimum_calls
    if config.option("numFailures"):
        return native | {"policy": _BOTH}
    return native | {"policy": _WITHIN, "numFailures": ...}


def _write_backoff(config: BreakerConfig) -> str:
    start, longest = config.wait_duration_in_open_state, config.max_wait_duration_in_open_state
    first = exact_duration(start)
    if longest is None:
        return f"const({first})"
    if config.wait_jitter:
        return f"equalJittered({first}, {exact_duration(longest)})"
    return f"exponential({first}, {config.wait_backoff_multiplier:g}, {exact_duration(longest)})"


DIALECTS = {
    "finagle": Dialect(
        name="finagle",
        title="Finagle 24.2.0",
        evidence=Evidence.RECORDED,
        source="https://github.com/twitter/finagle",
        policies=policies,
        settings=(Setting("numFailures", None, Unit.COUNT, 5, 0),),
        words=frozenset(
            {
                "sliding_window_type",
                "sliding_window_size",
                "failure_rate_threshold",
                "minimum_number_of_calls",
                "wait_duration_in_open_state",
                "wait_backoff_multiplier",
                "max_wait_duration_in_open_state",
                "wait_jitter",
            }
        ),
        read=_read,
        write=_write,
        note=(
            "One endpoint: what Finagle's balancer sends elsewhere is refused here. Two policies joined by"
            " orElse share one backoff; in Finagle each has its own and the longer wait holds."
        ),
    )
}
