"""What the data cannot carry is refused, with what is missing."""

from __future__ import annotations

import re

import numpy as np
import pytest
from traffic_cases import config_of, label, phase, recommended, traffic, trips

from cbtool.recommend import Answer, Budget, Recommendation
from cbtool.recommend.incidents.blips import taken_for_blips
from cbtool.recommend.model import Incident, IncidentKind
from cbtool.recommend.reading.trace import Trace
from cbtool.recommend.refusal import Healthy, missing
from cbtool.traffic.calls import Calls
from cbtool.traffic.scenario import Phase
from cbtool.units import parse_duration


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


@pytest.mark.parametrize("failing", [25.0, 40.0])
def test_where_many_calls_always_fail_what_it_says_to_do_gives_an_answer(failing: float) -> None:
    calls = traffic(phase("usual", 1600, 5, failure_rate=failing), seed=3)
    said = refused(calls).needs[1]
    assert said.startswith("or, if it is usual that ")
    cost = re.search(r"--reject-cost ([\d.]+): from ([\d.]+) %", said)
    assert cost is not None
    assert float(cost[2]) > failing
    answer = recommended(calls, budget=Budget(reject_cost=float(cost[1])))
    assert trips(calls, config_of(answer), []).false == []
    named = recommended(calls, labels=(label(1000, 1060),))
    assert trips(calls, config_of(named), [(1000, 1060)]).false == []


def test_where_nearly_all_calls_fail_no_cost_of_refusing_them_is_offered() -> None:
    said = refused(traffic(phase("usual", 1600, 5, failure_rate=70.0), seed=3)).needs[1]
    assert "[outcomes]" in said
    assert "--reject-cost" not in said


def test_a_short_log_without_an_incident() -> None:
    answer = refused(traffic(phase("healthy", 240, 20), seed=1))
    assert answer.needs[0].startswith("6m more, or an incident: 4m with ")


@pytest.mark.parametrize(("seconds", "enough"), [(570, False), (586, False), (590, True), (600, True)])
def test_ten_minutes_are_those_between_the_first_call_and_the_last(seconds: int, enough: bool) -> None:
    start = np.arange(0, seconds * 10**9 + 1, 10**9)
    quiet = np.zeros(len(start), np.bool_)
    trace = Trace(start, np.zeros(len(start), np.int64), quiet, knows_durations=False)
    assert (missing(trace, 1, Healthy(len(trace), 0, incidents=0)) == ()) is enough
    assert missing(trace, 1, Healthy(len(trace), 0, incidents=1)) == ()


def test_every_call_in_one_instant() -> None:
    calls = traffic(phase("steady", 100, 10), seed=1)
    calls.start_ns[:] = 0
    assert any("time windows need time" in need for need in refused(calls).needs)


def test_a_budget_that_no_settings_can_be_shown_to_keep() -> None:
    def steady(name: str) -> Phase:
        return phase(name, 900, 4, failure_rate=8.0)

    answer = refused(traffic(steady("a"), seed=1), budget=Budget(false_trips_per_day=1e-300))
    assert "--false-trips-per-day" in answer.needs[0]


def brown_outs(rate: float, times: int = 6) -> Calls:
    """One of 20 s each half hour, the first of 8 s, with so many calls a second in it, and five else."""
    healthy = {"rate": 5, "failure_rate": 0.2}
    both = [
        (phase(f"calm {i}", 1780, **healthy), phase(f"bad {i}", 20 if i else 8, rate, failure_rate=60.0))
        for i in range(1 + times)
    ]
    return traffic(*sum(both, ()), phase("end", 1780, **healthy), seed=3)


def option_named_in(text: str) -> float:
    """Return the seconds that `--shortest-incident` is advised to be."""
    found = re.search(r"--shortest-incident (\S+) makes them incidents", text)
    assert found is not None, text
    return parse_duration(found.group(1))


def test_stretches_taken_for_blips_are_told_with_the_option_that_makes_incidents_of_them() -> None:
    calls = brown_outs(rate=500)
    answer = refused(calls)
    first, budget = answer.needs
    assert "6 bad stretches of about 20s were taken for blips to ride through" in first
    assert "--false-trips-per-day" in budget
    assert "more at this load" not in budget  # which would have the same stretches in it
    assert option_named_in(first) == 10.0
    followed = recommended(calls, budget=Budget(shortest_incident=option_named_in(first)))
    assert followed.verdict is Answer.RECOMMENDED
    assert [i.actionable for i in followed.incidents] == [False, *[True] * 6]
    assert "taken for blips" not in " ".join(followed.notes)


def test_settings_that_ride_through_them_say_so_too() -> None:
    answer = recommended(brown_outs(rate=5), brief=False)
    assert answer.verdict is Answer.RECOMMENDED
    assert not any(i.actionable for i in answer.incidents)
    (note,) = [n for n in answer.notes if "taken for blips" in n]
    assert note.startswith("6 bad stretches of about 19")
    assert option_named_in(note) == 10.0


def found_blips(*lengths: float, failed: float = 60.0) -> list[Incident]:
    return [
        Incident(100.0 * i, 100.0 * i + length, IncidentKind.BROWN_OUT, 50, failed, 0.0, actionable=False)
        for i, length in enumerate(lengths)
    ]


@pytest.mark.parametrize(
    ("blips", "seconds"),
    [
        pytest.param(found_blips(20, 20, 20, 20), None, id="four are no habit"),
        pytest.param(found_blips(20, 20, 20, 20, 61), None, id="a minute is no blip"),
        pytest.param(found_blips(20, 20, 20, 20, 20, failed=15.0), None, id="too mild to open for"),
        pytest.param(found_blips(0, 0, 0, 0, 0), None, id="single calls"),
        pytest.param(found_blips(3, 4, 4, 4, 5), 2.0, id="short ones"),
        pytest.param(found_blips(2, 30, 40, 40, 40, 50), 20.0, id="those of one sort"),
    ],
)
def test_the_option_is_fitted_to_the_stretches(blips: list[Incident], seconds: float | None) -> None:
    said = taken_for_blips(blips, Budget())
    assert (None if said is None else option_named_in(said)) == seconds
    assert taken_for_blips(blips, Budget(), at_least=60.0) is None


def test_a_short_log_with_a_bad_stretch_is_not_said_to_be_spotless() -> None:
    bad = phase("bad", 3, 100, failure_rate=60.0)
    calls = traffic(phase("before", 10, 100), bad, phase("after", 10, 100), seed=2)
    answer = recommended(calls, budget=Budget(shortest_incident=20.0))
    (needs,) = answer.needs
    assert "a bad stretch, which is too short or too mild to open for" in needs
    assert "--incident START/END" in needs
    calm = recommended(traffic(phase("calm", 60, 20, failure_rate=0.0), seed=2))
    assert "with no failure and no incident" in " ".join(calm.needs)


def test_what_would_be_missing_next_is_said_at_once() -> None:
    answer = refused(traffic(phase("short", 300, 1.2), seed=1))
    few, short = answer.needs
    assert few.startswith(f"{500 - answer.calls} more calls, about ")
    assert short.startswith("5m")
    assert "unless an incident is in it" in short
    # Where the calls take longer than ten minutes to come, they are all that is missing.
    assert len(refused(traffic(phase("rare", 900, 0.2), seed=1)).needs) == 1


def test_one_call_that_is_missing_is_one() -> None:
    calls = traffic(phase("short", 600, 1.2), seed=1)
    all_but_one = calls.take(np.arange(len(calls)) < 499)
    assert refused(all_but_one).needs[0].startswith("1 more call,")
