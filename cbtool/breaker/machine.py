"""A breaker as an object: the steps of `steps.py` over its own memory, in seconds, with events.

It reads no clock. `now` is seconds as float on any clock that does not go backwards, and is held in whole
nanoseconds, so that a window or a wait ends exactly when its decimal fractions say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbtool.breaker import late, shortcuts, steps, window
from cbtool.breaker.memory import LOG_COLUMNS, LOG_ROWS, Memory
from cbtool.breaker.outcome import Outcome, Verdict, ignored_succeed, outcome_of
from cbtool.breaker.policies import ResetRule, WindowKind
from cbtool.breaker.transition import Reason, State, StateTransition
from cbtool.breaker.window import Snapshot
from cbtool.errors import CallNotPermittedError
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.breaker.config import BreakerConfig


class Permit(NamedTuple):
    """Leave to make one call: the generation and the state that gave it, and when (nanoseconds)."""

    generation: int
    state: State
    admitted_ns: int


class CircuitBreaker:
    """One breaker.

    Args:
        config: its settings.
        seed: of the wait's jitter.
        started: the time, in seconds, from which the closed state is counted.
        epoch: the Unix time, in seconds, of the clock's zero; libraries that align their windows to whole
            seconds need it.
        on_transition: called with every `StateTransition`, after it has happened.
    """

    def __init__(
        self,
        config: BreakerConfig,
        *,
        seed: int = 0,
        started: float = 0.0,
        epoch: float = 0.0,
        on_transition: Callable[[StateTransition], None] | None = None,
    ) -> None:
        self.config = config
        self._policies = config.policies
        self._slow_above = config.slow_above
        self._ignored_succeed = ignored_succeed(self._policies)
        self._timers_run = shortcuts.timers_run(self._policies)
        self._admits_when_closed = shortcuts.by_state(self._policies) and not shortcuts.starts_count(
            self._policies
        )
        self._on_transition = on_transition
        self._store = [0] * window.room(self._policies.window)
        self._log = [0] * (LOG_ROWS * LOG_COLUMNS)
        self._memory = Memory()
        self._memory.seed = seed
        self._memory.epoch = round(epoch * 1e6) * 1000  # a double holds a Unix time to the microsecond
        steps.start(self._memory, self._store, self._policies, to_ns(started))

    @property
    def state(self) -> State:
        """The present state, as of the latest call of any method."""
        return _STATES[self._memory.state]

    @property
    def since(self) -> float:
        """When the present state began, in seconds."""
        return self._memory.since / 1e9

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
        memory = self._memory
        if self._admits_when_closed and memory.state == State.CLOSED:
            return Permit(memory.generation, State.CLOSED, now_ns)
        permitted = steps.acquire(memory, self._store, self._log, self._policies, now_ns)
        if memory.logged:
            self._tell()
        return Permit(memory.generation, _STATES[memory.state], now_ns) if permitted else None

    def record(self, permit: Permit, result: Verdict, duration: float, now: float) -> Outcome:
        """Report a call's result at the time it completes.

        Args:
            permit: what `try_acquire` gave.
            result: what the outcome rules say of the answer.
            duration: seconds that the call took.
            now: when it completed, in seconds.

        Returns:
            What the call counted as, or would have, had it not been late.
        """
        now_ns = self._advance_to(now)
        if result is Verdict.IGNORED and self._ignored_succeed:
            result = Verdict.SUCCESS
        outcome = outcome_of(result, duration, self._slow_above)
        if self._policies.window.kind == WindowKind.TIME:
            self._make_room()
        steps.record(self._memory, self._store, self._log, self._policies, now_ns, outcome, *permit)
        if self._memory.logged:
            self._tell()
        return outcome

    def release(self, permit: Permit, now: float) -> None:
        """Give a permit back unused: the call was never made, or ended without a result."""
        self._advance_to(now)
        steps.release(self._memory, self._policies, permit.generation)

    def record_health(self, healthy: bool, now: float) -> None:
        """Report the answer of a health check made while open; ignored in any other state."""
        self._advance_to(now)
        if self._memory.state == State.OPEN:
            self._memory.healthy = self._memory.healthy + 1 if healthy else 0

    def advance(self, now: float) -> None:
        """Let time pass: what is due by itself happens, such as the end of an overlong half-open state.

        Calling this more or less often changes nothing; every other method does it first.
        """
        self._advance_to(now)

    def counts_as_closed(self, permit: Permit, now: float) -> bool:
        """Return whether a result that completes at `now` would be judged by a closed breaker's rules."""
        self._advance_to(now)
        judge = late.judging_state(self._memory, self._policies.late, permit.generation, permit.state)
        return judge == State.CLOSED == self._memory.state

    def snapshot(self, now: float) -> Snapshot:
        """Return what decides at `now`: the trials when half-open, the window otherwise."""
        now_ns = self._advance_to(now)
        m = self._memory
        if m.state == State.HALF_OPEN:
            return Snapshot(m.trial_calls, m.trial_failures, m.trial_slow, m.trial_run)
        window.expire(m, self._store, self._policies.window, now_ns)
        return Snapshot(*window.visible(m, self._store, self._policies.window), m.run)

    def open_until(self) -> float | None:
        """Return when the wait of the open state ends, in seconds; None when not open."""
        m = self._memory
        return (m.wait_from + m.wait) / 1e9 if m.state == State.OPEN else None

    def _advance_to(self, now: float) -> int:
        now_ns = to_ns(now)
        if not self._timers_run:
            return now_ns
        while not steps.advance(self._memory, self._store, self._log, self._policies, now_ns):
            self._tell()
        if self._memory.logged:
            self._tell()
        return now_ns

    def _tell(self) -> None:
        """Report the transitions that the log holds, and empty it."""
        rows, self._memory.logged = self._memory.logged, 0
        if self._on_transition is None:
            return
        for row in range(rows):
            at = row * LOG_COLUMNS
            self._on_transition(transition_of(self._log[at : at + LOG_COLUMNS], self._policies.wait.reset))

    def _make_room(self) -> None:
        """Double the store of a time window that is full."""
        m, slots = self._memory, len(self._store) // 2
        if m.held == slots:
            self._store = self._store[2 * m.head :] + self._store[: 2 * m.head] + [0] * (2 * slots)
            m.head = 0


_STATES = tuple(State)


def transition_of(row: list[int], reset: ResetRule) -> StateTransition:
    """Return the event that a row of the log is."""
    time, source, target, reason, calls, failures, slow, run, wait = row
    return StateTransition(
        time / 1e9,
        State(source),
        State(target),
        Reason(reason),
        Snapshot(calls, failures, slow, run),
        None if wait < 0 or reset == ResetRule.HEALTH else wait / 1e9,
    )
