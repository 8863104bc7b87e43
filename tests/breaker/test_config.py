import math
from typing import Any

import pytest

from cbtool.breaker import BreakerConfig, HealthCheck, WhenOpen, WhenOpenAction, WindowType
from cbtool.errors import InvalidSettingError


def test_the_defaults_are_resilience4js() -> None:
    config = BreakerConfig()
    assert (config.failure_rate_threshold, config.slow_call_rate_threshold) == (50, 100)
    assert (config.window_size, config.minimum_calls, config.minimum_number_of_errors) == (100, 100, 1)
    assert (config.wait_duration_in_open_state, config.permitted_number_of_calls_in_half_open_state) == (
        60,
        10,
    )


def test_an_unset_minimum_fits_a_small_count_window() -> None:
    assert BreakerConfig(sliding_window_size=10).minimum_calls == 10
    assert BreakerConfig(sliding_window_type=WindowType.TIME, sliding_window_size=10).minimum_calls == 100


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("failure_rate_threshold", 0, "over 0 and at most 100"),
        ("failure_rate_threshold", 100.5, "over 0 and at most 100"),
        ("failure_rate_threshold", math.nan, "over 0 and at most 100"),
        ("slow_call_rate_threshold", -1, "over 0 and at most 100"),
        ("slow_call_duration_threshold", 0, "longer than 0"),
        ("sliding_window_size", 0, "whole number of calls from 1"),
        ("sliding_window_size", 2.5, "whole number of calls from 1"),
        ("minimum_number_of_calls", 101, "must fit the window of 100 calls"),
        ("minimum_number_of_calls", 0, "at least 1"),
        ("minimum_number_of_errors", -1, "at least 0"),
        ("minimum_number_of_errors", 101, "must fit the window of 100 calls"),
        ("error_count_threshold", 0, "at least 1"),
        ("wait_duration_in_open_state", -1, "not be negative"),
        ("wait_backoff_multiplier", 0.5, "at least 1"),
        ("max_wait_duration_in_open_state", 59, "at least wait_duration_in_open_state"),
        ("wait_jitter", 1, "from 0 to under 1"),
        ("permitted_number_of_calls_in_half_open_state", 0, "at least 1"),
        ("max_wait_duration_in_half_open_state", math.inf, "not be negative"),
    ],
)
def test_a_broken_rule_names_the_field_the_rule_and_the_value(field: str, value: Any, rule: str) -> None:
    with pytest.raises(InvalidSettingError, match=rule) as caught:
        BreakerConfig(**{field: value})
    assert caught.value.field == field
    assert repr(value) in str(caught.value)


def test_a_time_window_may_be_any_length_up_to_a_year() -> None:
    assert BreakerConfig(sliding_window_type=WindowType.TIME, sliding_window_size=0.5).window_size == 0.5
    with pytest.raises(InvalidSettingError, match="at most a year"):
        BreakerConfig(sliding_window_type=WindowType.TIME, sliding_window_size=1e9)


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: HealthCheck(path="healthz"), "must start with /"),
        (lambda: HealthCheck(interval=0), "longer than 0"),
        (lambda: HealthCheck(healthy_after=0), "at least 1"),
        (lambda: WhenOpen(action=WhenOpenAction.REDIRECT), "is needed by action redirect"),
        (lambda: WhenOpen(target="http://127.0.0.1/"), 'goes with action = "redirect"'),
    ],
)
def test_health_check_and_when_open_have_rules_too(make: Any, rule: str) -> None:
    with pytest.raises(InvalidSettingError, match=rule):
        make()
