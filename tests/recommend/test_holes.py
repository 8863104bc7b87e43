"""A log that says nothing of most of its time: two hours of different days in one file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from traffic_cases import phase, recommended, traced, traffic

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.profiles import Profile
from cbtool.profiles.verify_rules import NO_RULES
from cbtool.recommend.false_trips.exposure import exposure_of
from cbtool.recommend.reading.holes import holes, joined, left_out, watched, without
from cbtool.recommend.reading.regimes import load_regimes
from cbtool.recommend.surroundings.vitals import load_quantiles
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.verifying import Limits
from cbtool.verifying.seen import seen
from cbtool.verifying.traffic import traffic_checks

HOUR = 3600.0


def apart(calls: Calls, seconds: float) -> Calls:
    """Return the calls, the later half of which came so much later."""
    later = (np.arange(len(calls)) >= len(calls) // 2) * round(seconds * 1e9)
    return replace(calls, start_ns=calls.start_ns + later)


@pytest.fixture(scope="module")
def two_hours() -> Calls:
    return traffic(phase("calm", 2 * HOUR, 5.0), seed=4)


def test_a_hole_is_found_where_it_is(two_hours: Calls) -> None:
    [hole] = holes(traced(apart(two_hours, 30 * 24 * HOUR)))
    assert hole.begin / 1e9 == pytest.approx(HOUR, rel=0.05)
    assert (hole.end - hole.begin) / 1e9 == pytest.approx(30 * 24 * HOUR, rel=1e-3)
    assert watched(traced(apart(two_hours, 30 * 24 * HOUR))) == pytest.approx(two_hours.span, rel=0.01)
    assert not holes(traced(two_hours))


def test_pauses_that_are_shorter_than_the_traffic_are_known_to_be_quiet(two_hours: Calls) -> None:
    assert not holes(traced(apart(two_hours, 1.5 * HOUR)))


def test_a_job_s_pauses_are_no_holes() -> None:
    random = np.random.default_rng(1)
    start = np.concatenate([h * HOUR + np.sort(random.uniform(0, 60, 120)) for h in range(72)])
    n = len(start)
    job = Calls(
        (start * 1e9).astype(np.int64), np.full(n, 10**7), np.full(n, 200, np.int16), np.zeros(n, np.uint8)
    )
    assert not holes(traced(job))


@pytest.mark.parametrize("rate", [0.01, 0.3])
def test_chance_makes_none(rate: float) -> None:
    for seed in range(20):
        assert not holes(traced(traffic(phase("calm", 400 / rate, rate), seed=seed)))


def test_the_loads_are_those_of_the_traffic(two_hours: Calls) -> None:
    trace, whole = traced(apart(two_hours, 30 * 24 * HOUR)), traced(two_hours)
    [regime], [usual] = load_regimes(trace), load_regimes(whole)
    assert regime.rate == pytest.approx(usual.rate, rel=0.01)
    assert regime.share_of_time == 1.0
    assert load_quantiles(trace, 1)[1] == pytest.approx(load_quantiles(whole, 1)[1], rel=0.05)


def test_it_is_no_healthy_time(two_hours: Calls) -> None:
    # Else a month without a call would be a month without a false trip.
    trace = traced(apart(two_hours, 30 * 24 * HOUR))
    exposure = exposure_of([trace], left_out(trace, np.ones(len(trace), np.bool_)))
    assert exposure.seconds == pytest.approx(2 * HOUR, rel=0.01)
    assert (np.diff(exposure.end) >= 0).all()


def test_it_is_said(two_hours: Calls) -> None:
    answer = recommended(apart(two_hours, 30 * 24 * HOUR))
    assert answer.expected is not None
    assert (answer.expected.false_trips_per_day.high or 0.0) > 1e-3  # of two hours, not of a month
    assert any("No call came for most of the time: a hole of 30d" in note for note in answer.notes)
    assert any("2h of traffic do not show how day and night differ" in note for note in answer.notes)


def test_three_minutes_of_two_days_are_six_minutes() -> None:
    calls = apart(traffic(phase("calm", 360.0, 5.0), seed=4), 24 * HOUR)
    [need] = recommended(calls).needs
    assert need.startswith("4m")
    assert "more, or an incident: 5m" in need or "more, or an incident: 6m" in need


def test_verify_counts_false_trips_by_the_time_that_the_log_tells_of(two_hours: Calls) -> None:
    config = BreakerConfig(
        sliding_window_type=WindowType.TIME,
        sliding_window_size=1.0,
        failure_rate_threshold=10,
        minimum_number_of_calls=1,
        wait_duration_in_open_state=1.0,
    )
    profile = Profile("hasty", config, DEFAULT_RULES)
    rates = []
    for calls in (two_hours, apart(two_hours, 30 * 24 * HOUR)):
        checks = traffic_checks(seen(calls, profile), Limits(NO_RULES))
        rates += [check.value for check in checks if check.name == "false trips a day"]
    assert rates[1] == pytest.approx(rates[0], rel=0.05)


def test_times_without_holes() -> None:
    times = np.array([0, 10, 25, 40, 90])
    assert without(times, []).tolist() == times.tolist()
    assert without(times, [(10, 20), (30, 35)]).tolist() == [0, 0, 15, 25, 75]
    assert joined([(30, 40), (0, 10), (5, 20), (20, 22)]) == [(0, 22), (30, 40)]
