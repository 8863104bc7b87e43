import pytest
from helpers import Story, consecutive

from cbtool.breaker import CircuitBreaker, HealthCheck, Reason, ResetBy, State, Verdict
from cbtool.errors import CallNotPermittedError


def opened(**settings: object) -> Story:
    story = Story(consecutive(1, **settings))
    return story.fail()


def test_refuses_until_the_wait_has_passed() -> None:
    story = opened().pass_time(9.999999999)
    assert story.refused()
    assert story.state is State.OPEN


def test_the_call_at_exactly_the_end_of_the_wait_is_a_trial() -> None:
    story = opened().pass_time(10)
    story.start()
    assert story.reasons[-1] is Reason.WAIT_OVER
    assert story.state is State.HALF_OPEN


def test_becomes_half_open_only_when_a_call_arrives() -> None:
    story = opened().pass_time(1000)
    story.breaker.advance(story.now)
    assert story.state is State.OPEN


def test_acquire_raises_when_open() -> None:
    story = opened()
    with pytest.raises(CallNotPermittedError, match="the breaker is open"):
        story.breaker.acquire(story.now)


def test_a_late_result_of_the_closed_state_is_dropped() -> None:
    story = Story(consecutive(2))
    late = story.start()
    story.fail(2).pass_time(10).finish(late, Verdict.SUCCESS)
    assert story.state is State.OPEN
    permit = story.start()
    assert story.finish(late, Verdict.FAILURE).state is State.HALF_OPEN
    assert story.finish(permit, Verdict.SUCCESS).state is State.CLOSED


@pytest.mark.parametrize(
    ("settings", "waits"),
    [
        ({}, [10, 10, 10]),
        ({"wait_backoff_multiplier": 2}, [10, 20, 40]),
        ({"wait_backoff_multiplier": 3, "max_wait_duration_in_open_state": 25}, [10, 25, 25]),
    ],
)
def test_each_opening_in_a_row_waits_longer(settings: dict[str, float], waits: list[float]) -> None:
    story = opened(**settings)
    for wait in waits[1:]:
        story.pass_time(wait).fail()
    assert [t.wait for t in story.transitions if t.target is State.OPEN] == waits


def test_closing_starts_the_backoff_afresh() -> None:
    story = opened(wait_backoff_multiplier=2).pass_time(10).fail().pass_time(20).succeed().fail()
    assert [t.wait for t in story.transitions if t.target is State.OPEN] == [10, 20, 10]


def test_a_backoff_without_a_cap_does_not_overflow() -> None:
    story = opened(wait_backoff_multiplier=1e6)
    for _ in range(6):
        wait = story.transitions[-1].wait
        assert wait is not None
        story.pass_time(wait + 1).fail()  # a second more, since floats this large have no nanoseconds
    assert story.transitions[-1].wait == 100 * 365 * 86400


def test_jitter_is_seeded_and_stays_within_its_share() -> None:
    def waits(seed: int) -> list[float]:
        story = Story(consecutive(1, wait_jitter=0.2), seed=seed).fail()
        for _ in range(50):
            story.pass_time(12).fail()
        return [t.wait for t in story.transitions if t.wait is not None]

    first = waits(1)
    assert first == waits(1)
    assert first != waits(2)
    assert all(8 <= wait <= 12 for wait in first)
    assert max(first) > 11.5
    assert min(first) < 8.5


def health(reset_by: ResetBy) -> CircuitBreaker:
    story = opened(health_check=HealthCheck(healthy_after=2, reset_by=reset_by))
    return story.breaker


@pytest.mark.parametrize(
    ("reset_by", "healthy_at", "asked_at", "permitted"),
    [
        (ResetBy.HEALTH, None, 1000, False),
        (ResetBy.HEALTH, 3, 4, True),
        (ResetBy.EARLIER, None, 10, True),
        (ResetBy.EARLIER, 3, 4, True),
        (ResetBy.EARLIER, None, 9, False),
        (ResetBy.LATER, 3, 4, False),
        (ResetBy.LATER, None, 10, False),
        (ResetBy.LATER, 3, 10, True),
    ],
)
def test_health_and_wait(
    reset_by: ResetBy, healthy_at: float | None, asked_at: float, permitted: bool
) -> None:
    breaker = health(reset_by)
    if healthy_at is not None:
        breaker.record_health(True, healthy_at - 1)
        breaker.record_health(True, healthy_at)
    assert (breaker.try_acquire(asked_at) is not None) is permitted


def test_healthy_answers_must_come_in_a_row() -> None:
    breaker = health(ResetBy.HEALTH)
    for now, healthy in enumerate((True, False, True), start=1):
        breaker.record_health(healthy, now)
    assert breaker.try_acquire(4) is None
    breaker.record_health(True, 5)
    assert breaker.try_acquire(5) is not None


def test_health_answers_count_only_while_open() -> None:
    story = Story(consecutive(1, health_check=HealthCheck(healthy_after=1)))
    story.breaker.record_health(True, 0)
    story.fail()
    assert story.refused()
