"""One host under Envoy's outlier detection, read from its source."""

from __future__ import annotations

import pytest
from helpers import Story, library

from cbtool.breaker import State
from cbtool.errors import InvalidSettingError


def returned(story: Story) -> list[float]:
    return [each.time for each in story.transitions if each.target is State.CLOSED]


@pytest.mark.parametrize(
    ("at", "base", "returns"),
    [(1, "30s", 40), (10, "30s", 40), (10, "31s", 50), (9.999, "1s", 20)],
)
def test_a_host_comes_back_at_the_sweep_after_its_ejection(at: float, base: str, returns: float) -> None:
    story = library("envoy", {"base_ejection_time": base}).pass_time(at).fail(5)
    story.breaker.advance(100.0)
    assert returned(story) == [returns]


def test_it_gets_all_its_traffic_back_at_once() -> None:
    story = library("envoy").fail(5).pass_time(30)
    story.succeed(100)
    assert story.state is State.CLOSED


def test_each_ejection_in_a_row_is_a_base_longer_and_each_healthy_sweep_forgives_one() -> None:
    story = library("envoy", {"base_ejection_time": "10s"})
    for at in (1, 21, 51, 121):
        story.pass_time(at - story.now).fail(5)
    story.breaker.advance(300.0)
    assert returned(story) == [20, 50, 90, 140]


def test_a_switched_off_rule_ejects_nobody() -> None:
    assert library("envoy", {"enforcing_consecutive_5xx": 0}).fail(50).state is State.CLOSED
    assert library("istio", {"consecutive5xxErrors": 0}).fail(50).state is State.CLOSED


def test_jitter_comes_on_top_of_the_longest_ejection() -> None:
    given = {"base_ejection_time": "10s", "interval": "1ms", "max_ejection_time": "10s"}
    story = library("envoy", given | {"max_ejection_time_jitter": "5s"})
    waits = [Story(story.breaker.config, seed=seed).fail(5).transitions[0].wait or 0 for seed in range(50)]
    assert min(waits) >= 10
    assert 14 < max(waits) <= 15


def test_the_longest_ejection_is_not_shorter_than_the_base() -> None:
    with pytest.raises(InvalidSettingError, match="max_ejection_time"):
        library("envoy", {"max_ejection_time": "20s"})


def test_it_is_five_minutes_unless_the_base_is_longer() -> None:
    assert library("envoy", {"base_ejection_time": "400s"}).fail(5).transitions[0].wait == 400
