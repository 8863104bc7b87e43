"""Shopify's Semian, the classic breaker, recorded from 0.28.2 (lib/semian/circuit_breaker.rb)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, without_point
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    Admission,
    EvaluateOn,
    LatePolicy,
    LateResults,
    Policies,
    TrialsPolicy,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.breaker.transition import State
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker.config import BreakerConfig

_BACKOFF = "exponential_backoff_error_timeout"
_INITIAL = "exponential_backoff_initial_timeout"
_MULTIPLIER = "exponential_backoff_multiplier"
_DOUBLING = 2


def policies(config: BreakerConfig) -> Policies:
    """Return what Semian makes of a configuration."""
    errors = config.error_count_threshold or 1
    longest = config.max_wait_duration_in_open_state
    return Policies(
        # Only errors are remembered, the last so many, and successes change nothing.
        window=WindowPolicy(
            WindowKind.ERRORS,
            size=errors,
            length=to_ns(config.window_size) if config.option("error_threshold_timeout_enabled") else 0,
            lumping=to_ns(config.option("lumping_interval")),
            cleared_on=1 << State.CLOSED,
        ),
        trip=TripPolicy(EvaluateOn.FAILURE, errors=errors),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state,
            multiplier=config.wait_backoff_multiplier,
            longest=-1.0 if longest is None else longest,
            after_end=True,
            from_last_error=True,
        ),
        trials=TrialsPolicy(
            Admission.UNLIMITED, successes=config.permitted_number_of_calls_in_half_open_state
        ),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    own = ("error_timeout", "error_threshold_timeout", _BACKOFF, _INITIAL, _MULTIPLIER)
    words = {name: value for name, value in values.items() if name not in own}
    timeout = values.get("error_timeout", 10)
    require(timeout > 0, "error_timeout", "must be over 0", timeout)
    window = values.get("error_threshold_timeout") or timeout
    require(window > 0, "error_threshold_timeout", "must be over 0", window)
    words |= {"sliding_window_type": WindowType.TIME, "sliding_window_size": float(window)}
    if not values.get(_BACKOFF):
        return words | {"wait_duration_in_open_state": float(timeout)}
    initial, multiplier = values.get(_INITIAL, 1), values.get(_MULTIPLIER, _DOUBLING)
    require(0 < initial < timeout, _INITIAL, "must be over 0 and under error_timeout", initial)
    require(multiplier > 1, _MULTIPLIER, "must be over 1", multiplier)
    return words | {
        "wait_duration_in_open_state": float(initial),
        "wait_backoff_multiplier": float(multiplier),
        "max_wait_duration_in_open_state": float(timeout),
    }


def _write(config: BreakerConfig) -> dict[str, Any]:
    longest = config.max_wait_duration_in_open_state
    first = without_point(config.wait_duration_in_open_state)
    native: dict[str, Any] = {
        "error_timeout": first if longest is None else without_point(longest),
        "error_threshold_timeout": without_point(config.window_size),
    }
    if longest is None:
        return native
    growth = {_BACKOFF: True, _INITIAL: first, _MULTIPLIER: without_point(config.wait_backoff_multiplier)}
    return native | growth


DIALECTS = {
    "semian": Dialect(
        name="semian",
        title="Semian 0.28.2",
        evidence=Evidence.RECORDED,
        source="https://github.com/Shopify/semian",
        policies=policies,
        settings=(
            Setting("error_threshold", "error_count_threshold", Unit.COUNT, 3, 0, above=True),
            Setting(
                "success_threshold",
                "permitted_number_of_calls_in_half_open_state",
                Unit.COUNT,
                2,
                0,
                above=True,
            ),
            Setting("error_threshold_timeout_enabled", None, Unit.FLAG, default=True),
            Setting("lumping_interval", None, Unit.NUMBER, 0, 0),
            Setting("half_open_resource_timeout", None, Unit.NUMBER, None, 0, above=True),
        ),
        words=frozenset(
            {
                "sliding_window_type",
                "sliding_window_size",
                "wait_duration_in_open_state",
                "wait_backoff_multiplier",
                "max_wait_duration_in_open_state",
            }
        ),
        read=_read,
        write=_write,
        # error_threshold, error_timeout and success_threshold have no defaults; these are its README's.
        example=(("error_threshold", 3), ("error_timeout", 10), ("success_threshold", 2)),
        note="half_open_resource_timeout is the client's own, for trials: `profiles validate` "
        "reckons with it, the breaker does not.",
    )
}
