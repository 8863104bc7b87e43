"""The readable engine: `CircuitBreaker` itself, told call by call. It says what the kernel must equal.

The breaker's clock is seconds as float, which hold whole nanoseconds for the first 104 days; in a longer
traffic it may place a call some nanoseconds off, which the kernel, which counts in integers, does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import BreakerConfig, CircuitBreaker, Outcome, Permit, State, StateTransition, Verdict
from cbtool.breaker.outcome import outcome_of
from cbtool.metrics.opening import OpeningTimer
from cbtool.simulation.history import History
from cbtool.units import to_ns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.simulation.health import HealthTimeline
    from cbtool.simulation.traffic import Traffic


def run_readable(
    traffic: Traffic,
    config: BreakerConfig,
    *,
    seed: int = 0,
    end_ns: int | None = None,
    epoch: float = 0.0,
    health: HealthTimeline | None = None,
) -> History:
    """Return what a breaker does with its traffic.

    Args:
        traffic: the calls, in the order of events.
        config: the breaker's settings.
        seed: of the wait's jitter.
        end_ns: until when the breaker is watched; None: the last completion.
        epoch: Unix seconds of time 0.
        health: answers the health checks; None: nobody asks.
    """
    until = traffic.end if end_ns is None else end_ns
    traffic = traffic.seen_by(config)
    run = Events(config, seed, epoch, health)
    run.begin(traffic)
    run.through(traffic, 0, 0, len(traffic))
    run.finish(until)
    return History(
        permitted=run.permitted(),
        state_before=run.before,
        state_after=run.after,
        transitions=tuple(run.transitions),
        time_to_open=tuple(run.time_to_open),
    )


class Events:
    """One breaker and what it has done so far. Times are nanoseconds."""

    def __init__(
        self, config: BreakerConfig, seed: int, epoch: float, health: HealthTimeline | None = None
    ) -> None:
        self._config = config
        self._health = health
        self._breaker = CircuitBreaker(config, seed=seed, epoch=epoch, on_transition=self._changed)
        self._timer = OpeningTimer(config)
        self._next_check = 0
        self._permits: list[Permit | None] = []
        self.before = self.after = np.zeros(0, np.uint8)
        self.transitions: list[StateTransition] = []
        self.time_to_open: list[float] = []

    def begin(self, traffic: Traffic) -> None:
        """Take up a traffic, the first calls of which are those that `leave` kept, if any."""
        new = len(traffic) - len(self._permits)
        self._verdicts = [Verdict(value) for value in traffic.verdicts.tolist()]
        self._durations = (traffic.duration_ns / 1e9).tolist()
        self._permits += [None] * new
        self.before, self.after = (
            np.concatenate((kept, np.zeros(new, np.uint8))) for kept in (self.before, self.after)
        )

    def through(self, traffic: Traffic, call: int, done: int, due: int) -> None:
        """Let calls arrive from `call` on, and results from `done` on up to `due`."""
        starts, ends = traffic.start_ns.tolist(), traffic.end_ns.tolist()
        call_of, started = traffic.call_of.tolist(), traffic.started.tolist()
        for each in range(call, len(starts)):
            while done < due and started[done] <= each:
                self.complete(call_of[done], ends[done])
                done += 1
            self.start(each, starts[each])
        for each in range(done, due):
            self.complete(call_of[each], ends[each])

    def leave(self, staying: NDArray[np.bool_]) -> None:
        """Forget all but those calls."""
        self._permits = [each for each, stays in zip(self._permits, staying.tolist(), strict=True) if stays]
        self.before, self.after = self.before[staying], self.after[staying]

    def permitted(self) -> NDArray[np.uint8]:
        """Return by call 1 where it was let through."""
        return np.array([permit is not None for permit in self._permits], np.uint8)

    def start(self, call: int, now_ns: int) -> None:
        """Let a call arrive."""
        self._check_health(now_ns)
        self._breaker.advance(now_ns / 1e9)
        self.before[call] = self._breaker.state
        permit = self._breaker.try_acquire(now_ns / 1e9)
        self._permits[call] = permit
        if permit is None:
            self.after[call] = self._breaker.state

    def complete(self, call: int, now_ns: int) -> None:
        """Let a call's result arrive, if it was permitted."""
        permit = self._permits[call]
        if permit is None:
            return
        self._check_health(now_ns)
        now = now_ns / 1e9
        self._note(call, permit, now)
        self._breaker.record(permit, self._verdicts[call], self._durations[call], now)
        self.after[call] = self._breaker.state

    def finish(self, end_ns: int) -> None:
        """Let the time pass until the end of the run."""
        self._breaker.advance(end_ns / 1e9)

    def _note(self, call: int, permit: Permit, now: float) -> None:
        """Tell the timer of a result that the closed state is about to count."""
        if not self._breaker.counts_as_closed(permit, now):
            return
        threshold = self._config.slow_above
        outcome = outcome_of(self._verdicts[call], self._durations[call], threshold)
        if outcome is not Outcome.IGNORED:
            self._timer.count(outcome, now)

    def _changed(self, transition: StateTransition) -> None:
        self.transitions.append(transition)
        if transition.trips:
            self.time_to_open.append(self._timer.opened(transition))
        if transition.target is State.OPEN and self._config.health_check is not None:
            self._next_check = to_ns(transition.time) + to_ns(self._config.health_check.interval)

    def _check_health(self, now_ns: int) -> None:
        """Make the health checks that are due up to `now_ns`; at one instant they come first."""
        if self._health is None or self._config.health_check is None:
            return
        self._breaker.advance(now_ns / 1e9)
        interval = to_ns(self._config.health_check.interval)
        while self._breaker.state is State.OPEN and self._next_check <= now_ns:
            asked = self._next_check / 1e9
            self._breaker.record_health(self._health.healthy_at(asked), asked)
            self._next_check += interval
