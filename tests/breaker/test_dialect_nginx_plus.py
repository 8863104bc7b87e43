"""NGINX Plus' slow start and health checks, held to the words of its documentation."""

from __future__ import annotations

from helpers import Story, library

from cbtool.breaker import BreakerConfig, HealthCheck, State, dialect_named


def back_after(slow_start: str = "10s") -> Story:
    """A server that failed at 0 s, unavailable for ten whole seconds, and available again from 11 s on."""
    return library("nginx-plus", {"slow_start": slow_start}).fail().pass_time(11)


def test_without_a_slow_start_it_is_nginx() -> None:
    story = back_after("0s")
    story.start()
    assert story.refused()


def test_a_server_that_is_back_gets_a_growing_share() -> None:
    story = back_after()
    assert story.refused(), "its weight recovers from zero"
    story.pass_time(5)
    # Half of them may pass and less must have: with the one before, two are refused until one is not.
    assert [story.refused() for _ in range(2)] == [True, False]
    admitted = 0
    for _ in range(40):
        story.pass_time(0.1)
        admitted += not story.refused()
    assert 0.6 < admitted / 40 < 1


def test_all_of_its_weight_is_back_after_the_slow_start() -> None:
    story = back_after()
    story.refused()
    story.pass_time(10.001).succeed(20)
    assert story.state is State.CLOSED


def test_one_failure_while_it_starts_takes_it_out_again() -> None:
    story = back_after()
    story.refused()
    story.pass_time(9).fail()
    assert story.state is State.OPEN
    assert story.pass_time(10).refused()


def test_health_checks_hold_it_unavailable() -> None:
    health = HealthCheck(path="/healthz", interval=5.0, healthy_after=2)
    config = BreakerConfig.of(dialect_named("nginx-plus"), {"health_check": health})
    story = Story(config).fail().pass_time(60)
    assert story.refused(), "no check has passed"
    story.breaker.record_health(True, story.now)
    story.breaker.record_health(True, story.now)
    assert not story.refused()


def test_it_is_marked_as_documented() -> None:
    config: BreakerConfig = library("nginx-plus").breaker.config
    assert config.dialect.evidence.value == "documented"
