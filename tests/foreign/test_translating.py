"""A profile in another library's terms: what becomes of it, and what is said to be lost."""

from __future__ import annotations

from typing import Any

import pytest

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.foreign.translate import Translation, translated

RATE = {
    "sliding_window_type": WindowType.TIME,
    "sliding_window_size": 30.0,
    "failure_rate_threshold": 20.0,
    "minimum_number_of_calls": 10,
    "minimum_number_of_errors": 5,
    "wait_duration_in_open_state": 2.0,
}
RUN = {"sliding_window_type": WindowType.CONSECUTIVE, "sliding_window_size": 5}


def of(words: dict[str, Any], library: str, rate: float | None = None) -> Translation:
    return translated(BreakerConfig(**words), library, rate)


def lost(translation: Translation, word: str) -> str:
    return next(sentence for sentence in translation.losses if word in sentence)


@pytest.mark.parametrize("library", ["resilience4j", "polly", "failsafe", "opossum", "mercari", "traefik"])
def test_a_gate_of_errors_becomes_the_calls_that_hold_so_many(library: str) -> None:
    translation = of(RATE, library)
    # Five errors are 20 % of 25 calls.
    assert translation.config.minimum_calls == 25
    assert translation.config.failure_rate_threshold == pytest.approx(20.0)
    assert "25 calls at least come nearest (5 errors at 20 %)" in lost(
        translation, "minimum_number_of_errors"
    )


def test_a_gate_that_the_load_never_meets_is_named() -> None:
    sentence = lost(of(RATE, "resilience4j", rate=0.5), "minimum_number_of_errors")
    assert "At 0.5 calls/s its window holds only 15: IT WOULD NEVER OPEN" in sentence


@pytest.mark.parametrize("library", ["handy", "opossum", "sentinel"])
def test_all_calls_failing_is_reached_where_the_threshold_must_be_exceeded(library: str) -> None:
    translation = of(RUN, library)
    assert translation.config.failure_rate_threshold == 99.0
    assert "100 % becomes 99 %" in lost(translation, "opens above its threshold only")


def test_an_expression_says_that_reaching_is_enough() -> None:
    config = of(RATE, "traefik").config
    native = config.dialect.to_native(config)
    assert native["expression"] == "RequestThreshold() >= 25 && NetworkErrorRatio() >= 0.2"
    assert native["recoveryDuration"] == "10s"


def test_what_a_library_fixes_is_told() -> None:
    translation = of(RATE, "handy")
    assert translation.config.window_size == 5.0
    assert "always 5 in handy" in lost(translation, "sliding_window_size")
    assert "always 1s in handy" in lost(translation, "wait_duration_in_open_state")


def test_a_rate_takes_the_place_of_a_default_count() -> None:
    config = of(RATE, "mercari").config
    assert config.error_count_threshold is None
    assert config.dialect.to_native(config)["WithTripFunc"] == "NewTripFuncFailureRate(25, 0.2)"


def test_a_number_of_errors_is_a_strategy_of_cb2() -> None:
    config = of({**RATE, "error_count_threshold": 7}, "cb2").config
    native = config.dialect.to_native(config)
    assert (native["strategy"], native["threshold"]) == ("rolling_window", 7)


def test_a_run_stays_a_run() -> None:
    for library in ("gobreaker", "pybreaker", "polly-v7", "envoy", "cockatiel"):
        assert of(RUN, library).config.consecutive_failures == 5


@pytest.mark.parametrize("library", ["failsafe", "failsafe-go"])
def test_a_rate_of_the_last_calls_becomes_the_errors_that_a_full_window_holds(library: str) -> None:
    words = {
        "sliding_window_type": WindowType.COUNT,
        "sliding_window_size": 20,
        "failure_rate_threshold": 20.0,
        "minimum_number_of_calls": 4,
        "minimum_number_of_errors": 4,
    }
    translation = of(words, library)
    config = translation.config
    assert (config.window_size, config.error_count_threshold) == (20, 4)
    assert config.policies.trip.errors == 4
    assert "4, as many as open the profile" in lost(translation, "knows no rate")
    stricter = of(words | {"minimum_number_of_errors": 1, "failure_rate_threshold": 50.0}, library)
    assert stricter.config.error_count_threshold == 10
    assert lost(stricter, "knows no rate").endswith("it opens later than the profile")


@pytest.mark.parametrize("library", ["failsafe", "failsafe-go"])
@pytest.mark.parametrize(("trials", "threshold", "good"), [(1, 20.0, 1), (10, 50.0, 6), (5, 20.0, 5)])
def test_trials_become_the_successes_that_close(
    library: str, trials: int, threshold: float, good: int
) -> None:
    words = {"permitted_number_of_calls_in_half_open_state": trials, "failure_rate_threshold": threshold}
    for window in (RATE, {"sliding_window_type": WindowType.COUNT, "sliding_window_size": 20}):
        translation = of(window | words, library)
        policy = translation.config.policies.trials
        assert (policy.permits, policy.successes, policy.failures) == (trials, good, trials - good + 1)
        assert not any("half_open" in sentence for sentence in translation.losses)


def test_a_rate_of_the_last_calls_stays_one_where_it_becomes_one_of_time() -> None:
    words = RATE | {"sliding_window_type": WindowType.COUNT, "sliding_window_size": 50}
    config = of(words, "mercari", rate=5.0).config
    assert (config.failure_rate_threshold, config.error_count_threshold) == (20.0, None)
    assert (config.window_size, config.minimum_calls) == (10.0, 25)


@pytest.mark.parametrize(
    ("words", "library", "said"),
    [
        (
            {"sliding_window_size": 8.9},
            "resilience4j",
            "8900ms becomes 9s: slidingWindowSize takes whole seconds",
        ),
        ({"wait_duration_in_open_state": 0.1}, "cb2", "100ms becomes 1s: reenable_after takes whole seconds"),
        (
            {"failure_rate_threshold": 33.3},
            "hystrix",
            "33.3 becomes 33: circuitBreaker.errorThresholdPercentage takes whole numbers",
        ),
        (
            {"wait_duration_in_open_state": 0.1},
            "polly",
            "100ms becomes 500ms: BreakDuration must be at least 0.5 s",
        ),
    ],
)
def test_a_value_that_is_moved_is_told_with_its_unit_and_the_rule_that_it_breaks(
    words: dict[str, float], library: str, said: str
) -> None:
    assert said in lost(of(RATE | words, library), next(iter(words)) + " =")
