"""The fault lab on loopback, under a clock that the tests turn."""

from __future__ import annotations

import asyncio
import heapq
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from cbtool.errors import ConfigurationError, UnreachableError
from cbtool.live.headers import PREFLIGHT_HEADER
from cbtool.live.upstream import HEALTH_PATH, INSTANCE_HEADER, FaultLab, Start, serve
from cbtool.live.upstream_fate import FateKind, draw
from cbtool.live.upstream_port import loopback
from cbtool.live.upstream_text import describe_phase
from cbtool.logs import read_calls
from cbtool.traffic.scenario import Conditions, Phase, Scenario

AT_ONCE = {"latency_median": 1e-6, "latency_p99": 1e-6}  # shorter than the lab's shortest sleep
PATIENCE = 20.0  # real seconds after which a test that waits on loopback is broken


class FakeClock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.time = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + seconds, id(future), future))
        await future

    async def advance_to(self, time: float) -> None:
        """Pass time, and let what slept until then run."""
        while self._sleepers and self._sleepers[0][0] <= time:
            self.time, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
            await turns()
        self.time = time
        await turns()

    async def until_asleep(self, sleepers: int) -> None:
        """Return when so many sleep, among them the lab itself; a request needs loopback IO to get there."""
        await until(lambda: sum(not future.done() for *_, future in self._sleepers) >= sleepers)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


async def turns() -> None:
    """Let the event loop turn often enough for a chain of callbacks."""
    for _ in range(20):
        await asyncio.sleep(0)


async def until(holds: Callable[[], bool]) -> None:
    """Turn the event loop until something holds that only its IO brings about."""
    while not holds():  # noqa: ASYNC110  # no event is set by what the tests look at
        await asyncio.sleep(0)


async def ask(lab: FaultLab, path: str = "/", *, method: str = "GET", headers: str = "") -> Answer:
    host, _, port = lab.url.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    try:
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n{headers}Connection: close\r\n\r\n".encode())
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    finally:
        writer.close()
    first, *fields = head.split("\r\n")
    return Answer(int(first.split()[1]), dict(field.split(": ", 1) for field in fields), body)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), PATIENCE))


def scenario(*phases: Phase, **settings: Any) -> Scenario:
    return Scenario("test", phases, **settings)


def phase(name: str = "phase", duration: float = 10.0, **settings: Any) -> Phase:
    return Phase(name, duration, 100.0, **{**AT_ONCE, **settings})


# What is drawn


def draws(conditions: Conditions, number: int = 20_000, **settings: Any) -> Counter[tuple[FateKind, int]]:
    random = Random(5)
    fates = (draw(conditions, random, **settings) for _ in range(number))
    return Counter((fate.kind, fate.status) for fate in fates)


def test_faults_are_as_frequent_as_the_conditions_say() -> None:
    mixed = phase(reset=5, timeouts=10, failure_rate=20, statuses=(500, 503))
    drawn = draws(scenario(mixed).at(0))
    expected = {
        (FateKind.RESET, 0): 0.05,
        (FateKind.HANG, 200): 0.10,
        (FateKind.ANSWER, 500): 0.10,
        (FateKind.ANSWER, 503): 0.10,
        (FateKind.ANSWER, 200): 0.65,
    }
    assert set(drawn) == set(expected)
    for fate, share in expected.items():
        # The standard error of a share over 20,000 draws is at most 0.0035; four of them.
        assert drawn[fate] / 20_000 == pytest.approx(share, abs=0.014)


def test_latency_is_log_normal_between_median_and_p99() -> None:
    conditions = scenario(phase(latency_median=0.02, latency_p99=0.1)).at(0)
    random = Random(5)
    delays = sorted(draw(conditions, random).delay for _ in range(20_000))
    # Quantiles over 20,000 draws: the median within about 1 %, the p99 within about 4 %.
    assert delays[10_000] == pytest.approx(0.02, rel=0.03)
    assert delays[19_800] == pytest.approx(0.1, rel=0.12)


def test_the_same_seed_draws_the_same_fates() -> None:
    conditions = scenario(phase(reset=5, timeouts=10, failure_rate=20)).at(0)
    first, second = Random(9), Random(9)
    assert [draw(conditions, first) for _ in range(500)] == [draw(conditions, second) for _ in range(500)]


def test_only_the_bad_instances_fail() -> None:
    conditions = scenario(phase(failure_rate=100, bad_instances=1), instances=8).at(0)
    assert set(draws(conditions, 100, instance=0)) == {(FateKind.ANSWER, 503)}
    assert set(draws(conditions, 100, instance=1)) == {(FateKind.ANSWER, 200)}


def test_a_bad_instance_that_refuses_resets_instead_since_the_port_is_shared() -> None:
    conditions = scenario(phase(refuse=True, bad_instances=1), instances=2).at(0)
    assert set(draws(conditions, 100, instance=0)) == {(FateKind.RESET, 0)}
    assert set(draws(conditions, 100, instance=1)) == {(FateKind.ANSWER, 200)}


# What is served


def test_statuses_and_instances_are_answered() -> None:
    async def story() -> None:
        broken = scenario(phase(failure_rate=100, statuses=(502,), bad_instances=1), instances=2)
        async with serve(broken, clock=FakeClock()) as lab:
            answers = [await ask(lab) for _ in range(4)]
            assert [a.status for a in answers] == [502, 200, 502, 200]
            assert [a.headers[INSTANCE_HEADER] for a in answers] == ["0", "1", "0", "1"]
            assert lab.served.answered == {502: 2, 200: 2}
            assert str(lab.served) == "served 4 requests (2 × 200, 2 × 502), 0 health checks"

    run(story)


def test_an_answer_takes_its_latency_on_the_clock() -> None:
    async def story() -> None:
        clock = FakeClock()
        slow = scenario(phase(latency_median=2.0, latency_p99=2.0))
        async with serve(slow, clock=clock) as lab:
            call = asyncio.create_task(ask(lab))
            await clock.until_asleep(1)
            await clock.advance_to(1.999)
            assert not call.done()
            await clock.advance_to(2.0)
            assert (await call).status == 200

    run(story)


def test_health_tells_the_truth_in_every_phase_and_starts_no_clock() -> None:
    async def story() -> None:
        clock = FakeClock()
        phases = scenario(
            phase("ok", failure_rate=1),
            phase("bad", failure_rate=30),
            phase("lying", failure_rate=30, healthy=True),
        )
        async with serve(phases, clock=clock) as lab:
            assert (await ask(lab, HEALTH_PATH)).status == 200
            await clock.advance_to(15.0)
            assert lab.time == 0.0
            assert (await ask(lab, HEALTH_PATH + "?deep=1")).status == 200
            await ask(lab)
            await turns()
            await clock.advance_to(15.0 + 10.0)
            answer = await ask(lab, HEALTH_PATH)
            assert (answer.status, answer.body) == (503, "unhealthy\n")
            await clock.advance_to(15.0 + 20.0)
            assert (await ask(lab, HEALTH_PATH)).status == 200
            assert (lab.served.requests, lab.served.health_checks) == (1, 4)

    run(story)


def test_a_preflight_neither_counts_nor_starts_the_clock() -> None:
    async def story() -> None:
        clock = FakeClock()
        async with serve(scenario(phase(failure_rate=100)), clock=clock) as lab:
            ours = f"User-Agent: cbtool/0\r\n{PREFLIGHT_HEADER}: 1\r\n"
            assert (await ask(lab, method="HEAD", headers=ours)).status == 200
            clock.time = 5.0
            assert (lab.time, lab.served.requests) == (0.0, 0)
            assert (await ask(lab, method="HEAD")).status == 503
            assert lab.served.requests == 1

    run(story)


def test_a_reset_is_a_reset() -> None:
    async def story() -> None:
        async with serve(scenario(phase(reset=100)), clock=FakeClock()) as lab:
            for _ in range(3):
                with pytest.raises(ConnectionResetError):
                    await ask(lab)
            assert (lab.served.resets, lab.served.requests) == (3, 3)

    run(story)


def test_a_refusing_phase_closes_the_port_and_its_connections_then_opens_it_again() -> None:
    async def story() -> None:
        clock = FakeClock()
        names: list[tuple[float, str]] = []
        dead = scenario(phase("up"), phase("dead", refuse=True), phase("back"))
        async with serve(dead, clock=clock, on_phase=lambda t, p: names.append((t, p.name))) as lab:
            assert (await ask(lab)).status == 200
            await turns()
            host, _, port = lab.url.removeprefix("http://").partition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            await clock.advance_to(10.0)
            with pytest.raises(ConnectionResetError):
                await reader.read()
            writer.close()
            for _ in range(3):
                with pytest.raises(ConnectionRefusedError):
                    await ask(lab)
            url = lab.url
            await clock.advance_to(20.0)
            assert (await ask(lab)).status == 200
            assert lab.url == url
            assert names == [(0.0, "up"), (10.0, "dead"), (20.0, "back")]

    run(story)


def test_while_it_refuses_nobody_else_gets_the_port() -> None:
    async def story() -> None:
        async with serve(scenario(phase(refuse=True)), clock=FakeClock()) as lab:
            port = int(lab.url.rpartition(":")[2])
            with socket.socket() as other, pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port))

    run(story)


def test_a_scenario_that_begins_refusing_starts_now_since_no_request_could_start_it() -> None:
    async def story() -> None:
        clock = FakeClock()
        async with serve(scenario(phase(refuse=True), phase("back")), clock=clock) as lab:
            with pytest.raises(ConnectionRefusedError):
                await ask(lab)
            await clock.advance_to(10.0)
            assert (await ask(lab)).status == 200

    run(story)


def test_the_end_stays_and_a_loop_begins_again() -> None:
    async def statuses(**options: Any) -> list[int]:
        clock, seen = FakeClock(), []
        two = scenario(phase("ok"), phase("bad", failure_rate=100))
        async with serve(two, clock=clock, start=Start.NOW, **options) as lab:
            for time in (5.0, 15.0, 25.0, 35.0):
                await clock.advance_to(time)
                seen.append((await ask(lab)).status)
        return seen

    assert asyncio.run(statuses()) == [200, 503, 503, 503]
    assert asyncio.run(statuses(repeat=True)) == [200, 503, 200, 503]


def test_a_hang_ends_when_its_caller_leaves_and_nothing_piles_up() -> None:
    async def story() -> None:
        clock = FakeClock()
        async with serve(scenario(phase(timeouts=100, hang=1000.0)), clock=clock) as lab:
            call = asyncio.create_task(ask(lab))
            await clock.until_asleep(1)
            call.cancel()
            await until(lambda: lab.served.abandoned > 0)
            assert (lab.served.abandoned, lab.served.requests) == (1, 1)

    run(story)


def test_closing_ends_open_connections_at_once() -> None:
    async def story() -> None:
        clock = FakeClock()
        async with serve(scenario(phase(timeouts=100, hang=1000.0)), clock=clock) as lab:
            call = asyncio.create_task(ask(lab))
            await clock.until_asleep(1)
        with pytest.raises(ConnectionResetError):
            await call

    run(story)


# What is logged


def test_the_access_log_reads_back_as_calls(tmp_path: Path) -> None:
    log = tmp_path / "access.log"

    async def serve_with(faults: Phase, request: Callable[[FaultLab], Awaitable[Any]]) -> None:
        async with serve(scenario(faults), clock=FakeClock(), access_log=log) as lab:
            await request(lab)

    async def story() -> None:
        for _ in range(3):
            await serve_with(phase(), lambda lab: ask(lab, '/a"b\\c', headers="User-Agent: a\tb\r\n"))
        await serve_with(phase(failure_rate=100), ask)

        async def expect_reset(lab: FaultLab) -> None:
            with pytest.raises(ConnectionResetError):
                await ask(lab)

        await serve_with(phase(reset=100), expect_reset)

    run(story)
    read = read_calls([str(log)])
    assert (read.lines, read.rejected) == (5, 0)
    assert sorted(read.calls.status) == [200, 200, 200, 502, 503]
    assert read.calls.knows_durations
    assert r'"GET /a\x22b\x5Cc HTTP/1.1" 200 3 "-" "a\x09b" 0.000' in log.read_text()


# What is refused


def test_a_client_that_speaks_no_http_is_told_so_and_leaves_no_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        async with serve(scenario(phase()), clock=FakeClock()) as lab:
            assert (await ask(lab, "/\x7f")).status == 400
            assert (await ask(lab)).status == 200
            assert lab.served.requests == 1

    run(story)
    assert caplog.text == ""


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.1", "example.org", "::"])  # noqa: S104  # refused
def test_only_loopback_is_served(host: str) -> None:
    with pytest.raises(ConfigurationError, match="not on loopback"):
        loopback(host)


@pytest.mark.parametrize(
    ("host", "address"), [("localhost", "127.0.0.1"), ("[::1]", "::1"), ("127.0.0.9",) * 2]
)
def test_loopback_has_several_names(host: str, address: str) -> None:
    assert loopback(host) == address


def test_a_taken_port_is_an_error_that_names_it() -> None:
    async def story() -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            with pytest.raises(
                UnreachableError, match=f"port {port}: Address already in use; choose another"
            ):
                async with serve(scenario(phase()), port=port):
                    pass

    run(story)


# What is said


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "p (10s): no faults, latency 20ms to 100ms"),
        ({"refuse": True}, "p (10s): connections refused"),
        (
            {"failure_rate": 0, "failure_rate_to": 40, "statuses": (500, 503)},
            "p (10s): 0 % to 40 % 500/503, latency 20ms to 100ms",
        ),
        (
            {"timeouts": 5, "hang": 2, "reset": 1, "bad_instances": 1},
            "p (10s): 5 % hang for 2s, 1 % reset, latency 20ms to 100ms, on 1 bad instance",
        ),
        (
            {"slow_start": 3, "recovery": 5},
            "p (10s): no faults, latency 20ms to 100ms, slow start over 3s, recovering over 5s",
        ),
    ],
)
def test_a_phase_in_words(settings: dict[str, Any], words: str) -> None:
    assert describe_phase(Phase("p", 10.0, 1.0, **settings)) == words
