"""What becomes of refused calls (shadow, redirect), and how health checks end the open state."""

from __future__ import annotations

import httpx
import pytest
from helpers import count_window
from helpers_live import HANG, URL, Answer, Behaviour, every, plan_of, play

from cbtool.breaker import HealthCheck, ResetBy, WhenOpen, WhenOpenAction

FALLBACK = "http://127.0.0.1:9001"


def test_in_shadow_every_call_is_sent_and_the_states_are_the_same() -> None:
    behaviour: Behaviour = lambda now, _: Answer(500 if 5.0 <= now < 12.0 else 200)  # noqa: E731
    settings = count_window(10)
    shadow = play(plan_of(every(0.1, 400), settings, shadow=True), behaviour)
    blocking = play(plan_of(every(0.1, 400), settings), behaviour)
    assert shadow.states == blocking.states
    assert len(shadow.target.asked) == 400
    assert shadow.result.summary.not_permitted == blocking.result.summary.not_permitted > 0
    impact = shadow.result.summary.impact
    refused = [line for line in shadow.lines.calls if not line.permitted]
    assert impact.failed_shed == sum(line.status == 500 for line in refused) > 0
    assert impact.healthy_refused == sum(line.status == 200 for line in refused) > 0
    assert blocking.result.summary.impact.failed_shed is None


def redirecting(target: str = FALLBACK) -> Behaviour:
    def behaviour(_: float, request: httpx.Request) -> Answer:
        return Answer(200 if str(request.url).startswith(target) else 500)

    return behaviour


def test_refused_calls_go_to_the_fallback_and_count_apart() -> None:
    config = count_window(4, when_open=WhenOpen(WhenOpenAction.REDIRECT, FALLBACK))
    run = play(plan_of(every(0.1, 50), config), redirecting())
    result = run.result
    assert (result.redirected, result.redirected_failed) == (46, 0)
    assert result.summary.not_permitted == 46
    assert result.results == 4
    assert {str(request.url) for _, request in run.target.asked} == {URL, f"{FALLBACK}/ask"}
    line = run.lines.calls[-1]
    assert (line.permitted, line.redirected, line.status) == (False, True, 200)


def test_a_fallback_with_a_path_of_its_own_keeps_it() -> None:
    config = count_window(4, when_open=WhenOpen(WhenOpenAction.REDIRECT, f"{FALLBACK}/sorry"))
    run = play(plan_of(every(0.1, 10), config), redirecting())
    assert str(run.target.asked[-1][1].url) == f"{FALLBACK}/sorry"


def test_in_shadow_nothing_is_redirected() -> None:
    config = count_window(4, when_open=WhenOpen(WhenOpenAction.REDIRECT, FALLBACK))
    run = play(plan_of(every(0.1, 50), config, shadow=True), redirecting())
    assert {str(request.url) for _, request in run.target.asked} == {URL}


def checked(healthy_from: float, answer: Answer = Answer(503)) -> Behaviour:  # noqa: B008  # frozen
    """Fails until `healthy_from`, and says so on its health endpoint."""

    def behaviour(now: float, request: httpx.Request) -> Answer:
        if now >= healthy_from:
            return Answer(200)
        return answer if request.url.path == "/healthz" else Answer(500)

    return behaviour


@pytest.mark.parametrize("answer", [Answer(503), Answer(404), Answer(error=httpx.ConnectError), HANG])
def test_health_checks_are_made_while_open_and_end_it(answer: Answer) -> None:
    check = HealthCheck(interval=1.0, healthy_after=3, reset_by=ResetBy.HEALTH)
    config = count_window(4, health_check=check)
    run = play(plan_of(every(0.1, 200), config, timeout=0.8), checked(5.0, answer))
    asked = [now for now, request in run.target.asked if request.url.path == "/healthz"]
    opened = run.states[0][0]
    assert opened == pytest.approx(0.31)
    assert asked[:4] == pytest.approx([opened + n for n in range(1, 5)])
    healthy = [now for now in asked if now >= 5.0]
    assert len(healthy) == 3  # then the breaker half-opened with the next call, and nobody asked any more
    assert run.states[1] == (pytest.approx(8 - 0.6 - 0.0, abs=0.5), "half_open")
    assert run.states[-1][1] == "closed"
    assert run.result.summary.calls == 200


def test_health_checks_stop_with_the_run() -> None:
    config = count_window(4, health_check=HealthCheck(interval=1.0))
    run = play(plan_of(every(0.1, 20), config), checked(1e9))
    assert run.result.elapsed < 2.1
