"""What the data cannot carry is refused, with what is missing."""

from __future__ import annotations

import pytest
from traffic_cases import phase, recommended, traffic

from cbtool.recommend import Answer, Budget, Recommendation
from cbtool.traffic.calls import Calls
from cbtool.traffic.scenario import Phase


def refused(calls: Calls, **options: object) -> Recommendation:
    answer = recommended(calls, **options)
    assert answer.verdict is Answer.REFUSED
    assert answer.config is None
    assert answer.to_json()["breaker"] is None
    assert answer.needs
    return answer


def test_too_few_calls_say_how_many_more_and_how_long_that_takes() -> None:
    answer = refused(traffic(phase("short", 300, 0.5), seed=1))
    missing = 500 - answer.calls
    assert answer.needs[0].startswith(f"{missing} more calls, about ")
    assert "at this load" in answer.needs[0]


def test_each_breaker_must_see_enough() -> None:
    calls = traffic(phase("steady", 100, 10), seed=1)
    answer = refused(calls, instances=8)
    assert "500 for each of 8 breakers" in answer.needs[0]


def test_no_calls_at_all() -> None:
    calls = traffic(phase("steady", 100, 10), seed=1)
    empty = calls.take(calls.start_ns < 0)
    assert "there is none" in refused(empty).needs[0]


def test_nothing_but_ignored_calls() -> None:
    calls = traffic(phase("steady", 100, 10), seed=1)
    calls.status[:] = 404
    assert "there is none" in refused(calls).needs[0]


@pytest.mark.parametrize("failing", [100.0, 40.0])
def test_no_healthy_stretch(failing: float) -> None:
    answer = refused(traffic(phase("bad", 300, 20, failure_rate=failing), seed=1))
    assert "healthy" in answer.needs[0]


def test_a_short_log_without_an_incident() -> None:
    answer = refused(traffic(phase("healthy", 240, 20), seed=1))
    assert answer.needs[0].startswith("6m more, or an incident: 4m with ")


def test_every_call_in_one_instant() -> None:
    calls = traffic(phase("steady", 100, 10), seed=1)
    calls.start_ns[:] = 0
    assert any("time windows need time" in need for need in refused(calls).needs)


def test_a_budget_that_no_settings_can_be_shown_to_keep() -> None:
    def steady(name: str) -> Phase:
        return phase(name, 900, 4, failure_rate=8.0)

    answer = refused(traffic(steady("a"), seed=1), budget=Budget(false_trips_per_day=1e-300))
    assert "--false-trips-per-day" in answer.needs[0]


def test_a_short_log_with_a_bad_stretch_is_not_said_to_be_spotless() -> None:
    bad = phase("bad", 3, 100, failure_rate=60.0)
    calls = traffic(phase("before", 10, 100), bad, phase("after", 10, 100), seed=2)
    answer = recommended(calls, budget=Budget(shortest_incident=20.0))
    (needs,) = answer.needs
    assert "a bad stretch, which is too short or too mild to open for" in needs
    assert "--incident START/END" in needs
    calm = recommended(traffic(phase("calm", 60, 20, failure_rate=0.0), seed=2))
    assert "with no failure and no incident" in " ".join(calm.needs)
