"""One server under nginx's passive checks, read from its source."""

from __future__ import annotations

from helpers import Story, library

from cbtool.breaker import CircuitBreaker, State, Verdict


def nginx(max_fails: int = 3, fail_timeout: str = "10s") -> Story:
    return library("nginx", {"max_fails": max_fails, "fail_timeout": fail_timeout})


def test_one_failure_takes_a_server_out_for_more_than_ten_whole_seconds() -> None:
    story = library("nginx").pass_time(0.9).fail()
    assert story.pass_time(10.0).refused(), "10.9 s: ten whole seconds have passed, not more"
    story.pass_time(0.1).start()


def test_the_second_may_be_nearly_over() -> None:
    story = library("nginx").pass_time(0.999).fail().pass_time(10.001)
    assert not story.refused()


def test_successes_between_failures_do_not_reset_the_count() -> None:
    assert nginx().fail().succeed(50).fail().succeed(50).fail().state is State.OPEN


def test_failures_far_apart_add_up_when_nothing_lies_between() -> None:
    story = nginx().fail().pass_time(3600).fail().pass_time(3600).fail()
    assert story.state is State.OPEN


def test_a_success_long_after_the_last_failure_forgives_all() -> None:
    story = nginx().fail(2).pass_time(11).succeed().fail(2)
    assert story.state is State.CLOSED
    assert story.fail().state is State.OPEN


def test_one_trial_each_fail_timeout() -> None:
    story = nginx().fail(3).pass_time(11)
    story.start()
    assert story.pass_time(10).refused()
    story.pass_time(1).start()


def test_a_late_failure_extends_and_a_late_success_clears_once_a_trial_is_out() -> None:
    story = nginx()
    first, second = story.start(), story.start()
    story.fail(3).pass_time(5).finish(first, Verdict.FAILURE)
    assert story.pass_time(10).refused()
    story.pass_time(1).start()
    assert story.finish(second).state is State.CLOSED


def test_seconds_are_those_of_the_clock() -> None:
    config = library("nginx").breaker.config
    breaker = CircuitBreaker(config, epoch=1_700_000_000.25)
    permit = breaker.try_acquire(0.0)
    assert permit is not None
    breaker.record(permit, Verdict.FAILURE, 0.7, 0.7)  # 1_700_000_000.95
    assert breaker.try_acquire(10.7) is None
    assert breaker.try_acquire(10.75) is not None


def test_zero_switches_it_off() -> None:
    assert nginx(0).fail(1000).state is State.CLOSED
