"""Linkerd's failure accrual, read from the proxy's source."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import Story, library

from cbtool.breaker import State, Verdict
from cbtool.errors import InvalidSettingError

STEADY = {"failure-accrual-consecutive-jitter-ratio": 0}


def linkerd(**native: Any) -> Story:
    return library("linkerd", STEADY | {name.replace("_", "-"): value for name, value in native.items()})


def unified(**native: Any) -> Story:
    return linkerd(failure_accrual="unified", **native)


def test_seven_failures_in_a_row_shut_it_for_a_second_and_a_timer_ends_that() -> None:
    story = linkerd().fail(7)
    assert story.state is State.OPEN
    story.breaker.advance(1.0)
    assert story.state is State.HALF_OPEN


def test_each_failed_probe_doubles_the_penalty_up_to_a_minute() -> None:
    story = linkerd().fail(7)
    for wait in (1, 2, 4, 8, 16, 32, 60, 60):
        assert story.transitions[-1].wait == wait
        story.pass_time(wait).fail()


def test_recovery_begins_with_the_shortest_penalty_again() -> None:
    story = linkerd().fail(7).pass_time(1).fail().pass_time(2).succeed().fail(7)
    assert story.transitions[-1].wait == 1


def test_jitter_only_lengthens_and_never_beyond_the_maximum() -> None:
    waits = []
    for seed in range(50):
        story = linkerd(**{"failure-accrual-consecutive-jitter-ratio": 0.5})
        fresh = Story(story.breaker.config, seed=seed).fail(7)
        waits.append(fresh.transitions[0].wait or 0)
    assert min(waits) >= 1
    assert 1.3 < max(waits) < 1.5


def test_a_straggler_can_be_the_probe_s_verdict() -> None:
    story = linkerd()
    late = story.start()
    story.fail(7).pass_time(1)
    assert story.finish(late, Verdict.FAILURE).state is State.OPEN
    assert story.transitions[-1].wait == 2


def test_the_unified_mode_trips_under_its_success_rate_not_at_it() -> None:
    story = unified().succeed(4).fail()
    assert story.state is State.CLOSED, "four of five are 80 %"
    assert story.fail().state is State.OPEN


def test_the_unified_mode_may_trip_on_a_success() -> None:
    story = unified(**{"failure-accrual-consecutive-max-failures": 0}).fail(4)
    assert story.state is State.CLOSED
    assert story.succeed().state is State.OPEN


def test_a_bucket_leaves_the_window_with_its_whole_tenth() -> None:
    story = unified().pass_time(0.9).fail(4).pass_time(9.1).fail()
    assert story.state is State.CLOSED, "the bucket of 0 to 1 s is gone at 10 s"


def test_the_longest_penalty_is_not_shorter_than_the_shortest() -> None:
    with pytest.raises(InvalidSettingError, match="max-penalty"):
        linkerd(**{"failure-accrual-consecutive-min-penalty": "2m"})


def test_annotations_are_read_as_they_stand_in_the_manifest() -> None:
    story = library("linkerd", {"balancer.linkerd.io/failure-accrual-consecutive-max-failures": 2})
    assert story.fail(2).state is State.OPEN
