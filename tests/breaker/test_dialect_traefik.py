"""Traefik's breaker as its users see it trip again while it recovers."""

from __future__ import annotations

import pytest
from helpers import Story, library
from hypothesis import given
from hypothesis import strategies as st

from cbtool.breaker import BreakerConfig, State, Verdict, describe
from cbtool.breaker.dialects import dialect_named
from cbtool.errors import InvalidSettingError


def expressed(expression: str) -> BreakerConfig:
    dialect = dialect_named("traefik")
    return BreakerConfig(**dialect.from_native({"expression": expression}), dialect=dialect)


def written(expression: str) -> str:
    config = expressed(expression)
    return str(config.dialect.to_native(config)["expression"])


def recovering() -> Story:
    """A breaker that tripped at 1 s, and recovers for 10 s from 11 s on, when its first call was refused."""
    story = library("traefik").pass_time(1).fail()
    assert story.state is State.OPEN
    assert story.pass_time(10).refused()
    return story


def test_a_share_that_grows_to_one_half_is_let_through() -> None:
    story = recovering().pass_time(5)
    # A quarter may pass, and less must have: with the first one, four are refused before one is not.
    assert [story.refused() for _ in range(3)] == [True, True, True]
    assert not story.refused()


def test_a_trip_while_recovering_tells_the_window_that_decided() -> None:
    story = recovering().pass_time(10)
    assert story.refused(), "one of two is a half, and must stay under it"
    story.finish(story.start(), Verdict.FAILURE)
    trip = story.transitions[-1]
    assert (trip.source, trip.target) == (State.HALF_OPEN, State.OPEN)
    assert (trip.snapshot.failures, trip.snapshot.calls) == (1, 1)
    assert describe(trip, story.breaker.config) == (
        "failure rate 100 % ≥ 50 % (1 of 1 calls, gates 1 call and 1 error)"
    )


def test_the_first_call_after_the_recovery_is_let_through_and_closes() -> None:
    story = recovering().pass_time(10.001).succeed()
    assert story.state is State.CLOSED


@pytest.mark.parametrize(
    ("expression", "milliseconds"),
    [
        # Under 256 µs each microsecond is a step; a power of two further, 128 steps each.
        ("LatencyAtQuantileMS(50.0) > 20", 20.992),  # 21,000 µs lie in a step of 128 that begins at 20,992
        ("LatencyAtQuantileMS(50.0) > 100", 100.864),  # 101,000 in one of 512
        (
            "LatencyAtQuantileMS(50.0) > 1000",
            999.424,
        ),  # 1,001,000 in one of 4,096: exactly one second is over
        ("LatencyAtQuantileMS(50.0) >= 1000", 999.424),  # as is 1,000,000
    ],
)
def test_the_histogram_rounds_a_duration_before_it_is_compared(expression: str, milliseconds: float) -> None:
    above = expressed(expression).slow_above
    assert above is not None
    assert above < milliseconds / 1000 <= above + 1.1e-9


def test_a_quantile_is_of_what_came_before_however_long_the_silence() -> None:
    story = library("traefik", {"expression": "LatencyAtQuantileMS(50.0) > 100"})
    for _ in range(4):
        story.succeed(duration=0.05)
    story.pass_time(3600)
    for _ in range(4):
        story.succeed(duration=0.2)
        assert story.state is State.CLOSED
        story.pass_time(0.2)
    story.succeed(duration=0.2)  # 5 of 9: the median, the fifth of them by size, is slow
    assert story.state is State.OPEN


@pytest.mark.parametrize(
    ("expression", "canonical"),
    [
        ("LatencyAtQuantileMS(50.0) >= 100", "LatencyAtQuantileMS(50.0) > 99"),
        (
            "NetworkErrorRatio() > 0.30 || LatencyAtQuantileMS(99.9) > 250",
            "NetworkErrorRatio() > 0.3 || LatencyAtQuantileMS(99.9) > 250",
        ),
        (
            (
                "RequestThreshold() > 9 && LatencyAtQuantileMS(50.0) > 5 "
                "|| RequestThreshold() >= 10 && ResponseCodeRatio(500,600,0,600) > 0.5"
            ),
            (
                "RequestThreshold() >= 10 && "
                "(ResponseCodeRatio(500, 600, 0, 600) > 0.5 || LatencyAtQuantileMS(50.0) > 5)"
            ),
        ),
        ("((NetworkErrorRatio() > 0.5))", "NetworkErrorRatio() > 0.5"),
    ],
)
def test_an_expression_comes_back_in_one_form(expression: str, canonical: str) -> None:
    assert written(expression) == canonical
    assert written(canonical) == canonical


@given(
    calls=st.integers(1, 500),
    share=st.decimals("0.001", 1, places=3),
    quantile=st.decimals("0.1", "99.9", places=1),
    limit=st.integers(1, 3_599_999),
)
def test_any_two_rules_behind_a_gate_come_back(
    calls: int, share: object, quantile: object, limit: int
) -> None:
    rules = f"NetworkErrorRatio() > {float(str(share))} || LatencyAtQuantileMS({quantile}) > {limit}"
    expression = rules if calls == 1 else f"RequestThreshold() >= {calls} && ({rules})"
    assert written(expression) == expression


@pytest.mark.parametrize(
    "expression",
    [
        # && binds before ||, so that the gate is the first rule's alone
        "RequestThreshold() >= 10 && NetworkErrorRatio() > 0.3 || LatencyAtQuantileMS(95.0) > 1000",
        "LatencyAtQuantileMS(50.0) > 0",  # every call
        "LatencyAtQuantileMS(50.0) > 10 && NetworkErrorRatio() > 0.3",
        "LatencyAtQuantileMS(50) > 100",  # oxy wants a fraction: a quantile is a float64
        "ResponseCodeRatio(400, 600, 0, 600) > 0.3",
        "NetworkErrorRatio() < 0.3",
        "(NetworkErrorRatio() > 0.5",
        "NetworkErrorRatio() > 0.5 &&",
        "",
    ],
)
def test_an_expression_that_is_not_modelled_is_rejected_with_what_is(expression: str) -> None:
    with pytest.raises(InvalidSettingError, match=r"LatencyAtQuantileMS\(50\.0\) > 100"):
        expressed(expression)


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ({"slow_call_duration_threshold": 0.0155, "slow_call_rate_threshold": 50.0}, "whole milliseconds"),
        ({"slow_call_duration_threshold": 1.0, "slow_call_rate_threshold": 100.0}, "must be under 100"),
    ],
)
def test_settings_that_no_expression_says_are_rejected(words: dict[str, float], rule: str) -> None:
    with pytest.raises(InvalidSettingError, match=rule):
        BreakerConfig.of(dialect_named("traefik"), words)
