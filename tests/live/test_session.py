"""A whole run: signals, record and dashboard around the engine."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from helpers_live import Untouchable, every, plan_of

from cbtool.errors import ConfigurationError, UnreachableError
from cbtool.live.session import allow_sockets, run_live

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.live.engine import Engine


class Instant(httpx.AsyncBaseTransport):
    """Answers at once."""

    closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002
        return httpx.Response(200)

    async def aclose(self) -> None:
        self.closed = True


class Interrupting(Instant):
    """Answers three calls, then never; with the fourth, a signal comes."""

    def __init__(self, number: signal.Signals) -> None:
        self.asked = 0
        self._number = number

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.asked == 4:
            os.kill(os.getpid(), self._number)
        if self.asked > 3:
            await asyncio.Event().wait()
        return await super().handle_async_request(request)


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_at_once_with_everything_written(
    number: signal.Signals, tmp_path: Path
) -> None:
    path = tmp_path / "run.ndjson"
    plan = plan_of([0.0, 0.001, 0.002, 0.003, 0.004, 3600.0], timeout=600.0)
    before = signal.getsignal(number)
    result = run_live(plan, record_path=path, check=False, transport=lambda: Interrupting(number))
    assert result.interrupted
    assert result.elapsed < 1.0
    assert result.results == 3
    assert result.cut_short >= 1
    lines = lines_of(path)
    assert [line["type"] for line in lines] == ["header", "call", "call", "call", "end"]
    assert lines[-1]["interrupted"] is True
    assert signal.getsignal(number) == before


def test_the_record_says_what_ran_without_secrets(tmp_path: Path) -> None:
    path = tmp_path / "run.ndjson"
    base = plan_of(every(0.001, 3), seed=7, instances=2)
    plan = type(base)(
        "probe", "http://me:hunter2@127.0.0.1:1/x?token=hunter2", base.schedule, base.config, seed=7,
        instances=2, headers=(("Authorization", "hunter2"),),
    )  # fmt: skip
    run_live(plan, record_path=path, check=False, transport=Instant)
    header = lines_of(path)[0]
    assert header["target"] == "http://127.0.0.1:1/x?token=REDACTED"
    assert (header["command"], header["seed"], header["instances"]) == ("probe", 7, 2)
    assert header["profile"]["failure_rate_threshold"] == 50
    assert header["outcomes"]["ignored"] == ["4xx"]
    assert header["epoch"] > 1.7e9
    assert "hunter2" not in path.read_text()


def test_a_dashboard_is_attached_for_the_length_of_the_run() -> None:
    seen: list[float] = []

    @contextmanager
    def dashboard(engine: Engine) -> Iterator[None]:
        seen.append(engine.view().elapsed)
        yield
        seen.append(engine.view().counts["calls"])

    run_live(plan_of(every(0.001, 5)), check=False, transport=Instant, dashboard=dashboard)
    assert seen == [0.0, 5]


def test_nothing_is_sent_where_the_record_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="cannot be written"):
        run_live(plan_of([0.0]), record_path=tmp_path / "no" / "run.ndjson", transport=Untouchable)


def test_the_target_is_asked_first_and_left_alone_if_it_does_not_answer() -> None:
    asked: list[str] = []

    class Down(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request.method)
            raise httpx.ConnectError("connection refused")

    with pytest.raises(UnreachableError, match="connection refused"):
        run_live(plan_of([0.0, 0.1]), transport=Down)
    assert asked == ["HEAD"]


def test_the_process_is_left_as_it_was() -> None:
    transport = Instant()
    before = sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count()
    run_live(plan_of([0.0]), check=False, transport=lambda: transport)
    assert (sys.getswitchinterval(), gc.get_threshold(), gc.get_freeze_count()) == before
    assert transport.closed


def test_a_stop_before_the_start_sends_nothing() -> None:
    @contextmanager
    def impatient(engine: Engine) -> Iterator[None]:
        engine.stop()
        yield

    result = run_live(plan_of([0.0]), check=False, transport=Untouchable, dashboard=impatient)
    assert (result.interrupted, result.sent) == (True, 0)


def test_more_calls_in_flight_than_the_system_has_files_for(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = [(1024, 4096)]
    monkeypatch.setattr("resource.getrlimit", lambda _: limits[-1])
    monkeypatch.setattr("resource.setrlimit", lambda _, limit: limits.append(limit))
    allow_sockets(500)
    assert limits == [(1024, 4096)]
    allow_sockets(4000)
    assert limits[-1] == (4064, 4096)
    with pytest.raises(ConfigurationError, match="ulimit -n"):
        allow_sockets(5000)
