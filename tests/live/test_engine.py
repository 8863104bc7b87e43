"""The engine: when it sends, what it drops, what it tells the breaker, what it counts."""

from __future__ import annotations

import asyncio

import httpx
import numpy as np
import pytest
from helpers import count_window, time_window
from helpers_live import HANG, Answer, Behaviour, every, plan_of, play

from cbtool.breaker import Outcome, State
from cbtool.live.engine import Engine
from cbtool.live.plan import RequestLine

OK, FAILED = Answer(), Answer(500)


def failing(start: float, end: float, answer: Answer = FAILED) -> Behaviour:
    return lambda now, _: answer if start <= now < end else OK


def test_every_call_is_sent_when_it_is_due() -> None:
    run = play(plan_of([0.0, 0.5, 0.5, 1.75]))
    assert run.target.times == [0.0, 0.5, 0.5, 1.75]
    assert run.result.schedule_lag["max"] == pytest.approx(0.0, abs=1e-9)
    assert run.result.elapsed == pytest.approx(1.76)


def test_a_slow_answer_holds_up_no_other_call() -> None:
    run = play(plan_of(every(0.1, 20), timeout=10.0), Answer(after=5.0))
    assert run.target.times == [round(n * 0.1, 6) for n in range(20)]
    assert run.result.from_sent["max"] == pytest.approx(5.0)


def test_a_call_over_the_cap_is_dropped_and_never_reaches_the_breaker() -> None:
    run = play(plan_of(every(0.1, 10), max_in_flight=4, timeout=10.0), Answer(after=5.0))
    result = run.result
    assert (result.sent, result.dropped, result.summary.calls) == (4, 6, 4)
    assert len(run.lines.calls) == 4
    assert result.values()["dropped"] == 6


def test_latency_counts_from_the_intended_time_too() -> None:
    async def stall(_: Engine) -> None:
        await asyncio.sleep(0.95)
        loop = asyncio.get_running_loop()
        loop._jumping.now += 0.5  # type: ignore[attr-defined]  # the whole client stands still

    run = play(plan_of([0.0, 1.0]), meanwhile=stall)
    assert run.result.from_sent["max"] == pytest.approx(0.01)
    assert run.result.from_intended["max"] == pytest.approx(0.46)
    assert run.result.schedule_lag["max"] == pytest.approx(0.45)
    assert run.lines.calls[1].lag_ms == pytest.approx(450.0)


def test_an_outage_opens_sheds_half_opens_and_closes() -> None:
    run = play(plan_of(every(0.1, 300), time_window()), failing(4.95, 11.95))
    opened, half, closed = run.states[0], run.states[1], run.states[-1]
    # 10 s of 10 calls/s; half of the calls so far have failed after 5 s of failures and 5 s of successes.
    assert opened == (9.91, "open")
    assert half == (20.0, "half_open")
    assert closed == (20.11, "closed")
    summary = run.result.summary
    assert (summary.trips, summary.calls) == (1, 300)
    assert summary.not_permitted == 300 - summary.permitted == 100
    assert summary.time_to_open == pytest.approx((4.9,))
    assert summary.time_to_reset == pytest.approx((10.2,))
    assert summary.time_in_state[State.OPEN] == pytest.approx(10.09)
    assert sum(summary.time_in_state.values()) == pytest.approx(run.result.elapsed)


def test_a_refused_call_is_recorded_without_a_result() -> None:
    run = play(plan_of(every(1.0, 6), count_window(2)), FAILED)
    line = run.lines.calls[-1]
    assert (line.permitted, line.state, line.status, line.outcome, line.duration_ms) == (
        False, "open", None, None, None,
    )  # fmt: skip
    assert len(run.target.asked) == 2


@pytest.mark.parametrize(
    ("answer", "outcome", "kind"),
    [
        (Answer(200), Outcome.SUCCESS, None),
        (Answer(503), Outcome.FAILURE, None),
        (Answer(404), Outcome.IGNORED, None),
        (Answer(200, after=0.6), Outcome.SLOW_SUCCESS, None),
        (Answer(503, after=0.6), Outcome.SLOW_FAILURE, None),
        (Answer(error=httpx.ConnectError), Outcome.FAILURE, "connection_error"),
        (Answer(error=httpx.RemoteProtocolError), Outcome.FAILURE, "connection_error"),
        (Answer(error=httpx.ReadTimeout), Outcome.FAILURE, "timeout"),
        (HANG, Outcome.SLOW_FAILURE, "timeout"),
    ],
)
def test_what_an_answer_counts_as(answer: Answer, outcome: Outcome, kind: str | None) -> None:
    run = play(plan_of([0.0], count_window(slow_call_duration_threshold=0.5)), answer)
    assert {each for each, count in run.result.outcomes.items() if count} == {outcome}
    line = run.lines.calls[0]
    assert (line.outcome, line.error) == (outcome.label, kind)
    assert sum(run.result.errors.values()) == (kind is not None)
    assert run.result.calls.status.tolist() == [0 if kind else answer.status]


def test_a_transport_that_hangs_is_cut_at_the_timeout() -> None:
    run = play(plan_of(every(0.25, 8), timeout=1.5), HANG)
    assert run.result.errors == {"timeout": 8, "connection_error": 0}
    assert run.result.from_sent["min"] == pytest.approx(1.5)
    assert run.result.from_sent["max"] == pytest.approx(1.5)
    assert run.result.elapsed == pytest.approx(7 * 0.25 + 1.5)


def test_calls_are_dealt_to_the_instances_and_each_breaker_sees_its_share() -> None:
    run = play(plan_of(every(0.01, 1000), count_window(20), instances=4, seed=3), failing(4.95, 99.0))
    per_breaker = [sum(line.instance == n for line in run.lines.calls) for n in range(4)]
    assert sum(per_breaker) == 1000
    assert all(200 < each < 300 for each in per_breaker)
    assert run.result.summary.trips == 4
    assert sorted({each.instance for each in run.result.summary.transitions}) == [0, 1, 2, 3]
    assert sum(run.result.summary.time_in_state.values()) == pytest.approx(4 * run.result.elapsed)


def test_stopping_cuts_calls_short_and_reports_what_there_is() -> None:
    async def stop(engine: Engine) -> None:
        await asyncio.sleep(2.05)
        engine.stop()

    answers: Behaviour = lambda now, _: HANG if now >= 0.95 else OK  # noqa: E731
    run = play(plan_of(every(0.1, 1000), timeout=60.0), answers, meanwhile=stop)
    result = run.result
    assert result.interrupted
    assert result.elapsed == pytest.approx(2.05)
    assert (result.sent, result.results, result.cut_short) == (21, 10, 11)
    assert result.errors == {"timeout": 0, "connection_error": 0}


def test_a_broken_transport_ends_the_run_with_its_error() -> None:
    def broken(now: float, _: httpx.Request) -> Answer:
        if now > 0.5:
            raise ZeroDivisionError
        return OK

    with pytest.raises(ZeroDivisionError):
        play(plan_of(every(0.1, 100)), broken)


def test_a_replay_sends_each_line_of_the_log() -> None:
    lines = (RequestLine("GET", "/a?x=1"), RequestLine("HEAD", "/b"))
    line_of = np.array([1, 0, 1], dtype=np.int32)
    run = play(plan_of([0.0, 1.0, 2.0], lines=lines, line_of=line_of))
    assert [(request.method, request.url.path) for _, request in run.target.asked] == [
        ("HEAD", "/ask/b"), ("GET", "/ask/a"), ("HEAD", "/ask/b"),
    ]  # fmt: skip


def test_the_view_shows_the_run_while_it_goes_on() -> None:
    views = []

    async def look(engine: Engine) -> None:
        for _ in range(4):
            engine.view()
            await asyncio.sleep(4.0)
            views.append(engine.view())

    run = play(plan_of(every(0.1, 300), time_window()), failing(4.95, 11.95), meanwhile=look)
    first, _, third = views[:3]
    assert first.counts["calls"] == pytest.approx(40, abs=2)
    assert first.rate == pytest.approx(10.0, rel=0.01)
    assert first.target_rate == pytest.approx(10.0)
    assert first.breakers[0].state is State.CLOSED
    assert first.breakers[0].snapshot.calls == first.counts["success"]
    assert third.breakers[0].state is State.OPEN
    assert third.breakers[0].open_until == pytest.approx(19.91)
    assert third.trips == 1
    assert third.seconds[6].failures == 10
    assert third.seconds[10].open_share == 1.0
    assert run.engine.view().counts["calls"] == 300


def test_the_calls_of_a_run_can_be_analysed_afterwards() -> None:
    run = play(plan_of([0.0, 0.1, 0.2]), lambda now, _: Answer(200, after=0.5 - now))
    calls = run.result.calls
    assert calls.start_ns.tolist() == [0, 100_000_000, 200_000_000]
    assert calls.duration_ns.tolist() == [500_000_000, 400_000_000, 300_000_000]


def test_the_numbers_for_thresholds() -> None:
    run = play(plan_of(every(0.1, 300), time_window()), failing(4.95, 11.95))
    values = run.result.values()
    assert (values["opens"], values["trips"], values["closes"]) == (1, 1, 1)
    assert values["rejected"] == pytest.approx(100 / 3)
    assert values["failure_rate"] == pytest.approx(100 * 50 / 200)
    assert values["error_rate"] == values["failure_rate"]
    assert values["time_to_open"] == pytest.approx(4.9)
    assert values["p95"] == pytest.approx(0.01, rel=1e-3)


def test_a_trip_that_was_not_got_over_has_no_time_to_close() -> None:
    run = play(plan_of(every(0.1, 100), time_window()), failing(4.95, 99.0))
    assert run.result.values()["trips"] == 1
    assert "time_to_close" not in run.result.values()
