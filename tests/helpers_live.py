"""A target that does what a test says, and an engine that calls it in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
from helpers_loop import run_virtual

from cbtool.breaker import BreakerConfig
from cbtool.live.engine import Engine
from cbtool.live.plan import RunPlan
from cbtool.live.record_lines import CallLine, Line, TransitionLine
from cbtool.live.result import LiveResult

URL = "http://127.0.0.1:8080/ask"


@dataclass(frozen=True)
class Answer:
    """What the target does with a call: after `after` seconds, a status or an error."""

    status: int = 200
    after: float = 0.01
    error: type[httpx.TransportError] | None = None


HANG = Answer(after=1e6)
Behaviour = Callable[[float, httpx.Request], Answer]


class Target(httpx.AsyncBaseTransport):
    """Answers as `behaviour` says, given the time since the start and the request."""

    def __init__(self, behaviour: Behaviour) -> None:
        self._behaviour = behaviour
        self.asked: list[tuple[float, httpx.Request]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        now = asyncio.get_running_loop().time()
        self.asked.append((now, request))
        answer = self._behaviour(now, request)
        await asyncio.sleep(answer.after)
        if answer.error is not None:
            raise answer.error("it broke", request=request)
        return httpx.Response(answer.status, content=b"12345")

    @property
    def times(self) -> list[float]:
        return [round(now, 6) for now, _ in self.asked]


class Lines(list[Line]):
    """A recorder that keeps its lines."""

    def put(self, line: Line) -> None:
        self.append(line)

    @property
    def calls(self) -> list[CallLine]:
        return [line for line in self if isinstance(line, CallLine)]

    @property
    def transitions(self) -> list[TransitionLine]:
        return [line for line in self if isinstance(line, TransitionLine)]


class Untouchable(httpx.AsyncBaseTransport):
    """Fails the test that touches it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"{request.method} {request.url} was sent")


def every(seconds: float, count: int) -> Sequence[float]:
    return [n * seconds for n in range(count)]


def plan_of(due: Sequence[float], config: BreakerConfig | None = None, **settings: Any) -> RunPlan:
    schedule = np.rint(np.asarray(due) * 1e9).astype(np.int64)
    return RunPlan(command="probe", url=URL, schedule=schedule, config=config or BreakerConfig(), **settings)


@dataclass
class Run:
    """What a run left behind."""

    result: LiveResult
    target: Target
    lines: Lines
    engine: Engine

    @property
    def states(self) -> list[tuple[float, str]]:
        return [(round(line.t, 6), line.target) for line in self.lines.transitions]


def play(
    plan: RunPlan,
    behaviour: Behaviour | Answer = Answer(),
    *,
    meanwhile: Callable[[Engine], Any] | None = None,
) -> Run:
    """Run a plan against a target, in virtual time; `meanwhile` may return a coroutine to run beside it."""
    target = Target(behaviour if callable(behaviour) else lambda _, __: behaviour)
    lines = Lines()

    async def main() -> Run:
        engine = Engine(plan, target, recorder=lines, clock=asyncio.get_running_loop().time)
        beside = asyncio.ensure_future(meanwhile(engine)) if meanwhile else None
        result = await engine.run()
        if beside is not None:
            await beside
        return Run(result, target, lines, engine)

    return run_virtual(main())
