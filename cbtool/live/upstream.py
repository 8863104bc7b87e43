"""The fault lab: an HTTP server on loopback that misbehaves exactly as a scenario says.

`serve` runs it inside a program. The scenario decides what holds at each moment, `upstream_fate` draws
what becomes of each request, and this module carries it out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, TypedDict, Unpack

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from cbtool.errors import UnreachableError
from cbtool.live.headers import is_preflight
from cbtool.live.upstream_clock import LoopClock
from cbtool.live.upstream_fate import FateKind, draw
from cbtool.live.upstream_log import STATUS_OF_ABANDONED, STATUS_OF_RESET, AccessLog
from cbtool.live.upstream_port import Port, loopback, reset

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from cbtool.live.upstream_clock import Clock
    from cbtool.traffic.scenario import Conditions, Phase, Scenario

HEALTH_PATH = "/healthz"
INSTANCE_HEADER = "X-Instance"
SHORTEST_SLEEP = 0.0005  # seconds; timers are whole milliseconds, so less is no sleep at all
_BODY = b"ok\n"


class Start(StrEnum):
    """When the scenario's clock starts."""

    FIRST_REQUEST = "first-request"
    NOW = "now"


@dataclass(slots=True)
class Served:
    """What a lab has done so far. Connections that it refused never reached it, so nobody counts them."""

    answered: Counter[int] = field(default_factory=Counter)
    """Answers by status."""
    resets: int = 0
    abandoned: int = 0
    """Requests whose caller left before the answer: hangs, mostly."""
    health_checks: int = 0

    @property
    def requests(self) -> int:
        """All requests but health checks and preflights."""
        return self.answered.total() + self.resets + self.abandoned

    def __str__(self) -> str:
        parts = [f"{count} × {status}" for status, count in sorted(self.answered.items())]
        parts += [f"{self.resets} reset"] if self.resets else []
        parts += [f"{self.abandoned} given up by the caller"] if self.abandoned else []
        details = f" ({', '.join(parts)})" if parts else ""
        return f"served {self.requests} requests{details}, {self.health_checks} health checks"


class LabOptions(TypedDict, total=False):
    """How a scenario is served; see `FaultLab`."""

    port: int
    host: str
    start: Start
    repeat: bool
    seed: int | None
    access_log: Path | None
    on_phase: Callable[[float, Phase], None] | None


class FaultLab:
    """One server. Make it with `serve`.

    Args:
        scenario: what happens when.
        clock: time.
        port: to listen on; 0 takes a free one.
        host: a loopback address.
        start: when the scenario starts. One that begins by refusing connections starts now, since no
            first request could ever arrive.
        repeat: begin again at the end; otherwise what held at the end stays.
        seed: of the draws; None: the scenario's.
        access_log: where to write a line for each request.
        on_phase: called with each phase as it begins, and the seconds since the scenario started.

    Raises:
        ConfigurationError: the host is not on loopback.
        UnreachableError: the port or the log cannot be had.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        clock: Clock | None = None,
        port: int = 0,
        host: str = "127.0.0.1",
        start: Start = Start.FIRST_REQUEST,
        repeat: bool = False,
        seed: int | None = None,
        access_log: Path | None = None,
        on_phase: Callable[[float, Phase], None] | None = None,
    ) -> None:
        self.scenario = scenario
        self.served = Served()
        self._clock = clock or LoopClock()
        self._repeat = repeat
        self._random = Random(scenario.seed if seed is None else seed)
        self._on_phase = on_phase
        self._phase: int | None = None
        self._count = 0
        self._started: float | None = None
        self._running = asyncio.Event()
        # A request whose caller has left must not sleep on, or hangs would pile up.
        self._server = web.Server(self._answer, access_log=None, logger=_logger(), handler_cancellation=True)
        address = loopback(host)
        self._log = AccessLog(access_log) if access_log else None
        try:
            self._port = Port(address, port, self._server)
        except UnreachableError:
            if self._log is not None:
                self._log.close()
            raise
        if start is Start.NOW or scenario.phases[0].refuse:
            self._start_clock()

    @property
    def url(self) -> str:
        """Where it listens, without a trailing slash."""
        host = f"[{self._port.host}]" if ":" in self._port.host else self._port.host
        return f"http://{host}:{self._port.number}"

    @property
    def time(self) -> float:
        """Seconds into the scenario: 0 until it starts, and again at the beginning of each repetition."""
        if self._started is None:
            return 0.0
        elapsed = self._clock.now() - self._started
        return elapsed % self.scenario.duration if self._repeat else elapsed

    @property
    def conditions(self) -> Conditions:
        """What holds now."""
        return self.scenario.at(self.time)

    async def run(self) -> None:
        """Serve, and open and close the port as the phases say, until cancelled."""
        while True:
            wait = await self.catch_up()
            if self._started is None:
                await self._running.wait()
            elif wait is None:
                await asyncio.get_running_loop().create_future()  # the last phase stays
            else:
                await self._clock.sleep(wait)

    async def catch_up(self) -> float | None:
        """Bring the port in line with the phase that holds now.

        Returns:
            Seconds to the next phase; None when there is none.
        """
        now = self.time
        index = self.scenario.phase_at(now)
        phase = self.scenario.phases[index]
        if self._started is not None and index != self._phase:
            self._phase = index
            if self._on_phase is not None:
                self._on_phase(self._clock.now() - self._started, phase)
        # A refusal of the bad instances alone is carried out call by call.
        if phase.refuse and not phase.bad_instances:
            self._port.refuse()
            self._reset_all()
        else:
            await self._port.listen()
        if index + 1 == len(self.scenario.phases) and not self._repeat:
            return None
        return max(self.scenario.starts[index] + phase.duration - now, SHORTEST_SLEEP)

    async def close(self) -> None:
        """Stop at once: open connections are reset, and the port is free."""
        self._port.close()
        self._reset_all()
        await self._server.shutdown(timeout=0)
        if self._log is not None:
            self._log.close()

    def _reset_all(self) -> None:
        for connection in self._server.connections:
            reset(connection.transport)

    def _start_clock(self) -> None:
        if self._started is None:
            self._started = self._clock.now()
            self._running.set()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.raw_path.partition("?")[0] == HEALTH_PATH:
            return self._health()
        if is_preflight(request.method, request.headers):
            return web.Response()
        self._start_clock()
        began = self._clock.now()
        instance = self._count % self.scenario.instances
        self._count += 1
        fate = draw(self.conditions, self._random, instance=instance)
        status = STATUS_OF_ABANDONED
        try:
            if fate.kind is FateKind.RESET:
                status = STATUS_OF_RESET
                await self._reset(request)
            if fate.delay > SHORTEST_SLEEP:
                await self._clock.sleep(fate.delay)
            status = fate.status
            self.served.answered[status] += 1
        except asyncio.CancelledError:
            if status == STATUS_OF_ABANDONED:
                self.served.abandoned += 1
            raise
        finally:
            if self._log is not None:
                self._log.write(request, status, len(_BODY), self._clock.now() - began)
        return web.Response(status=status, body=_BODY, headers={INSTANCE_HEADER: str(instance)})

    async def _reset(self, request: web.BaseRequest) -> None:
        """Reset the request's connection, and never return: the server cancels what has lost its peer.

        Returning would answer, and an event loop that defers the reset would send that answer first.
        """
        self.served.resets += 1
        reset(request.transport)
        await asyncio.get_running_loop().create_future()

    def _health(self) -> web.Response:
        self.served.health_checks += 1
        healthy = self.conditions.healthy
        text = "healthy\n" if healthy else "unhealthy\n"
        return web.Response(status=200 if healthy else 503, text=text)


def _logger() -> logging.Logger:
    """Return what the server logs to: our own mistakes only, not those of a client that speaks no HTTP."""
    logger = logging.getLogger("cbtool.upstream")
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))


@contextlib.asynccontextmanager
async def serve(
    scenario: Scenario, *, clock: Clock | None = None, **options: Unpack[LabOptions]
) -> AsyncIterator[FaultLab]:
    """Serve a scenario for as long as the block runs; `lab.url` says where.

    Args:
        scenario: what happens when.
        clock: time; None: the machine's.
        options: the arguments of `FaultLab`.

    Raises:
        ConfigurationError: the host is not on loopback.
        UnreachableError: the port or the log cannot be had.
    """
    lab = FaultLab(scenario, clock=clock, **options)
    try:
        await lab.catch_up()
        task = asyncio.create_task(lab.run())
        try:
            yield lab
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
    finally:
        await lab.close()
