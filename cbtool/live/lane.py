"""One of a run's breakers, with what is kept about it: its transitions, and how long it took to trip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker import CircuitBreaker, State, Verdict
from cbtool.breaker.outcome import outcome_of
from cbtool.metrics.opening import OpeningTimer
from cbtool.metrics.view import BreakerView, InstanceTransition

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.breaker import BreakerConfig, Outcome, Permit, StateTransition


class Lane:
    """A breaker and its story.

    Args:
        index: which of the run's breakers this is.
        config: its settings.
        seed: of its jitter.
        on_transition: called with each transition, after it has happened.
    """

    def __init__(
        self,
        index: int,
        config: BreakerConfig,
        seed: int,
        on_transition: Callable[[InstanceTransition], None],
    ) -> None:
        self.index = index
        self.breaker = CircuitBreaker(config, seed=seed, on_transition=self._changed)
        self.time_to_open: list[float] = []
        self._config = config
        self._slow = config.slow_above
        self._on_transition = on_transition
        self._opening = OpeningTimer(config)
        self._spent = dict.fromkeys(State, 0.0)
        self._since = 0.0

    def time_in_state(self, now: float) -> dict[State, float]:
        """Return the seconds spent in each state up to `now`."""
        spent = dict(self._spent)
        spent[self.breaker.state] += max(0.0, now - self._since)
        return spent

    def record(self, permit: Permit, verdict: Verdict, duration: float, now: float) -> Outcome:
        """Report a result, see `CircuitBreaker.record`."""
        if verdict is not Verdict.IGNORED and self.breaker.counts_as_closed(permit, now):
            self._opening.count(self.outcome(verdict, duration), now)
        return self.breaker.record(permit, verdict, duration, now)

    def outcome(self, verdict: Verdict, duration: float) -> Outcome:
        """Return what a call counts as that the breaker is not told of."""
        return outcome_of(verdict, duration, self._slow)

    def view(self, now: float) -> BreakerView:
        """Return the breaker as it is at `now`."""
        breaker = self.breaker
        snapshot = breaker.snapshot(now)
        return BreakerView(breaker.state, breaker.since, snapshot, breaker.open_until())

    def _changed(self, transition: StateTransition) -> None:
        self._spent[transition.source] += transition.time - self._since
        self._since = transition.time
        if transition.trips:
            self.time_to_open.append(self._opening.opened(transition))
        if transition.target is State.CLOSED:
            self._opening = OpeningTimer(self._config)
        self._on_transition(InstanceTransition(self.index, transition))
