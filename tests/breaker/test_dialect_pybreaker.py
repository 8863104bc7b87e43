"""The surprises of pybreaker and aiobreaker, whose results are judged by the state that admitted the call."""

from __future__ import annotations

import pytest
from helpers import Story, library

from cbtool.breaker import State, Verdict

OPEN, CLOSED, HALF_OPEN = State.OPEN, State.CLOSED, State.HALF_OPEN
SUCCESS, FAILURE = Verdict.SUCCESS, Verdict.FAILURE


@pytest.fixture(params=["pybreaker", "aiobreaker"])
def story(request: pytest.FixtureRequest) -> Story:
    wait = "reset_timeout" if request.param == "pybreaker" else "timeout_duration"
    return library(request.param, {"fail_max": 3, wait: 10})


def test_a_late_failure_begins_the_wait_anew(story: Story) -> None:
    late = story.start()
    story.fail(3).pass_time(9).finish(late, FAILURE).pass_time(9.999)
    assert story.refused()
    story.pass_time(0.001).start()
    assert story.state is HALF_OPEN


def test_a_late_success_lets_failures_begin_at_none(story: Story) -> None:
    good, bad = story.start(), story.start()
    story.fail(3).pass_time(9).finish(good).finish(bad, FAILURE).pass_time(1).start()
    assert story.state is HALF_OPEN, "one failure alone does not begin the wait anew"


def test_every_call_is_a_trial(story: Story) -> None:
    story.fail(3).pass_time(10)
    for _ in range(5):
        story.start()
    assert story.state is HALF_OPEN


def test_a_trial_that_fails_reopens_what_another_has_closed(story: Story) -> None:
    story.fail(3).pass_time(10)
    first, second = story.start(), story.start()
    assert story.finish(first).state is CLOSED
    assert story.finish(second, FAILURE).state is OPEN


def test_a_trial_that_succeeds_closes_what_another_has_reopened(story: Story) -> None:
    story.fail(3).pass_time(10)
    first, second = story.start(), story.start()
    assert story.finish(first, FAILURE).state is OPEN
    assert story.finish(second).state is CLOSED


def test_an_excluded_exception_is_a_success(story: Story) -> None:
    assert story.fail(2).ignored().fail(2).state is CLOSED
    assert story.fail().pass_time(10).ignored().state is CLOSED


def test_no_failure_allowed_is_one_failure() -> None:
    assert library("pybreaker", {"fail_max": 0}).fail().state is OPEN


def test_a_timeout_of_nothing_is_a_minute() -> None:
    assert library("aiobreaker", {"timeout_duration": 0}).fail(5).transitions[0].wait == 60
