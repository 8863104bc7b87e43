"""The engine: sends each call when it is due, through a breaker, and counts what becomes of it.

Open loop: a slow answer never delays the next call. When `max_in_flight` calls are under way, a call that is
due is dropped and reported. One event loop runs everything; other threads see it through `view`.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Protocol

from cbtool.breaker import State, WhenOpenAction
from cbtool.live import lines
from cbtool.live.flights import Flights
from cbtool.live.health import HealthWatch
from cbtool.live.lane import Lane
from cbtool.live.requests import health_request, redirected_requests, run_requests
from cbtool.live.result import result_of
from cbtool.live.sending import FAILURES, send, why
from cbtool.live.snapshot import view_of
from cbtool.live.tally import Tally, open_share
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from cbtool.breaker import Permit
    from cbtool.live.plan import RunPlan
    from cbtool.live.record_lines import Line
    from cbtool.live.result import LiveResult
    from cbtool.metrics.view import InstanceTransition, LiveView

SHORTEST_SLEEP = 0.001
"""Seconds. Loops' timers are whole milliseconds, and a shorter sleep would spin."""

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
        self._requests = run_requests(plan, plan.url)
        when_open = plan.config.when_open
        redirects = when_open.action is WhenOpenAction.REDIRECT and not plan.shadow
        self._redirects = redirected_requests(plan, when_open.target or "") if redirects else []
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
        dealt = split(len(plan), plan.instances, plan.seed)
        since_sleep = 0
        for first in range(0, len(plan), _CHUNK):
            part = slice(first, first + _CHUNK)
            due = (plan.schedule[part] / 1e9).tolist()
            line_of = [0] * len(due) if plan.line_of is None else plan.line_of[part].tolist()
            for intended, lane, line in zip(due, dealt[part].tolist(), line_of, strict=True):
                while (wait := intended - self.now()) > 0:
                    await asyncio.sleep(max(wait, SHORTEST_SLEEP))
                    since_sleep = 0
                if since_sleep == _BURST:
                    await asyncio.sleep(0)
                    since_sleep = 0
                since_sleep += 1
                self._arrive(intended, self.lanes[lane], line)

    def _arrive(self, intended: float, lane: Lane, line: int) -> None:
        tally = self.tally
        if len(self.flights) >= self.plan.max_in_flight:
            tally.dropped += 1
            return
        now = self.now()
        tally.arrived += 1
        state = lane.breaker.state
        permit = lane.breaker.try_acquire(now)
        if permit is not None:
            tally.permitted += 1
            request = self._requests[line]
        else:
            tally.seconds.refused()
            if self.plan.shadow:
                request = self._requests[line]
            elif self._redirects:
                tally.redirected += 1
                request = self._redirects[line]
            else:
                if self._recorder is not None:
                    self._recorder.put(lines.refused(self._requests[line], intended, now, lane.index, state))
                return
        self.flights.launch(now, lambda flight: self._call(flight, request, intended, lane, permit, state))

    async def _call(
        self,
        flight: int,
        request: httpx.Request,
        intended: float,
        lane: Lane,
        permit: Permit | None,
        state: State,
    ) -> None:
        tally = self.tally
        sent = self.now()
        tally.sent += 1
        tally.lag.record(sent - intended)
        status, error = 0, ErrorKind.NONE
        try:
            status, size = await send(self._transport, request)
            tally.bytes_in += size
        except FAILURES as failure:
            error, reason = why(failure)
            tally.reason(reason)
        except asyncio.CancelledError:
            if not self.flights.timed_out(flight):
                self._cut_short(lane, permit)
                return
            error = ErrorKind.TIMEOUT
            tally.reason("timeout")
        except Exception as failure:  # noqa: BLE001  # a transport's mistake ends the run, not just its task
            self._failure = failure
            self.stop()
            return
        finally:
            self.flights.land(flight)
        self._answer(request, intended, sent, lane, permit, state, status, error)

    def _answer(
        self,
        request: httpx.Request,
        intended: float,
        sent: float,
        lane: Lane,
        permit: Permit | None,
        state: State,
        status: int,
        error: ErrorKind,
    ) -> None:
        tally = self.tally
        now = self.now()
        verdict = self.plan.rules.verdict(status, error)
        if permit is not None:
            outcome = lane.record(permit, verdict, now - sent, now)
        else:
            outcome = lane.outcome(verdict, now - sent)
        redirected = permit is None and not self.plan.shadow
        if redirected:
            tally.redirected_failed += outcome.failed
        else:
            tally.answered(intended, sent, now, status, error, outcome)
            if permit is None:
                tally.shed(outcome)
        if self._recorder is not None:
            self._recorder.put(
                lines.answered(
                    request,
                    intended,
                    sent,
                    now,
                    status,
                    error,
                    outcome,
                    lane.index,
                    state,
                    permitted=permit is not None,
                    redirected=redirected,
                )
            )

    def _cut_short(self, lane: Lane, permit: Permit | None) -> None:
        self.tally.cut_short += 1
        if permit is not None:
            lane.breaker.release(permit, self.now())

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
