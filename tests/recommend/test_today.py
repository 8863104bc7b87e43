"""What is expected of today's settings, whatever library's they are: counted, and beyond the count."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from traffic_cases import phase, recommended, traffic, trips

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.profiles import Profile, load_profile
from cbtool.recommend.candidates.gates import Gate, gate_of
from cbtool.recommend.candidates.likeness import likenesses
from cbtool.recommend.findings import Alternative, ToldBy
from cbtool.report.choices import told_by
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES

DAY = 86_400.0
HOURS, LONG_HOURS, RATE = 2.0, 100.0, 3.0


def in_bursts(hours: float, seed: int) -> Calls:
    """Healthy calls of which a hundredth fails, three in a row on average."""
    calls = traffic(phase("healthy", 3600 * hours, RATE, failure_rate=0.0), seed=seed)
    random, status = np.random.default_rng(seed), calls.status.copy()
    for at in random.integers(0, len(status) - 50, int(len(status) / 300)):
        status[at : at + random.geometric(1 / 3)] = 500
    return replace(calls, status=status)


@pytest.fixture(scope="module")
def log() -> Calls:
    return in_bursts(HOURS, 5)


@pytest.fixture(scope="module")
def longer() -> Calls:
    return in_bursts(LONG_HOURS, 6)


def today_of(log: Calls, profile: Profile, **asked: Any) -> Alternative:
    found = recommended(log, current=profile, **asked).current
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("library", "like"),
    [
        ("envoy", [Gate(5, 100, 5, 5, counted=True)]),
        ("gobreaker", [Gate(6, 100, 6, 6, counted=True)]),
        ("resilience4j", [Gate(100, 50, 1, 100, 60.0, 100.0, counted=True)]),
        ("polly", [Gate(30, 10, 1, 100), Gate(27, 10, 1, 100)]),
        ("semian", [Gate(10, 0.001, 3, 3)]),
    ],
)
def test_a_library_s_rule_is_like_windows_that_slide(library: str, like: list[Gate]) -> None:
    (found,) = likenesses(load_profile(library).config)
    assert list(found or ()) == like


@pytest.mark.parametrize("library", ["sentinel", "mercari", "nginx", "haproxy"])
def test_what_begins_anew_or_never_forgets_is_like_none(library: str) -> None:
    assert likenesses(load_profile(library).config) == [None]


def test_our_own_windows_are_like_themselves() -> None:
    config = load_profile("balanced").config
    assert likenesses(config) == [(gate_of(config),)]


def test_a_rate_that_must_be_exceeded_asks_for_one_failure_more() -> None:
    ((whole, _),) = (gates for gates in likenesses(load_profile("opossum").config) if gates)
    assert whole.asked_for(10.0) == 51
    assert whole._replace(threshold=50.0).asked_for(10.0) == 50


@pytest.mark.parametrize("library", ["envoy", "gobreaker", "semian", "hystrix", "polly", "opossum"])
def test_false_trips_on_other_traffic_lie_in_the_interval(log: Calls, longer: Calls, library: str) -> None:
    profile = load_profile(library)
    found = today_of(log, profile)
    happened = len(trips(longer, profile.config, []).false) * 24 / LONG_HOURS
    expected = found.false_trips_per_day
    assert found.told_by is ToldBy.LIKENESS
    assert (expected.low or 0) <= happened <= (expected.high or 0)
    assert expected.value is not None
    assert (expected.low or 0) <= expected.value <= (expected.high or 0)


def test_what_trips_often_is_expected_to_go_on_as_it_did(log: Calls) -> None:
    found = today_of(log, load_profile("failsafe"))  # opens on every failure
    assert found.track.false_trips > 10
    assert found.healthy_days == pytest.approx(HOURS / 24, rel=0.01)
    assert found.false_trips_per_day.value == pytest.approx(found.track.false_trips * 24 / HOURS, rel=0.01)


def test_of_a_rule_like_no_window_only_the_count_is_known(log: Calls) -> None:
    found = today_of(log, load_profile("haproxy"))
    assert (found.told_by, found.track.false_trips) == (ToldBy.COUNT, 0)
    estimate = found.false_trips_per_day
    assert (estimate.value, estimate.low) == (None, 0.0)
    assert estimate.high == pytest.approx(-np.log(0.03) * 24 / HOURS, rel=0.01)  # about three in as long
    said = told_by(found.to_json())
    assert said is not None
    assert "0 false trips in 2h of healthy time, which cannot rule out 42 a day" in said


def test_breakers_that_meet_the_same_bursts_tell_no_more_than_one(log: Calls) -> None:
    found = today_of(log, load_profile("haproxy"), instances=4)
    assert found.false_trips_per_day.high == pytest.approx(-np.log(0.03) * 24 / HOURS, rel=0.01)


def test_a_run_of_failures_of_ours_is_told_by_its_likeness(log: Calls) -> None:
    config = BreakerConfig(sliding_window_type=WindowType.CONSECUTIVE, sliding_window_size=5)
    profile = Profile("five in a row", config, DEFAULT_RULES)
    mine, envoy = today_of(log, profile), today_of(log, load_profile("envoy"))
    assert mine.told_by is ToldBy.LIKENESS
    assert mine.delay == envoy.delay
