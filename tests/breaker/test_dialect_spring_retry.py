"""Spring Cloud's breaker over framework retries, read from its source."""

from __future__ import annotations

from helpers import library

from cbtool.breaker import State, Verdict

NAME = "spring-framework-retry"


def test_one_failed_run_opens() -> None:
    assert library(NAME).fail().state is State.OPEN


def test_with_its_defaults_it_closes_without_a_trial() -> None:
    story = library(NAME).fail().pass_time(4.999)
    assert story.refused()
    story.pass_time(0.001).start()
    assert story.state is State.CLOSED


def test_half_open_needs_late_failures_that_keep_coming() -> None:
    story = library(NAME)
    late = [story.start() for _ in range(5)]
    story.fail()
    for each in late:
        story.pass_time(3.9).finish(each, Verdict.FAILURE)
    story.pass_time(0.5).start()
    assert story.state is State.HALF_OPEN


def test_half_open_admits_all_and_the_first_result_decides() -> None:
    story = library(NAME, {"openTimeout": "2s"}).fail().pass_time(2)
    trials = [story.start() for _ in range(10)]
    assert story.state is State.HALF_OPEN
    assert story.finish(trials[0], Verdict.FAILURE).state is State.OPEN
