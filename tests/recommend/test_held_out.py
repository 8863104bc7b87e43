"""Each kind of trouble: settings from one draw of the traffic, judged by the simulator on others."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import pytest
from traffic_cases import config_of, phase, recommended, traffic, trips, with_bursts

from cbtool.breaker import WindowType
from cbtool.recommend import Recommendation
from cbtool.traffic.calls import UNKNOWN_DURATION, Calls
from cbtool.traffic.scenario import Phase

HELD_OUT = (21, 22, 23)


class Case(NamedTuple):
    """Phases, where the incident is, and how soon it must be seen (seconds)."""

    phases: tuple[Phase, ...]
    incident: tuple[float, float] | None
    within: float = 0.0
    timeout: float | None = None

    def calls(self, seed: int) -> Calls:
        return traffic(*self.phases, seed=seed, timeout=self.timeout)


def between(rate: float, seconds: float, bad: Phase) -> tuple[Phase, ...]:
    return (phase("before", seconds, rate), bad, phase("after", seconds, rate))


ACTED_ON = {
    "hard outage": Case(
        between(30, 600, phase("outage", 60, 30, failure_rate=100.0)), (600, 660), within=2.0
    ),
    "refused connections": Case(
        between(30, 600, phase("refused", 60, 30, refuse=True)), (600, 660), within=2.0
    ),
    "slow only": Case(
        between(20, 900, phase("slow", 180, 20, latency_median=0.2, latency_p99=1.0)),
        (900, 1080),
        within=10.0,
    ),
    "timeouts": Case(
        between(20, 900, phase("hanging", 120, 20, timeouts=60.0)), (900, 1020), within=8.0, timeout=3.0
    ),
    "brown-out at a low load": Case(
        between(1, 7200, phase("brown-out", 900, 1, failure_rate=50.0)), (7200, 8100), within=90.0
    ),
    "half a minute of a demo": Case(
        (
            phase("quiet", 10, 5),
            phase("busy", 7, 250),
            phase("busy brown-out", 6, 250, failure_rate=40.0),
            phase("busy again", 7, 250),
        ),
        (16.5, 23),  # times count from the first call, which is up to half a second late
        within=2.0,
    ),
}

RIDDEN_THROUGH = {
    "nothing wrong": Case((phase("healthy", 1800, 20),), None),
    "blip of two seconds": Case(between(30, 600, phase("blip", 2, 30, failure_rate=100.0)), None),
    "one bad instance of eight": Case(between(30, 600, phase("bad", 300, 30, failure_rate=13.4)), None),
}


@pytest.mark.parametrize("name", ACTED_ON)
def test_an_incident_is_detected_in_time_and_nothing_else_trips(name: str) -> None:
    case = ACTED_ON[name]
    assert case.incident is not None
    config = config_of(recommended(case.calls(1), brief=True))
    for seed in HELD_OUT:
        found = trips(case.calls(seed), config, [case.incident])
        assert found.false == []
        assert found.right[0] - case.incident[0] < case.within


@pytest.mark.parametrize("name", RIDDEN_THROUGH)
def test_what_is_no_incident_is_ridden_through(name: str) -> None:
    case = RIDDEN_THROUGH[name]
    answer = recommended(case.calls(1), brief=True)
    assert not any(incident.actionable for incident in answer.incidents)
    for seed in HELD_OUT:
        assert trips(case.calls(seed), config_of(answer), []).false == []


def test_bursts_of_retries_do_not_trip_by_day_or_night() -> None:
    def calls(seed: int) -> Calls:
        plain = traffic(phase("day", 900, 50), phase("night", 7200, 0.5), phase("dawn", 300, 50), seed=seed)
        return with_bursts(plain, every=600, size=8, seed=seed)

    config = config_of(recommended(calls(1), brief=True))
    ungated = replace(
        config,
        sliding_window_type=WindowType.TIME,
        sliding_window_size=10.0,
        minimum_number_of_errors=1,
        minimum_number_of_calls=1,
    )
    for seed in HELD_OUT:
        assert trips(calls(seed), config, []).false == []
        assert trips(calls(seed), ungated, []).false != []


def test_settings_hold_for_the_load_that_one_of_eight_breakers_sees() -> None:
    case = Case(between(80, 300, phase("outage", 60, 80, failure_rate=100.0)), (300, 360))
    answer = recommended(case.calls(1), instances=8, brief=True)
    assert answer.regimes[0].rate == pytest.approx(10, rel=0.1)
    for seed in HELD_OUT:
        found = trips(case.calls(seed), config_of(answer), [(300, 360)], instances=8)
        assert found.false == []
        assert len(found.right) >= 8
        assert min(found.right) - 300 < 3.0


def without_durations(calls: Calls) -> Calls:
    calls.duration_ns[:] = UNKNOWN_DURATION
    return calls


def test_without_durations_there_is_no_slow_threshold_and_the_notes_say_so() -> None:
    case = ACTED_ON["hard outage"]
    answer = recommended(without_durations(case.calls(1)))
    assert config_of(answer).slow_call_duration_threshold is None
    assert not any("slow" in reason.setting for reason in answer.reasons)
    assert any("no durations" in note for note in answer.notes)


def test_the_slow_threshold_comes_from_healthy_latencies_not_from_the_incident() -> None:
    answer = recommended(ACTED_ON["slow only"].calls(1), brief=True)
    threshold = config_of(answer).slow_call_duration_threshold
    assert threshold is not None
    assert 0.1 <= threshold <= 0.33  # the healthy p99 is 100 ms, the incident's median 200 ms


def test_without_an_incident_the_thresholds_come_from_the_healthy_side_and_the_notes_say_so() -> None:
    answer: Recommendation = recommended(RIDDEN_THROUGH["nothing wrong"].calls(1))
    assert any(note.startswith("No incident was seen") for note in answer.notes)
    reason = next(r for r in answer.reasons if r.setting == "failure_rate_threshold")
    assert "opening pays from 20 %" in reason.why


def test_the_same_seed_gives_the_same_answer() -> None:
    calls = ACTED_ON["half a minute of a demo"].calls(1)
    assert recommended(calls, seed=4).to_json() == recommended(calls, seed=4).to_json()
