"""How many failed calls open a breaker whose window is full of good ones: held to the machine itself."""

from __future__ import annotations

import pytest
from helpers import Story, consecutive, count_window, library, time_window

from cbtool.breaker import BreakerConfig, State, Verdict
from cbtool.breaker.opening import errors_to_open, is_least


def failed_until_open(config: BreakerConfig, *, rate: float, good: int, duration: float = 0.0) -> int:
    """Count the failed calls that open a breaker which has seen so many good ones, evenly."""
    story = Story(config)
    for _ in range(good):
        story.succeed(duration=0.0).pass_time(1 / rate)
    for failed in range(1, 2000):
        permit = story.breaker.try_acquire(story.now)
        if permit is None:  # some judge as the next call arrives
            return failed - 1
        story.finish(permit, Verdict.FAILURE, duration)
        if story.state is State.OPEN:
            return failed
        story.pass_time(1 / rate)
    raise AssertionError("never opened")


@pytest.mark.parametrize("rate", [6.0, 50.0])
@pytest.mark.parametrize(
    "config",
    [
        count_window(36, minimum_number_of_calls=5, minimum_number_of_errors=5, failure_rate_threshold=80),
        count_window(20, minimum_number_of_errors=12, failure_rate_threshold=30),
        time_window(8, minimum_number_of_errors=7, failure_rate_threshold=20),
        time_window(8, minimum_number_of_calls=40, failure_rate_threshold=50),
        consecutive(5),
    ],
    ids=["calls", "calls, gate", "time, gate", "time, minimum", "run"],
)
def test_it_is_what_the_machine_takes(config: BreakerConfig, rate: float) -> None:
    assert errors_to_open(config, rate=rate) == failed_until_open(config, rate=rate, good=500)


@pytest.mark.parametrize("name", ["resilience4j", "failsafe", "hystrix", "polly", "gobreaker"])
def test_so_it_is_of_libraries(name: str) -> None:
    config = library(name).breaker.config
    assert errors_to_open(config, rate=40.0) == pytest.approx(
        failed_until_open(config, rate=40.0, good=3000), abs=1
    )


def test_a_full_window_of_calls_needs_the_threshold_s_share_though_the_gates_ask_for_less() -> None:
    config = count_window(36, minimum_number_of_calls=5, failure_rate_threshold=80)
    assert errors_to_open(config) == 29  # ⌈0.8 × 36⌉
    assert not is_least(config, rate=None)


def test_what_a_window_of_time_holds_is_not_known_without_a_load() -> None:
    config = time_window(10, minimum_number_of_calls=3, minimum_number_of_errors=7, failure_rate_threshold=50)
    assert errors_to_open(config) == 7
    assert is_least(config, rate=None)
    assert errors_to_open(config, rate=20) == 100
    assert not is_least(config, rate=20)


def test_where_calls_are_too_rare_for_the_minimum_it_is_the_minimum() -> None:
    config = time_window(8, minimum_number_of_calls=40, failure_rate_threshold=50)
    assert errors_to_open(config, rate=2.0) == 40


def test_failed_calls_that_take_long_are_slow_as_well() -> None:
    settings = {"slow_call_rate_threshold": 40, "slow_call_duration_threshold": 0.5}
    config = count_window(20, failure_rate_threshold=60, **settings)
    assert errors_to_open(config, failing=0.5) == 12
    assert errors_to_open(config, failing=2.0) == 8 == failed_until_open(config, rate=1, good=30, duration=2)
