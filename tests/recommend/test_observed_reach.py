"""What the lint says of the loads that calls show."""

from __future__ import annotations

import numpy as np
from traffic_cases import traced

from cbtool.breaker.reach import Reach
from cbtool.breaker.reach.words import notes
from cbtool.profiles import load_profile
from cbtool.recommend.surroundings.reach import given_up, loads_along, observed
from cbtool.scenarios import load_scenario
from cbtool.simulation.generate import calls_of
from cbtool.traffic.outcomes import DEFAULT_RULES


def test_the_loads_are_the_quietest_and_the_busiest_that_one_breaker_sees() -> None:
    calls = calls_of(load_scenario("demo"))
    trace = traced(calls)
    low, high = loads_along(trace, given_up(calls), 1)
    assert 5 < low.rate < 8
    assert 200 < high.rate < 300
    assert low.failing > 0
    shared, _ = loads_along(trace, given_up(calls), 4)
    np.testing.assert_allclose(shared.rate, low.rate / 4)


def test_a_naive_profile_is_told_that_one_error_opens_it() -> None:
    calls = calls_of(load_scenario("demo"))
    found = observed(load_profile("starting-point").config, calls, DEFAULT_RULES.verdicts(calls))
    assert {each.reach for each in found.findings if each.rule == "failure_rate"} == {Reach.ONE_ERROR}
    (said,) = notes(found)
    assert said.startswith("failure_rate fires on one error: after a start or a reset, one failure among")


def test_too_few_calls_say_nothing() -> None:
    calls = calls_of(load_scenario("demo"))
    few = calls.take(np.arange(10))
    assert observed(load_profile("balanced").config, few, DEFAULT_RULES.verdicts(few)).findings == ()
