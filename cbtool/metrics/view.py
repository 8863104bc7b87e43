"""What a run looks like at one moment: the engine makes it, the dashboard draws it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker import BreakerConfig, Snapshot, State, StateTransition


class Second(NamedTuple):
    """One second of a run, for the sparkline."""

    calls: int
    """Results recorded (not the refused ones)."""
    failures: int
    slow: int
    not_permitted: int
    open_share: float
    """The share of breakers that were not closed at its end, 0 to 1."""


class InstanceTransition(NamedTuple):
    """A transition, and which of the breakers it befell."""

    instance: int
    transition: StateTransition


@dataclass(frozen=True, slots=True)
class BreakerView:
    """One breaker at one moment. Times are seconds since the run's start."""

    state: State
    since: float
    snapshot: Snapshot
    open_until: float | None


@dataclass(frozen=True, slots=True)
class LiveView:
    """A run at one moment. Times are seconds since its start.

    Attributes:
        title: the command and its target, without credentials.
        elapsed: since the start.
        total: planned length; None where unknown.
        config: the settings that every breaker has.
        shadow: whether the breakers only watch.
        breakers: one an instance.
        target_rate: calls a second that the schedule asks for now.
        rate: calls a second that arrived over the last second.
        counts: so far: `calls` (all that arrived), `permitted`, `not_permitted`, `redirected`, `dropped`,
            `in_flight`, `success`, `failure`, `slow_success`, `slow_failure`, `ignored`.
        latency: seconds from the intended start, by percentile: `p50`, `p95`, `p99`, `max`.
        trips: closed to open, over all breakers.
        time_in_state: seconds, summed over the breakers.
        transitions: the latest ones, oldest first.
        seconds: the run's last seconds, oldest first.
        notice: a line to show below, such as "stopping …"; empty for none.
    """

    title: str
    elapsed: float
    total: float | None
    config: BreakerConfig
    shadow: bool
    breakers: tuple[BreakerView, ...]
    target_rate: float
    rate: float
    counts: Mapping[str, int]
    latency: Mapping[str, float]
    trips: int
    time_in_state: Mapping[State, float]
    transitions: tuple[InstanceTransition, ...]
    seconds: tuple[Second, ...]
    notice: str = ""
