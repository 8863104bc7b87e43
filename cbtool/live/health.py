"""Health checks: while a breaker is open, its upstream is asked, and the breaker told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from cbtool.breaker import State
from cbtool.live.sending import FAILURES, send

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from cbtool.breaker import HealthCheck
    from cbtool.live.lane import Lane


class HealthWatch:
    """Asks for the breakers of one run.

    Args:
        check: path, interval and so on.
        request: the check's request.
        transport: the one that the calls go through.
        timeout: seconds, of one check.
        now: seconds since the run's start.
    """

    def __init__(
        self,
        check: HealthCheck,
        request: httpx.Request,
        transport: httpx.AsyncBaseTransport,
        timeout: float,
        now: Callable[[], float],
    ) -> None:
        self._check = check
        self._request = request
        self._transport = transport
        self._timeout = timeout
        self._now = now
        self._tasks: set[asyncio.Task[None]] = set()

    def opened(self, lane: Lane) -> None:
        """Begin to ask for a breaker that has just opened."""
        task = asyncio.get_running_loop().create_task(self._ask_while_open(lane, lane.breaker.since))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """Ask no more."""
        for task in self._tasks:
            task.cancel()

    async def _ask_while_open(self, lane: Lane, opened: float) -> None:
        breaker = lane.breaker
        due = opened
        while True:
            due = max(due + self._check.interval, self._now())
            await asyncio.sleep(due - self._now())
            if not _still_open(lane, opened):
                return
            healthy = await self._healthy()
            if not _still_open(lane, opened):
                return
            breaker.record_health(healthy, self._now())

    async def _healthy(self) -> bool:
        try:
            async with asyncio.timeout(self._timeout):
                status, _ = await send(self._transport, self._request)
        except (*FAILURES, TimeoutError):
            return False
        return 200 <= status < 300


def _still_open(lane: Lane, opened: float) -> bool:
    """Whether the breaker is in the same open state; a later one has a watch of its own."""
    return lane.breaker.state is State.OPEN and lane.breaker.since == opened
