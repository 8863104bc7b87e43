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
