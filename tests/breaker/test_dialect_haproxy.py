"""One server under HAProxy's observation of traffic, read from its source."""

from __future__ import annotations

import pytest
from helpers import Story, library

from cbtool.breaker import HealthCheck, State


def haproxy(on_error: str = "mark-down", **native: object) -> Story:
    return library("haproxy", {"on-error": on_error, "error-limit": 5, "inter": "10s", **native})


@pytest.mark.parametrize(
    ("on_error", "fall", "errors"),
    [
        ("mark-down", 3, 5),
        ("sudden-death", 3, 10),
        ("sudden-death", 1, 5),
        ("fail-check", 3, 15),
        ("fail-check", 1, 5),
    ],
)
def test_how_many_errors_take_a_server_down(on_error: str, fall: int, errors: int) -> None:
    story = haproxy(on_error, fall=fall).fail(errors - 1)
    assert story.state is State.CLOSED
    assert story.fail().state is State.OPEN


def test_a_success_ends_a_run_but_takes_no_strike_back() -> None:
    story = haproxy("fail-check").fail(10).succeed().fail(4)
    assert story.state is State.CLOSED
    assert story.fail().state is State.OPEN


def test_a_check_that_passes_between_takes_all_back() -> None:
    story = haproxy().pass_time(9).fail(4).pass_time(1).fail(4)
    assert story.state is State.CLOSED
    assert story.fail().state is State.OPEN


def test_asking_for_quicker_checks_only_takes_nobody_down() -> None:
    assert haproxy("fastinter").fail(1000).state is State.CLOSED


@pytest.mark.parametrize(("at", "rise", "up"), [(1, 2, 20), (10, 2, 30), (19.9, 1, 20), (1, 4, 40)])
def test_it_comes_up_at_the_last_of_the_checks_that_it_needs(at: float, rise: int, up: float) -> None:
    story = haproxy(rise=rise).pass_time(at).fail(5)
    assert story.pass_time(up - at - 0.001).refused()
    story.pass_time(0.001).succeed(100)
    assert story.state is State.CLOSED


def test_with_a_health_check_its_answers_count() -> None:
    config = haproxy().breaker.config
    checked = type(config)(**{**_fields(config), "health_check": HealthCheck(interval=2, healthy_after=9)})
    story = Story(checked).fail(5).pass_time(60)
    assert story.refused()
    for _ in range(2):
        story.breaker.record_health(True, story.now)
    story.start()


def _fields(config: object) -> dict[str, object]:
    names = ("sliding_window_type", "sliding_window_size", "dialect", "options")
    return {name: getattr(config, name) for name in names}
