"""What a run came to: trips, time in each state, time to reset, and what the breakers did to the calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.breaker import BreakerConfig, State, describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cbtool.metrics.view import InstanceTransition


FLAP = 60.0
"""Seconds: a breaker that trips so soon after it closed has closed too early, or should not have tripped."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What refusing did; None where nobody can know what became of a refused call.

    Attributes:
        failed_shed: refused calls that would have failed.
        healthy_refused: refused calls that would have succeeded.
    """

    failed_shed: int | None = None
    healthy_refused: int | None = None


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run's result. Times are seconds from its first call.

    Attributes:
        calls: that arrived at the breakers.
        permitted: of these, let through.
        not_permitted: of these, refused (or redirected).
        trips: closed breakers that opened.
        transitions: every change of state of every breaker, by time.
        time_in_state: summed over the breakers.
        time_to_reset: from each trip to the return to closed; a trip that never returned has none.
        time_to_open: for each trip, from the start of the bad stretch that tripped it to the opening.
        impact: what refusing did.
        instances: how many breakers.
    """

    calls: int
    permitted: int
    not_permitted: int
    trips: int
    transitions: tuple[InstanceTransition, ...]
    time_in_state: Mapping[State, float]
    time_to_reset: tuple[float, ...]
    time_to_open: tuple[float, ...]
    impact: Impact
    instances: int

    def values(self) -> dict[str, float]:
        """Return the numbers that a `Threshold` may name: counts, the longest times, and percent rejected."""
        entered = [each.transition.target for each in self.transitions]
        values: dict[str, float] = {
            "calls": self.calls,
            "trips": self.trips,
            "opens": entered.count(State.OPEN),
            "closes": entered.count(State.CLOSED),
            "flaps": flaps(self.transitions),
            "rejected": 100.0 * self.not_permitted / self.calls if self.calls else 0.0,
        }
        if self.time_to_open:
            values["time_to_open"] = max(self.time_to_open)
        if self.time_to_reset and len(self.time_to_reset) >= self.trips:  # one that was not takes for ever
            values["time_to_close"] = max(self.time_to_reset)
        return values

    def to_json(self, config: BreakerConfig) -> dict[str, Any]:
        """Return the keys that `simulate --json` promises (design, section 6)."""
        return {
            "calls": self.calls,
            "permitted": self.permitted,
            "not_permitted": self.not_permitted,
            "trips": self.trips,
            "instances": self.instances,
            "transitions": [_transition_json(each, config) for each in self.transitions],
            "time_in_state": {state.label: _exact(self.time_in_state[state]) for state in State},
            "time_to_reset": spread(self.time_to_reset),
            "time_to_open": spread(self.time_to_open),
            "impact": {
                "failed_shed": self.impact.failed_shed,
                "healthy_refused": self.impact.healthy_refused,
            },
        }


def summarise(
    transitions: Iterable[InstanceTransition],
    *,
    calls: int,
    permitted: int,
    end: float,
    time_to_open: Sequence[float],
    impact: Impact,
    instances: int = 1,
    start: float = 0.0,
) -> RunSummary:
    """Return a run's summary from what was counted.

    Args:
        transitions: of all breakers, in any order.
        calls: that arrived.
        permitted: of these, let through.
        end: when the run ended, in seconds on the transitions' clock.
        time_to_open: seconds, one a trip.
        impact: what refusing did.
        instances: how many breakers.
        start: when the breakers started, closed, on the same clock.
    """
    ordered = tuple(sorted(transitions, key=lambda each: (each.transition.time, each.instance)))
    return RunSummary(
        calls=calls,
        permitted=permitted,
        not_permitted=calls - permitted,
        trips=sum(each.transition.trips for each in ordered),
        transitions=ordered,
        time_in_state=time_in_state(ordered, instances=instances, start=start, end=end),
        time_to_reset=time_to_reset(ordered),
        time_to_open=tuple(time_to_open),
        impact=impact,
        instances=instances,
    )


def time_in_state(
    transitions: Iterable[InstanceTransition], *, instances: int, start: float, end: float
) -> dict[State, float]:
    """Return the seconds in each state, summed over the breakers, which start closed.

    Args:
        transitions: by time.
        instances: how many breakers.
        start: when they started, in seconds on the transitions' clock.
        end: when the run ended, on the same.
    """
    spent = dict.fromkeys(State, 0.0)
    states = dict.fromkeys(range(instances), (State.CLOSED, start))
    for instance, transition in transitions:
        state, since = states[instance]
        spent[state] += transition.time - since
        states[instance] = (transition.target, transition.time)
    for state, since in states.values():
        spent[state] += max(0.0, end - since)
    return spent


def time_to_reset(transitions: Iterable[InstanceTransition]) -> tuple[float, ...]:
    """Return, for each trip that was got over, the seconds until the breaker was closed again."""
    tripped: dict[int, float] = {}
    took = []
    for instance, transition in transitions:
        if transition.trips:
            tripped[instance] = transition.time
        elif transition.target is State.CLOSED and instance in tripped:
            took.append(transition.time - tripped.pop(instance))
    return tuple(took)


def flaps(transitions: Iterable[InstanceTransition]) -> int:
    """Return how many trips came within `FLAP` seconds after their breaker had closed.

    Args:
        transitions: by time.
    """
    closed: dict[int, float] = {}
    found = 0
    for instance, transition in transitions:
        if transition.target is State.CLOSED:
            closed[instance] = transition.time
        elif transition.trips and instance in closed:
            found += transition.time - closed[instance] < FLAP
    return found


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Return a count, mean, maximum and each of some seconds; null where there are none."""
    return {
        "count": len(values),
        "mean": _exact(sum(values) / len(values)) if values else None,
        "max": _exact(max(values)) if values else None,
        "each": [_exact(value) for value in values],
    }


def _exact(seconds: float) -> float:
    """Return whole nanoseconds, without what a difference of floats leaves behind them."""
    return round(seconds, 9)


def _transition_json(each: InstanceTransition, config: BreakerConfig) -> dict[str, Any]:
    transition = each.transition
    return {
        "t": transition.time,
        "from": transition.source.label,
        "to": transition.target.label,
        "reason": transition.reason.label,
        "instance": each.instance,
        "calls": transition.snapshot.calls,
        "failures": transition.snapshot.failures,
        "slow": transition.snapshot.slow,
        "detail": describe(transition, config),
    }
