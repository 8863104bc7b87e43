"""The calls under way: how many, and a hard timeout for each, whatever the transport does."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_EARLY = 0.0005  # seconds; a loop's timer may come half a millisecond early


class Flights:
    """Calls under way, in the order of their sending, which is the order of their deadlines.

    So one timer, for the oldest, cuts every call at its timeout, without a timer a call.

    Args:
        timeout: seconds that a call may take.
        now: seconds since the run's start.
    """

    def __init__(self, timeout: float, now: Callable[[], float]) -> None:
        self._timeout = timeout
        self._now = now
        self._next = 0
        self._aloft: dict[int, tuple[float, asyncio.Task[None]]] = {}
        self._cut: set[int] = set()
        self._cut_tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._aloft) + len(self._cut)

    def launch(self, now: float, call: Callable[[int], Coroutine[None, None, None]]) -> None:
        """Start a call, which must `land` with the number that it is given."""
        flight = self._next
        self._next += 1
        loop = asyncio.get_running_loop()
        self._aloft[flight] = now, loop.create_task(call(flight))
        if self._timer is None:
            self._timer = loop.call_later(self._timeout, self._sweep)

    def land(self, flight: int) -> None:
        """Note that a call has ended."""
        self._aloft.pop(flight, None)
        self._cut.discard(flight)

    def timed_out(self, flight: int) -> bool:
        """Return whether a call was cancelled because its time was up."""
        return flight in self._cut

    def cut_short(self) -> None:
        """Cancel every call."""
        for _, task in self._aloft.values():
            task.cancel()

    async def landed(self) -> None:
        """Return when no call is under way."""
        while waiting := [*(task for _, task in self._aloft.values()), *self._cut_tasks]:
            await asyncio.wait(waiting)
        if self._timer is not None:
            self._timer.cancel()

    def _sweep(self) -> None:
        self._timer = None
        now = self._now()
        late = []
        for flight, (sent, task) in self._aloft.items():
            if now - sent < self._timeout - _EARLY:
                break
            late.append((flight, task))
        for flight, task in late:
            del self._aloft[flight]
            self._cut.add(flight)
            self._cut_tasks.add(task)
            task.add_done_callback(self._cut_tasks.discard)
            task.cancel()
        if self._aloft:
            oldest = next(iter(self._aloft.values()))[0]
            wait = max(0.001, oldest + self._timeout - now)
            self._timer = asyncio.get_running_loop().call_later(wait, self._sweep)
