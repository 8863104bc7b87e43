"""Which of many breakers to look at: the one that is furthest from closed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from cbtool.breaker import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.breaker import BreakerConfig, Snapshot, StateTransition
    from cbtool.metrics.view import BreakerView, LiveView


class Focus(NamedTuple):
    """The breaker in the foreground."""

    instance: int
    breaker: BreakerView
    states: Counter[State]
    """How many breakers are in each state."""


def focus_of(view: LiveView) -> Focus:
    """Return the breaker furthest from closed: open (the longest to go), half-open, nearest to tripping."""
    breakers = view.breakers
    instance = max(range(len(breakers)), key=lambda index: _distance(breakers[index], view))
    return Focus(instance, breakers[instance], Counter(breaker.state for breaker in breakers))


def last_transition(view: LiveView, instance: int) -> StateTransition | None:
    """Return the latest of the transitions shown that befell this breaker."""
    for index, transition in reversed(view.transitions):
        if index == instance:
            return transition
    return None


def judged(view: LiveView, focus: Focus) -> tuple[State, Snapshot]:
    """Return what to show as deciding: a state that counts, and its counts.

    Opening empties the window; while open, the counts that opened it say more than zeros.
    """
    breaker = focus.breaker
    last = last_transition(view, focus.instance)
    if breaker.state is State.OPEN and not breaker.snapshot.calls and last is not None:
        return last.source, last.snapshot
    return breaker.state, breaker.snapshot


def nearness(snapshot: Snapshot, config: BreakerConfig) -> float:
    """Return how near to tripping a closed breaker's counts are: 0 not at all, 1 there."""
    if config.consecutive_failures is not None:
        return snapshot.run / config.consecutive_failures
    slow = snapshot.slow if config.slow_call_duration_threshold is not None else 0
    rates = (
        (snapshot.failures, snapshot.failure_rate / config.failure_rate_threshold),
        (slow, snapshot.slow_call_rate / config.slow_call_rate_threshold if slow else 0.0),
    )
    calls = _filled(snapshot.calls, config.minimum_calls)
    near = [
        min(calls, _filled(bad, config.minimum_number_of_errors), rate_share) for bad, rate_share in rates
    ]
    if config.error_count_threshold is not None:
        near.append(snapshot.failures / config.error_count_threshold)
    return max(near)


def _distance(breaker: BreakerView, view: LiveView) -> tuple[int, float]:
    match breaker.state:
        case State.OPEN:
            left = float("inf") if breaker.open_until is None else breaker.open_until - view.elapsed
            return 2, left
        case State.HALF_OPEN:
            return 1, -breaker.since
        case _:
            # Rounded, or the foreground would change hands with every call.
            return 0, round(nearness(breaker.snapshot, view.config), 1)


def _filled(count: int, gate: int) -> float:
    return min(count / gate, 1.0) if gate else 1.0


def states_in_words(states: Counter[State]) -> Sequence[tuple[State, int]]:
    """Return the states that any breaker is in, the worst first, with how many are."""
    return [(state, states[state]) for state in (State.OPEN, State.HALF_OPEN, State.CLOSED) if states[state]]
