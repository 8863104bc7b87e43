"""The two samples of Fowler's article."""

from __future__ import annotations

from helpers import Story, library

from cbtool.breaker import State, Verdict


def with_reset(**native: object) -> Story:
    return library("fowler-reset-timeout", {"failure_threshold": 3, "reset_timeout": 10, **native})


def test_failures_count_in_a_row() -> None:
    story = library("fowler").fail(4).succeed().fail(4)
    assert story.state is State.CLOSED
    assert story.fail().state is State.OPEN


def test_the_first_sample_stays_open_until_it_is_reset() -> None:
    assert library("fowler").fail(5).pass_time(365 * 86400).refused()


def test_a_success_that_was_still_on_its_way_resets_it() -> None:
    story = library("fowler")
    late = story.start()
    assert story.fail(5).finish(late).state is State.CLOSED


def test_the_reset_timeout_must_be_exceeded() -> None:
    story = with_reset().fail(3).pass_time(10)
    assert story.refused()
    assert story.pass_time(0.001).succeed().state is State.CLOSED


def test_half_open_lets_every_call_through() -> None:
    story = with_reset().fail(3).pass_time(11)
    trials = [story.start() for _ in range(5)]
    assert story.finish(trials[0], Verdict.FAILURE).state is State.OPEN
    assert story.finish(trials[1]).state is State.CLOSED


def test_a_late_failure_begins_the_timeout_anew() -> None:
    story = with_reset()
    late = story.start()
    story.fail(3).pass_time(8).finish(late, Verdict.FAILURE)
    assert story.pass_time(9).refused()
    story.pass_time(1.001).start()
