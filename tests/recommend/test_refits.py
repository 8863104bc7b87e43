"""How far resampling moves the settings, all of them fitted anew together."""

from __future__ import annotations

import pytest
from traffic_cases import phase, recommended, traffic

from cbtool.recommend import Recommendation
from cbtool.units import parse_duration


def outages(lengths: tuple[float, ...], seed: int) -> Recommendation:
    phases = []
    for number, length in enumerate(lengths):
        phases += [phase(f"calm {number}", 600, 20), phase(f"bad {number}", length, 20, failure_rate=100.0)]
    return recommended(traffic(*phases, phase("calm", 600, 20), seed=seed))


def spread(answer: Recommendation) -> float:
    (wait,) = [each for each in answer.sensitivity if each.setting == "wait_duration_in_open_state"]
    return parse_duration(str(wait.high)) / parse_duration(str(wait.low))


@pytest.fixture(scope="module")
def mixed() -> Recommendation:
    return outages((20.0, 40.0, 600.0), 3)


def test_the_ranges_hold_the_chosen_value_and_are_in_its_unit(mixed: Recommendation) -> None:
    for each in mixed.sensitivity:
        assert type(each.low) is type(each.value)
        if isinstance(each.value, str):
            low, value, high = (parse_duration(str(one)) for one in (each.low, each.value, each.high))
        else:
            low, value, high = each.low, each.value, each.high
        assert low <= value <= high, each.setting


def test_incidents_of_many_lengths_leave_the_wait_open_and_those_of_one_do_not(mixed: Recommendation) -> None:
    assert spread(mixed) >= spread(outages((60.0, 60.0, 60.0), 3))
    assert spread(mixed) > 1.0
