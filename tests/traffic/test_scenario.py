from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import InvalidSettingError
from cbtool.traffic.scenario import SLOW_START_FACTOR, Phase, Scenario


def scenario(*phases: Phase, **settings: object) -> Scenario:
    return Scenario("test", phases, **settings)  # type: ignore[arg-type]


CALM = Phase("calm", 10, 50)


def test_phases_follow_each_other_and_the_last_goes_on() -> None:
    story = scenario(CALM, Phase("busy", 5, 200))
    assert (story.starts, story.duration) == ((0.0, 10.0), 15.0)
    assert [story.at(t).rate for t in (-1, 0, 9.999, 10, 14, 99)] == [50, 50, 50, 200, 200, 200]


def test_ramps_are_linear() -> None:
    story = scenario(Phase("ramp", 10, 0, rate_to=100, failure_rate=0, failure_rate_to=50))
    assert [story.at(t).rate for t in (0, 2.5, 10)] == [0, 25, 100]
    assert [story.at(t).failure_rate for t in (0, 5, 10)] == [0, 25, 50]


def test_the_latencys_spread_gives_its_p99() -> None:
    at = scenario(Phase("slow", 1, 1, latency_median=0.02, latency_p99=0.2)).at(0)
    assert at.latency_median * math.exp(2.3263478740408408 * at.latency_sigma) == pytest.approx(0.2)


def test_a_slow_start_falls_to_the_usual_latency() -> None:
    story = scenario(Phase("warm-up", 20, 1, latency_median=0.1, latency_p99=0.2, slow_start=10))
    assert story.at(0).latency_median == pytest.approx(0.1 * SLOW_START_FACTOR)
    assert story.at(5).latency_median == pytest.approx(0.1 * (SLOW_START_FACTOR + 1) / 2)
    assert story.at(10).latency_median == pytest.approx(0.1)


def test_recovery_fades_the_faults_of_the_phase_before() -> None:
    story = scenario(
        Phase("down", 10, 1, failure_rate=80, statuses=(500,)), Phase("back", 20, 1, recovery=10)
    )
    assert [story.at(t).failure_rate for t in (9, 10, 15, 20)] == [80, 80, 40, 0]
    assert story.at(15).statuses == (500,)


def test_recovery_from_refused_connections_begins_with_all_failing() -> None:
    story = scenario(Phase("down", 10, 1, refuse=True), Phase("back", 20, 1, recovery=10))
    assert (story.at(5).faulty, story.at(10).failure_rate, story.at(15).failure_rate) == (100, 100, 50)


@pytest.mark.parametrize(
    ("what", "phase", "healthy"),
    [
        ("no faults", Phase("p", 1, 1), True),
        ("just below the border", Phase("p", 1, 1, failure_rate=9.9), True),
        ("at the border", Phase("p", 1, 1, failure_rate=5, timeouts=5), False),
        ("refused", Phase("p", 1, 1, refuse=True), False),
        ("a lie", Phase("p", 1, 1, refuse=True, healthy=True), True),
    ],
)
def test_what_the_health_endpoint_says(what: str, phase: Phase, healthy: bool) -> None:
    assert scenario(phase).at(0).healthy is healthy, what


@pytest.mark.parametrize(
    ("field", "settings"),
    [
        ("duration", {"duration": 0}),
        ("duration", {"duration": math.inf}),
        ("rate", {"rate": -1}),
        ("rate_to", {"rate_to": -1}),
        ("latency_median", {"latency_median": 0}),
        ("latency_p99", {"latency_p99": 0.001}),
        ("failure_rate", {"failure_rate": 101}),
        ("failure_rate", {"failure_rate": 60, "timeouts": 50}),
        ("statuses", {"statuses": ()}),
        ("statuses", {"statuses": (199,)}),
    ],
)
def test_impossible_phases_name_the_field(field: str, settings: dict[str, object]) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        Phase(**({"name": "p", "duration": 1, "rate": 1} | settings))  # type: ignore[arg-type]
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("field", "phases", "settings"),
    [
        ("phase", (), {}),
        ("instances", (CALM,), {"instances": 0}),
        ("timeout", (CALM,), {"timeout": 0}),
        ("bad_instances", (Phase("p", 1, 1, bad_instances=2),), {"instances": 1}),
    ],
)
def test_impossible_scenarios(field: str, phases: tuple[Phase, ...], settings: dict[str, object]) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        scenario(*phases, **settings)
    assert caught.value.field == field


@given(st.floats(0, 30), st.floats(0, 100), st.floats(0, 15))
def test_shares_stay_shares_whatever_the_moment(t: float, failure_rate: float, recovery: float) -> None:
    story = scenario(Phase("down", 10, 1, failure_rate=failure_rate), Phase("back", 15, 1, recovery=recovery))
    at = story.at(t)
    assert 0 <= at.faulty <= 100
    assert 0 <= at.failure_rate <= failure_rate + 1e-9
