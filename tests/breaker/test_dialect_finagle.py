"""Finagle's failure accrual, read from its source."""

from __future__ import annotations

import math
from typing import Any

import pytest
from helpers import Story, library

from cbtool.breaker import State, Verdict


def run(**native: Any) -> Story:
    return library("finagle", {"policy": "consecutiveFailures", "markDeadFor": "const(5s)", **native})


def rate(**native: Any) -> Story:
    given = {"policy": "successRateWithinDuration", "markDeadFor": "const(5s)", "window": "10s"}
    return library("finagle", given | native)


def test_the_average_judges_only_after_a_whole_window() -> None:
    story = rate()
    for _ in range(20):
        story.pass_time(0.499).fail()
    assert story.state is State.CLOSED, "9.98 s, all failed"
    assert story.pass_time(0.02).fail().state is State.OPEN


@pytest.mark.parametrize(
    ("gap", "trips"),
    [
        pytest.param(2.231, False, id="e to the minus 0.2231 is just over 0.8"),
        pytest.param(2.232, True, id="a millisecond later it is under"),
    ],
)
def test_a_failure_weighs_as_much_as_the_time_before_it(gap: float, trips: bool) -> None:
    assert (math.exp(-gap / 10) < 0.8) == trips
    story = rate(minRequestThreshold=1).succeed().pass_time(20).succeed().pass_time(gap).fail()
    assert (story.state is State.OPEN) == trips


def test_too_few_requests_in_the_window_never_trip() -> None:
    story = rate().succeed()
    for _ in range(10):
        story.pass_time(4).fail()
    assert story.state is State.CLOSED, "never five in ten seconds"


def test_the_request_policy_counts_requests() -> None:
    story = rate(policy="successRate", window=10).fail(9)
    assert story.state is State.CLOSED
    assert story.fail().state is State.OPEN


def test_a_dead_endpoint_is_probed_when_a_timer_says_so() -> None:
    story = run().fail(5)
    story.breaker.advance(5.0)
    assert story.state is State.HALF_OPEN


def test_one_probe_at_a_time_and_its_success_revives() -> None:
    story = run().fail(5).pass_time(5)
    probe = story.start()
    assert story.refused()
    assert story.finish(probe).state is State.CLOSED


def test_a_failed_probe_asks_the_policy_again() -> None:
    story = run()
    late = story.start()
    story.fail(5).pass_time(1).finish(late)  # a success while dead zeroes the run
    story.pass_time(4).fail()
    assert story.state is State.HALF_OPEN, "one failure in a row is not five"
    story.fail(3)
    assert story.fail().state is State.OPEN


def test_failures_that_come_before_the_probe_are_nothing() -> None:
    story = run()
    late = story.start()
    story.fail(5).pass_time(5).finish(late, Verdict.FAILURE)
    assert story.state is State.HALF_OPEN


def test_equal_jitter_starts_exactly_and_then_doubles_at_random() -> None:
    story = run(markDeadFor="equalJittered(5s, 300s)").fail(5)
    waits = [story.transitions[-1].wait]
    for _ in range(8):
        story.pass_time(301).fail()
        waits.append(story.transitions[-1].wait)
    assert waits[0] == 5
    lows = [5 * 2**k for k in range(6)]
    assert all(low <= wait < 2 * low or wait == 300 for low, wait in zip(lows, waits[1:], strict=False))
    assert waits[-2:] == [300, 300]
