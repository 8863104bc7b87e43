"""resilience4j, recorded from 2.4.0 (CircuitBreakerConfig.java, CircuitBreakerStateMachine.java)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, seconds_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    Anchor,
    LatePolicy,
    LateResults,
    LeaveOpen,
    Measure,
    Policies,
    TrialsPolicy,
    TrialsVerdict,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.breaker.transition import State
from cbtool.units import NANOSECONDS, exact_duration, to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_MILLISECOND = 1_000_000
_TYPES = {"COUNT_BASED": WindowType.COUNT, "TIME_BASED": WindowType.TIME}


def policies(config: BreakerConfig) -> Policies:
    """Return what resilience4j makes of a configuration."""
    timed = config.sliding_window_type is WindowType.TIME
    size = int(config.window_size)
    permits = config.permitted_number_of_calls_in_half_open_state
    longest = config.max_wait_duration_in_open_state
    lock_free = config.option("slidingWindowSynchronizationStrategy") == "LOCK_FREE"
    automatic = config.option("automaticTransitionFromOpenToHalfOpenEnabled")
    return Policies(
        # Whole seconds of the wall clock, the running one included, so it reaches back size − 1 to size.
        window=WindowPolicy(
            WindowKind.GRID,
            size=size,
            width=NANOSECONDS,
            anchor=Anchor.CLOSED if lock_free else Anchor.EPOCH,
            reanchors=lock_free,
        )
        if timed
        else WindowPolicy(WindowKind.CALLS, size=size),
        trip=TripPolicy(
            failure_rate=config.failure_rate_threshold,
            slow_rate=config.slow_call_rate_threshold,
            measure=Measure.SINGLE,
            minimum_calls=config.minimum_calls if timed else min(config.minimum_calls, size),
        ),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state,
            multiplier=config.wait_backoff_multiplier,
            longest=-1.0 if longest is None else longest,
            jitter=config.wait_jitter,
            resolution=_MILLISECOND,
            after_end=True,
            begins=_STATES[config.option("initialState")],
            leave=LeaveOpen.TIMER if automatic else LeaveOpen.CALL,
        ),
        trials=TrialsPolicy(
            permits=permits,
            verdict=TrialsVerdict.RATES,
            failure_rate=config.failure_rate_threshold,
            slow_rate=config.slow_call_rate_threshold,
            enough=min(config.minimum_calls, permits),
            overdraws=True,
            limit=to_ns(config.max_wait_duration_in_half_open_state),
            limit_by_timer=True,
            limit_closes=config.option("transitionToStateAfterWaitDuration") == "CLOSED",
        ),
        late=LatePolicy(LateResults.CURRENT_STATE),
    )


_SETTINGS = (
    Setting("failureRateThreshold", "failure_rate_threshold", Unit.PERCENT, 50, 0, 100, above=True),
    Setting("slowCallRateThreshold", "slow_call_rate_threshold", Unit.PERCENT, 100, 0, 100, above=True),
    Setting("slowCallDurationThreshold", "slow_call_duration_threshold", Unit.DURATION, "60s", 1e-9),
    Setting("slidingWindowSize", "sliding_window_size", Unit.COUNT, 100, 1),
    Setting("minimumNumberOfCalls", "minimum_number_of_calls", Unit.COUNT, 100, 1),
    Setting("waitDurationInOpenState", "wait_duration_in_open_state", Unit.DURATION, "60s", 0.001),
    Setting(
        "permittedNumberOfCallsInHalfOpenState",
        "permitted_number_of_calls_in_half_open_state",
        Unit.COUNT,
        10,
        1,
    ),
    Setting("maxWaitDurationInHalfOpenState", "max_wait_duration_in_half_open_state", Unit.DURATION, "0s", 0),
    Setting("transitionToStateAfterWaitDuration", None, Unit.TEXT, "OPEN", choices=("OPEN", "CLOSED")),
    Setting("initialState", None, Unit.TEXT, "CLOSED", choices=("CLOSED", "OPEN", "HALF_OPEN")),
    Setting(
        "slidingWindowSynchronizationStrategy",
        None,
        Unit.TEXT,
        "SYNCHRONIZED",
        choices=("SYNCHRONIZED", "LOCK_FREE"),
    ),
    Setting("automaticTransitionFromOpenToHalfOpenEnabled", None, Unit.FLAG, default=False),
)
_STATES = {state.name: int(state) for state in State}
_BACKOFF = (
    "enableExponentialBackoff",
    "exponentialBackoffMultiplier",
    "exponentialMaxWaitDurationInOpenState",
)
_RANDOM = ("enableRandomizedWait", "randomizedWaitFactor")
_NO_MULTIPLIER, _NO_FACTOR = 1.5, 0.5  # where the waits are enabled without a number


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Read what Spring's properties have beside the builder's own settings."""
    own = ("slidingWindowType", *_BACKOFF, *_RANDOM)
    words: dict[str, Any] = {name: value for name, value in values.items() if name not in own}
    kind = str(values.get("slidingWindowType", "COUNT_BASED")).upper()
    require(kind in _TYPES, "slidingWindowType", "must be COUNT_BASED or TIME_BASED", kind)
    words["sliding_window_type"] = _TYPES[kind]
    growing, random = values.get(_BACKOFF[0], False), values.get(_RANDOM[0], False)
    require(not (growing and random), _RANDOM[0], "cannot go with enableExponentialBackoff", random)
    if growing:
        multiplier = values.get(_BACKOFF[1], _NO_MULTIPLIER)
        require(multiplier > 0, _BACKOFF[1], "must be over 0", multiplier)
        words["wait_backoff_multiplier"] = multiplier
        if values.get(_BACKOFF[2]) is not None:
            words["max_wait_duration_in_open_state"] = seconds_of(values[_BACKOFF[2]])
    if random:
        factor = values.get(_RANDOM[1], _NO_FACTOR)
        require(0 <= factor < 1, _RANDOM[1], "must be at least 0 and under 1", factor)
        words["wait_jitter"] = factor
    return words


def _write(config: BreakerConfig) -> dict[str, Any]:
    timed = config.sliding_window_type is WindowType.TIME
    written: dict[str, Any] = {"slidingWindowType": "TIME_BASED" if timed else "COUNT_BASED"}
    if config.wait_backoff_multiplier > 1:
        written |= {_BACKOFF[0]: True, _BACKOFF[1]: config.wait_backoff_multiplier}
        if config.max_wait_duration_in_open_state is not None:
            written[_BACKOFF[2]] = exact_duration(config.max_wait_duration_in_open_state)
    if config.wait_jitter:
        written |= {_RANDOM[0]: True, _RANDOM[1]: config.wait_jitter}
    return written


DIALECTS = {
    "resilience4j": Dialect(
        name="resilience4j",
        title="resilience4j 2.4.0",
        evidence=Evidence.RECORDED,
        source="https://github.com/resilience4j/resilience4j",
        policies=policies,
        settings=_SETTINGS,
        words=frozenset(
            {
                "sliding_window_type",
                "wait_backoff_multiplier",
                "max_wait_duration_in_open_state",
                "wait_jitter",
            }
        ),
        read=_read,
        write=_write,
    )
}
