"""The engine: sends each call when it is due, through a breaker, and counts what becomes of it.

Open loop: a slow answer never delays the next call. When `max_in_flight` calls are under way, a call that is
due is dropped and reported. One event loop runs everything; other threads see it through `view`.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from cbtool.breaker import State
from cbtool.live import lines
from cbtool.live.call import LiveCall
from cbtool.live.flights import Flights
from cbtool.live.health import HealthWatch
from cbtool.live.lane import Lane
from cbtool.live.requests import RequestBook, fallback_of, health_request
from cbtool.live.result import result_of
from cbtool.live.sending import FAILURES, send, why
from cbtool.live.snapshot import view_of
from cbtool.live.tally import Tally, open_share
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.thinning import Splitter

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from cbtool.live.plan import RunPlan
    from cbtool.live.record_lines import Line
    from cbtool.live.result import LiveResult
    from cbtool.metrics.view import InstanceTransition, LiveView

SHORTEST_SLEEP = 0.001
"""Seconds. Loops' timers are whole milliseconds, and a shorter sleep would spin."""

_DUE = 1e-6  # seconds; so near to its time, a call is due
TICK = 0.1  # seconds between two refreshes of rates and view
_BURST = 64  # calls sent at a stretch before answers get their turn
_CHUNK = 8192  # calls whose times are unpacked at once


class Recorder(Protocol):
    """Where the engine's lines go."""

    def put(self, line: Line) -> None:
        """Take a line; must not block."""


class Engine:
    """One run.

    Args:
        plan: what to do.
        transport: sends the requests; closed by whoever made it.
        recorder: gets a line for each call and each transition.
        clock: seconds, never going backwards.
    """

    def __init__(
        self,
        plan: RunPlan,
        transport: httpx.AsyncBaseTransport,
        *,
        recorder: Recorder | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan = plan
        self.tally = Tally()
        self.lanes = [Lane(i, plan.config, plan.seed + i, self._changed) for i in range(plan.instances)]
        self.interrupted = False
        self.epoch = 0.0
        self.flights = Flights(plan.timeout, self.now)
        self._transport = transport
        self._recorder = recorder
        self._clock = clock
        self._started = clock()
        self._failure: Exception | None = None
        self._pacer: asyncio.Task[None] | None = None
        self._requests = RequestBook(plan, plan.url)
        when_open = plan.config.when_open
        self._redirects = (
            RequestBook(plan, fallback_of(plan, when_open.target))
            if when_open.target is not None and not plan.shadow
            else None
        )
        check = plan.config.health_check
        self._health = check and HealthWatch(
            check, health_request(plan, check.path), transport, plan.timeout, self.now
        )
        self._view_wanted = False
        self._view = view_of(self, 0.0)

    def now(self) -> float:
        """Return seconds since the run's start."""
        return self._clock() - self._started

    async def run(self) -> LiveResult:
        """Send every call, wait for the answers, and return the result.

        Raises:
            Exception: what a transport raised that no transport should.
        """
        self._started = self._clock()
        self.epoch = time.time()
        self._pacer = asyncio.create_task(self._pace())
        if self.interrupted:  # a signal was faster than the start
            self._pacer.cancel()
        ticker = asyncio.create_task(self._tick())
        try:
            await asyncio.wait([self._pacer])
            await self.flights.landed()
        finally:
            self._pacer.cancel()
            ticker.cancel()
            self.flights.cut_short()
            if self._health:
                self._health.stop()
        await self.flights.landed()
        if not self._pacer.cancelled():
            self._pacer.result()
        if self._failure is not None:
            raise self._failure
        return self._finish()

    def stop(self) -> None:
        """End the run now: nothing more is sent, calls under way are cut short. From the loop's thread."""
        self.interrupted = True
        if self._pacer is not None:
            self._pacer.cancel()
        self.flights.cut_short()

    def view(self) -> LiveView:
        """Return the run as it was at most a tick ago. From any thread."""
        self._view_wanted = True
        return self._view

    def _finish(self) -> LiveResult:
        end = self.now()
        for lane in self.lanes:
            lane.breaker.advance(end)
        self._refresh(end)
        self._view = view_of(self, end)
        return result_of(self, end)

    async def _pace(self) -> None:
        plan = self.plan
        splitter = Splitter(plan.instances, plan.seed)
        since_sleep = 0
        for first in range(0, len(plan), _CHUNK):
            part = slice(first, first + _CHUNK)
            due = (plan.schedule[part] / 1e9).tolist()
            line_of = [0] * len(due) if plan.line_of is None else plan.line_of[part].tolist()
            for intended, lane, line in zip(due, splitter.split(len(due)).tolist(), line_of, strict=True):
                while (wait := intended - self.now()) > _DUE:
                    await asyncio.sleep(max(wait, SHORTEST_SLEEP))
                    since_sleep = 0
                if since_sleep == _BURST:
                    await asyncio.sleep(0)
                    since_sleep = 0
                since_sleep += 1
                self._arrive(intended, self.lanes[lane], line)

    def _arrive(self, intended: float, lane: Lane, line: int) -> None:
        if len(self.flights) >= self.plan.max_in_flight:
            self.tally.dropped += 1
            return
        now = self.now()
        self.tally.arrived += 1
        state = lane.breaker.state
        permit = lane.breaker.try_acquire(now)
        if permit is None:
            self.tally.seconds.refused()
            self._refused(LiveCall(self._requests[line], intended, lane, state, None), line, now)
        else:
            self.tally.permitted += 1
            self._launch(LiveCall(self._requests[line], intended, lane, state, permit), now)

    def _refused(self, call: LiveCall, line: int, now: float) -> None:
        if self.plan.shadow:
            self._launch(call, now)
        elif self._redirects is not None:
            self.tally.redirected += 1
            call.request, call.redirected = self._redirects[line], True
            self._launch(call, now)
        elif self._recorder is not None:
            self._recorder.put(lines.refused(call, now))

    def _launch(self, call: LiveCall, now: float) -> None:
        self.flights.launch(now, lambda flight: self._send(call, flight))

    async def _send(self, call: LiveCall, flight: int) -> None:
        tally = self.tally
        call.sent = self.now()
        tally.sent += 1
        tally.lag.record(call.sent - call.intended)
        try:
            call.status, size = await send(self._transport, call.request)
            tally.bytes_in += size
        except FAILURES as failure:
            call.error, reason = why(failure)
            tally.reason(reason)
        except asyncio.CancelledError:
            if not self.flights.timed_out(flight):
                self._cut_short(call)
                return
            call.error = ErrorKind.TIMEOUT
            tally.reason("timeout")
        except Exception as failure:  # noqa: BLE001  # a transport's mistake ends the run, not just its task
            self._failure = failure
            self.stop()
            return
        finally:
            self.flights.land(flight)
        self._answered(call)

    def _answered(self, call: LiveCall) -> None:
        tally = self.tally
        call.done = self.now()
        verdict = self.plan.rules.verdict(call.status, call.error)
        if call.permit is not None:
            outcome = call.lane.record(call.permit, verdict, call.duration, call.done)
        else:
            outcome = call.lane.outcome(verdict, call.duration)
        if call.redirected:
            tally.redirected_failed += outcome.failed
        else:
            tally.answered(call, outcome)
        if self._recorder is not None:
            self._recorder.put(lines.answered(call, outcome))

    def _cut_short(self, call: LiveCall) -> None:
        self.tally.cut_short += 1
        if call.permit is not None:
            call.lane.breaker.release(call.permit, self.now())

    def _changed(self, each: InstanceTransition) -> None:
        self.tally.changed(each)
        if self._recorder is not None:
            self._recorder.put(lines.transition(each, self.plan.config))
        if self._health and each.transition.target is State.OPEN:
            self._health.opened(self.lanes[each.instance])

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            now = self.now()
            for lane in self.lanes:
                lane.breaker.advance(now)
            self._refresh(now)
            if self._view_wanted:
                self._view = view_of(self, now)

    def _refresh(self, now: float) -> None:
        self.tally.seconds.advance(now, open_share([lane.breaker.state for lane in self.lanes]))
        self.tally.rate.sample(now, self.tally.arrived + self.tally.dropped)
