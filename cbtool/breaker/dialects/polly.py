"""Polly 8 (src/Polly.Core/CircuitBreaker) and the policies of Polly 7, which Polly 8 still ships (src/Polly).

Both keep at most ten floating sub-windows, begun by the first result after the one before is a tenth of the
sampling duration old; the older one keeps a single one where the duration is under 200 ms.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, seconds_of, share_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    Admission,
    EvaluateOn,
    Ignored,
    LatePolicy,
    LateResults,
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

_TICK = 100  # nanoseconds, .NET's
_SUB_WINDOWS = 10
_SHORT = 200_000_000  # a sampling duration under this is one sub-window in Polly 7
_DAY = 86400.0
_TIME_SPAN = re.compile(r"(?:(\d+)\.)?(\d+):(\d\d):(\d\d(?:\.\d+)?)")
_GENERATOR = re.compile(r"BreakDuration \* ([\d.]+)\^HalfOpenAttempts(?:, at most (\S+))?")


def policies(config: BreakerConfig) -> Policies:
    """Return what Polly 8 makes of a configuration."""
    longest = config.max_wait_duration_in_open_state
    return Policies(
        window=_sub_windows(to_ns(config.window_size), Ignored.SUCCESS),
        trip=_ratio(config),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state,
            multiplier=config.wait_backoff_multiplier,
            longest=-1.0 if longest is None else longest,
        ),
        trials=TrialsPolicy(ignored=Ignored.SUCCESS),
        late=LatePolicy(LateResults.CURRENT_STATE),
    )


def policies_v7(config: BreakerConfig) -> Policies:
    """Return what Polly 7 makes of a configuration: a run of failures, or a ratio."""
    run = config.consecutive_failures
    return Policies(
        window=WindowPolicy(WindowKind.RUN)
        if run is not None
        else _sub_windows(to_ns(config.window_size), Ignored.NOTHING)._replace(keeps_closing_result=True),
        trip=TripPolicy(EvaluateOn.FAILURE, run=run) if run is not None else _ratio(config),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state),
        # An exception that is not handled is nothing at all: it neither decides nor lets another trial in.
        trials=TrialsPolicy(Admission.ONE_PER_WAIT, keeps_slots=True),
        late=LatePolicy(LateResults.CURRENT_STATE),
    )


def _sub_windows(length: int, ignored: Ignored) -> WindowPolicy:
    if length < _SHORT:
        return WindowPolicy(WindowKind.FLOATING, size=1, length=length, width=length, ignored=ignored)
    width = length // _TICK // _SUB_WINDOWS * _TICK
    return WindowPolicy(
        WindowKind.FLOATING, size=_SUB_WINDOWS + 1, length=length, width=width, ignored=ignored
    )


def _ratio(config: BreakerConfig) -> TripPolicy:
    return TripPolicy(
        EvaluateOn.FAILURE,
        failure_rate=share_of(config.failure_rate_threshold),
        measure=Measure.SHARE,
        minimum_calls=config.minimum_calls,
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    words = {name: _duration(value) for name, value in values.items() if name != "BreakDurationGenerator"}
    words["sliding_window_type"] = WindowType.TIME
    generator = values.get("BreakDurationGenerator")
    if generator is not None:
        match = _GENERATOR.fullmatch(str(generator).strip())
        if match is None:
            rule = (
                'must be "BreakDuration * M^HalfOpenAttempts", with ", at most D" after it where it is capped'
            )
            raise InvalidSettingError("BreakDurationGenerator", rule, generator)
        words["wait_backoff_multiplier"] = float(match[1])
        if match[2] is not None:
            words["max_wait_duration_in_open_state"] = seconds_of(match[2])
    return words


def _write(config: BreakerConfig) -> dict[str, Any]:
    if config.wait_backoff_multiplier == 1:
        return {}
    longest = config.max_wait_duration_in_open_state
    cap = "" if longest is None else f", at most {exact_duration(longest)}"
    growth = f"BreakDuration * {config.wait_backoff_multiplier:g}^HalfOpenAttempts"
    return {"BreakDurationGenerator": growth + cap}


def _duration(value: Any) -> Any:
    """Return a value with a .NET time span such as 00:00:30 as a duration."""
    match = _TIME_SPAN.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return value
    days, hours, minutes, seconds = (Decimal(part or 0) for part in match.groups())
    return exact_duration(float(((days * 24 + hours) * 60 + minutes) * 60 + seconds))


_RATIO_V7 = (
    Setting("failureThreshold", "failure_rate_threshold", Unit.SHARE, 0.5, 0, 1, above=True),
    Setting("samplingDuration", "sliding_window_size", Unit.DURATION, "10s", 0.02),
    Setting("minimumThroughput", "minimum_number_of_calls", Unit.COUNT, 8, 2),
)
_RUN_V7 = Setting("exceptionsAllowedBeforeBreaking", "sliding_window_size", Unit.COUNT, 2, 1)


def _read_v7(values: Mapping[str, Any]) -> dict[str, Any]:
    """Read the arguments of CircuitBreaker, or of AdvancedCircuitBreaker where one of those is there."""
    given = {name: _duration(value) for name, value in values.items()}
    advanced = any(setting.name in given for setting in _RATIO_V7)
    words: dict[str, Any] = {"sliding_window_type": WindowType.TIME if advanced else WindowType.CONSECUTIVE}
    for setting in _RATIO_V7 if advanced else (_RUN_V7,):
        words[str(setting.word)] = setting.to_word(given.pop(setting.name, setting.default))
    return words | given


def _write_v7(config: BreakerConfig) -> dict[str, Any]:
    advanced = config.consecutive_failures is None
    return {
        setting.name: setting.to_native(getattr(config, str(setting.word)))
        for setting in (_RATIO_V7 if advanced else (_RUN_V7,))
    }


_SOURCE = "https://github.com/App-vNext/Polly"
DIALECTS = {
    "polly": Dialect(
        name="polly",
        title="Polly 8.7.0",
        evidence=Evidence.FROM_SOURCE,
        source=_SOURCE,
        policies=policies,
        settings=(
            Setting("FailureRatio", "failure_rate_threshold", Unit.SHARE, 0.1, 0, 1),
            Setting("MinimumThroughput", "minimum_number_of_calls", Unit.COUNT, 100, 2),
            Setting("SamplingDuration", "sliding_window_size", Unit.DURATION, "30s", 0.5, _DAY),
            Setting("BreakDuration", "wait_duration_in_open_state", Unit.DURATION, "5s", 0.5, _DAY),
        ),
        words=frozenset(
            {"sliding_window_type", "wait_backoff_multiplier", "max_wait_duration_in_open_state"}
        ),
        read=_read,
        write=_write,
        note="An outcome that ShouldHandle does not name, a cancellation too, is a success and closes.",
    ),
    "polly-v7": Dialect(
        name="polly-v7",
        title="Polly 7 policies, as in 8.7.0",
        evidence=Evidence.FROM_SOURCE,
        source=_SOURCE,
        policies=policies_v7,
        settings=(Setting("durationOfBreak", "wait_duration_in_open_state", Unit.DURATION, "60s", 0),),
        words=frozenset(
            {
                "sliding_window_type",
                "sliding_window_size",
                "failure_rate_threshold",
                "minimum_number_of_calls",
            }
        ),
        read=_read_v7,
        write=_write_v7,
        note="It has no defaults; ours are those of its own first example.",
    ),
}
