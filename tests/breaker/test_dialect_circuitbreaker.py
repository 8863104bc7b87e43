"""The surprises of circuitbreaker and of purgatory, which both judge late results by the present state."""

from __future__ import annotations

from helpers import Story, library

from cbtool.breaker import State, Verdict

OPEN, CLOSED, HALF_OPEN = State.OPEN, State.CLOSED, State.HALF_OPEN


def circuitbreaker() -> Story:
    return library("circuitbreaker", {"failure_threshold": 3, "recovery_timeout": 10})


def purgatory() -> Story:
    return library("purgatory", {"default_threshold": 3, "default_ttl": 10})


def test_any_success_closes_however_late() -> None:
    story = circuitbreaker()
    late = story.start()
    assert story.fail(3).state is OPEN
    assert story.finish(late).state is CLOSED


def test_any_failure_begins_the_wait_anew() -> None:
    story = circuitbreaker()
    late = story.start()
    story.fail(3).pass_time(9).finish(late, Verdict.FAILURE).pass_time(9.5)
    assert story.refused()
    story.pass_time(0.5).start()


def test_an_unexpected_exception_closes() -> None:
    assert circuitbreaker().fail(2).ignored().fail(2).state is CLOSED


def test_zero_is_the_default() -> None:
    story = library("circuitbreaker", {"failure_threshold": 0, "recovery_timeout": 0}).fail(4)
    assert story.state is CLOSED
    assert story.fail().transitions[0].wait == 30


def test_purgatory_refuses_at_the_very_end_of_the_wait() -> None:
    story = purgatory().fail(3).pass_time(10)
    assert story.refused()
    story.pass_time(0.001).start()
    assert story.state is HALF_OPEN


def test_purgatory_forgets_what_comes_late_into_open_and_lets_it_decide_half_open() -> None:
    story = purgatory()
    first, second = story.start(), story.start()
    assert story.fail(3).finish(first).state is OPEN
    story.pass_time(11).start()
    assert story.finish(second, Verdict.FAILURE).state is OPEN


def test_a_circuit_s_own_settings_come_before_its_factory_s() -> None:
    own = {"default_threshold": 3, "default_ttl": 5, "threshold": 1, "ttl": 2}
    assert library("purgatory", own).fail().transitions[0].wait == 2
