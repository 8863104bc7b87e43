"""The state machine: the specification that every faster implementation must equal.

It reads no clock. `now` is seconds as float on any clock that does not go backwards, and is held in whole
nanoseconds, so that a window or a wait ends exactly when its decimal fractions say.

One function, `_transition`, performs every change of state. Open becomes half-open lazily, when a call
arrives after the wait; every change starts a new generation, which tells late results apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.breaker import late
from cbtool.breaker.config import BreakerConfig, ResetBy, WindowType
from cbtool.breaker.outcome import Outcome, Verdict, outcome_of
from cbtool.breaker.transition import Reason, State, StateTransition
from cbtool.breaker.trials import Trials
from cbtool.breaker.trip import verdict
from cbtool.breaker.wait import wait_ns
from cbtool.breaker.window import EMPTY, ConsecutiveWindow, CountWindow, Snapshot, TimeWindow, Window
from cbtool.errors import CallNotPermittedError
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to make one call, with the generation it was given in."""

    generation: int


class CircuitBreaker:
    """One breaker.

    Args:
        config: its settings.
        seed: of the wait's jitter.
        started: the time, in seconds, from which the closed state is counted.
        on_transition: called with every `StateTransition`, after it has happened.
    """

    def __init__(
        self,
        config: BreakerConfig,
        *,
        seed: int = 0,
        started: float = 0.0,
        on_transition: Callable[[StateTransition], None] | None = None,
    ) -> None:
        self.config = config
        self.state = State.CLOSED
        self._seed = seed
        self._on_transition = on_transition
        self._window = window_for(config)
        self._trials = Trials(config)
        self._generation = 0
        self._permit = Permit(0)
        self._since_ns = to_ns(started)
        self._attempt = 0
        self._openings = 0
        self._wait_ns = 0
        self._healthy_in_a_row = 0
        self._half_open_limit_ns = to_ns(config.max_wait_duration_in_half_open_state)

    @property
    def since(self) -> float:
        """When the present state began, in seconds."""
        return self._since_ns / 1e9

    def acquire(self, now: float) -> Permit:
        """Return a permit for a call that starts at `now`.

        Raises:
            CallNotPermittedError: the breaker is open, or its trials are taken.
        """
        permit = self.try_acquire(now)
        if permit is None:
            raise CallNotPermittedError(f"the breaker is {self.state.label}")
        return permit

    def try_acquire(self, now: float) -> Permit | None:
        """Return a permit for a call that starts at `now`, or None to refuse it."""
        now_ns = self._advance_to(now)
        if self.state is State.OPEN:
            reason = self._reset_reason(now_ns)
            if reason is None:
                return None
            self._transition(State.HALF_OPEN, reason, EMPTY, now_ns)
        if self.state is State.HALF_OPEN and not self._trials.admit():
            return None
        return self._permit

    def record(self, permit: Permit, result: Verdict, duration: float, now: float) -> Outcome:
        """Report a call's result at the time it completes.

        Args:
            permit: what `try_acquire` gave.
            result: what the outcome rules say of the answer.
            duration: seconds that the call took.
            now: when it completed.

        Returns:
            What the call counted as, or would have, had it not been late.
        """
        now_ns = self._advance_to(now)
        outcome = outcome_of(result, duration, self.config.slow_call_duration_threshold)
        if late.counts(self.config.dialect.late, permit.generation, self._generation):
            self._count(outcome, now_ns)
        return outcome

    def release(self, permit: Permit, now: float) -> None:
        """Give a permit back unused: the call was never made, or ended without a result."""
        self._advance_to(now)
        if permit.generation == self._generation and self.state is State.HALF_OPEN:
            self._trials.give_back()

    def record_health(self, healthy: bool, now: float) -> None:
        """Report the answer of a health check made while open; ignored in any other state."""
        self._advance_to(now)
        if self.state is State.OPEN:
            self._healthy_in_a_row = self._healthy_in_a_row + 1 if healthy else 0

    def advance(self, now: float) -> None:
        """Let time pass: a half-open state past its maximum wait reopens, at that limit.

        Calling this more or less often changes nothing; every other method does it first.
        """
        self._advance_to(now)

    def snapshot(self, now: float) -> Snapshot:
        """Return what decides at `now`: the trials when half-open, the window otherwise."""
        now_ns = self._advance_to(now)
        return self._trials.counts if self.state is State.HALF_OPEN else self._window.snapshot(now_ns)

    def open_until(self) -> float | None:
        """Return when the wait of the open state ends, in seconds; None when not open."""
        return (self._since_ns + self._wait_ns) / 1e9 if self.state is State.OPEN else None

    def _advance_to(self, now: float) -> int:
        now_ns = to_ns(now)
        if self.state is State.HALF_OPEN and self._half_open_limit_ns:
            limit = self._since_ns + self._half_open_limit_ns
            if now_ns > limit:
                self._transition(State.OPEN, Reason.HALF_OPEN_TIMEOUT, self._trials.counts, limit)
        return now_ns

    def _reset_reason(self, now_ns: int) -> Reason | None:
        waited = self.config.dialect.wait.over(now_ns - self._since_ns, self._wait_ns)
        health = self.config.health_check
        if health is None:
            return Reason.WAIT_OVER if waited else None
        healthy = self._healthy_in_a_row >= health.healthy_after
        if health.reset_by is ResetBy.EARLIER and waited and not healthy:
            return Reason.WAIT_OVER
        if health.reset_by is ResetBy.LATER and not waited:
            return None
        return Reason.HEALTHY if healthy else None

    def _count(self, outcome: Outcome, now_ns: int) -> None:
        if outcome is Outcome.IGNORED:
            if self.state is State.HALF_OPEN:
                self._trials.give_back()
        elif self.state is State.HALF_OPEN:
            self._judge_trial(outcome, now_ns)
        elif self.state is State.CLOSED:
            self._window.add(outcome, now_ns)
            if self.config.dialect.trip.asks_after(outcome):
                self._judge_window(now_ns)
        else:
            self._window.add(outcome, now_ns)

    def _judge_window(self, now_ns: int) -> None:
        snapshot = self._window.snapshot(now_ns)
        reason = verdict(snapshot, self.config)
        if reason is not None:
            self._transition(State.OPEN, reason, snapshot, now_ns)

    def _judge_trial(self, outcome: Outcome, now_ns: int) -> None:
        reason = self._trials.complete(outcome)
        if reason is not None:
            target = State.CLOSED if reason is Reason.TRIALS_PASSED else State.OPEN
            self._transition(target, reason, self._trials.counts, now_ns)

    def _transition(self, target: State, reason: Reason, snapshot: Snapshot, now_ns: int) -> None:
        source, self.state = self.state, target
        self._since_ns = now_ns
        self._generation += 1
        self._permit = Permit(self._generation)
        self._window.clear()
        wait = None
        if target is State.OPEN:
            wait = self._start_wait()
        elif target is State.HALF_OPEN:
            self._trials = Trials(self.config)
        else:
            self._attempt = 0
        if self._on_transition is not None:
            self._on_transition(StateTransition(now_ns / 1e9, source, target, reason, snapshot, wait))

    def _start_wait(self) -> float | None:
        self._attempt += 1
        self._openings += 1
        self._healthy_in_a_row = 0
        self._wait_ns = wait_ns(self.config, attempt=self._attempt, opening=self._openings, seed=self._seed)
        health = self.config.health_check
        waits = health is None or health.reset_by is not ResetBy.HEALTH
        return self._wait_ns / 1e9 if waits else None


def window_for(config: BreakerConfig) -> Window:
    """Return an empty window of the configured kind."""
    match config.sliding_window_type:
        case WindowType.COUNT:
            return CountWindow(int(config.window_size))
        case WindowType.TIME:
            return TimeWindow(to_ns(config.window_size))
        case WindowType.CONSECUTIVE:
            return ConsecutiveWindow()
