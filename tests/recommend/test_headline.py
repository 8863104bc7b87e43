"""Why a minimum number of errors: one brown-out, at 200 calls a second and at one in two seconds."""

from __future__ import annotations

import pytest
from traffic_cases import config_of, phase, recommended, traffic, trips

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.recommend import Recommendation
from cbtool.traffic.calls import Calls

NAIVE = BreakerConfig(
    failure_rate_threshold=10,
    sliding_window_type=WindowType.TIME,
    sliding_window_size=10.0,
    minimum_number_of_calls=5,
    wait_duration_in_open_state=10.0,
)
HELD_OUT = (11, 12, 13, 14)
NIGHT_INCIDENT = [(3600.0, 3720.0)]
DAY_INCIDENT = [(120.0, 180.0)]


def at_night(seed: int) -> Calls:
    return traffic(
        phase("healthy", 3600, 0.5),
        phase("brown-out", 120, 0.5, failure_rate=30.0),
        phase("healthy again", 3600, 0.5),
        seed=seed,
    )


def by_day(seed: int) -> Calls:
    return traffic(
        phase("healthy", 120, 200),
        phase("brown-out", 60, 200, failure_rate=30.0),
        phase("healthy again", 120, 200),
        seed=seed,
    )


@pytest.fixture(scope="module")
def answer() -> Recommendation:
    day_and_night = traffic(
        phase("day", 400, 200),
        phase("day brown-out", 60, 200, failure_rate=30.0),
        phase("day again", 200, 200),
        phase("night", 5400, 0.5),
        phase("night brown-out", 120, 0.5, failure_rate=30.0),
        phase("night again", 5400, 0.5),
        seed=1,
    )
    return recommended(day_and_night)


def test_ten_percent_without_a_gate_trips_falsely_at_the_low_load() -> None:
    for seed in HELD_OUT:
        assert len(trips(at_night(seed), NAIVE, NIGHT_INCIDENT).false) >= 5


def test_the_recommended_gate_never_trips_falsely_at_the_low_load(answer: Recommendation) -> None:
    for seed in HELD_OUT:
        assert trips(at_night(seed), config_of(answer), NIGHT_INCIDENT).false == []


def test_the_recommended_settings_trip_within_three_seconds_at_the_high_load(answer: Recommendation) -> None:
    for seed in HELD_OUT:
        found = trips(by_day(seed), config_of(answer), DAY_INCIDENT)
        assert found.false == []
        assert found.right[0] - DAY_INCIDENT[0][0] < 3.0


def test_the_reason_for_the_gate_speaks_of_the_quietest_load(answer: Recommendation) -> None:
    reason = next(r for r in answer.reasons if r.setting == "minimum_number_of_errors")
    assert reason.value == config_of(answer).minimum_number_of_errors >= 4
    assert "the quietest load (low" in reason.data
    assert [regime.name for regime in answer.regimes] == ["low", "high"]
    assert answer.regimes[0].rate == pytest.approx(0.5, rel=0.1)
