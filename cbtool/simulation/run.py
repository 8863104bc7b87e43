"""One simulation: calls, verdicts and a configuration in; every decision and a summary out."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cbtool.breaker import BreakerConfig, Outcome, Verdict
from cbtool.errors import ConfigurationError
from cbtool.metrics.summary import Impact, RunSummary, summarise
from cbtool.metrics.view import InstanceTransition
from cbtool.simulation.engine import Engine
from cbtool.simulation.readable import run_readable
from cbtool.simulation.traffic import Traffic, outcomes_of, traffic_of
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.simulation.health import HealthTimeline
    from cbtool.simulation.history import History
    from cbtool.traffic.calls import Calls

WORTH_COMPILED = 200_000
"""Calls from which the kernel, which takes seconds to load, is done before the readable machine."""


@dataclass(frozen=True)
class SimulationResult:
    """What the breakers did.

    Attributes:
        summary: the run's numbers.
        permitted: uint8, by call: 1 where it was let through.
        state_before: uint8, by call: its breaker's stored `State` when it arrived; empty if not traced.
        state_after: uint8, by call: the `State` just after its result was recorded or it was refused;
            empty if not traced.
        failing: how many of all calls fail by the outcome rules, permitted or not.
        healthy: how many of all calls succeed, slowly or not.
    """

    summary: RunSummary
    permitted: NDArray[np.uint8]
    state_before: NDArray[np.uint8]
    state_after: NDArray[np.uint8]
    failing: int
    healthy: int

    def to_json(self, config: BreakerConfig) -> dict[str, Any]:
        """Return the summary's document, with what the impact is a part of."""
        document = self.summary.to_json(config)
        document["impact"] |= {"failing": self.failing, "healthy": self.healthy}
        return document


@dataclass(frozen=True)
class Fleet:
    """The traffic of every breaker, ready to be simulated with any configuration.

    Attributes:
        verdicts: uint8, by call, of all calls.
        members: for each breaker, which calls it gets, and their order of events.
        end_ns: when the last call of any breaker completes.
        epoch: Unix seconds of time 0.
    """

    verdicts: NDArray[np.uint8]
    members: tuple[tuple[NDArray[np.intp], Traffic], ...]
    end_ns: int
    epoch: float = 0.0

    @cached_property
    def failing(self) -> NDArray[np.uint8]:
        """1 for each call that fails by the outcome rules, permitted or not."""
        failing: NDArray[np.bool_] = self.verdicts == Verdict.FAILURE
        return failing.view(np.uint8)

    @cached_property
    def healthy(self) -> NDArray[np.uint8]:
        """1 for each call that succeeds, slowly or not."""
        healthy: NDArray[np.bool_] = self.verdicts == Verdict.SUCCESS
        return healthy.view(np.uint8)

    @cached_property
    def totals(self) -> tuple[int, int]:
        """How many calls fail, and how many succeed."""
        return int(np.count_nonzero(self.failing)), int(np.count_nonzero(self.healthy))


def fleet_of(calls: Calls, verdicts: NDArray[np.uint8], *, instances: int = 1, seed: int = 0) -> Fleet:
    """Split the calls over breakers, and order each one's events.

    Args:
        calls: n calls.
        verdicts: uint8, n values of `Verdict`.
        instances: how many breakers share the calls.
        seed: of the split.
    """
    return fleet_along(calls, verdicts, split(len(calls), instances, seed), instances)


def fleet_along(calls: Calls, verdicts: NDArray[np.uint8], which: NDArray[np.int32], instances: int) -> Fleet:
    """Order each breaker's events where it is known which call goes to which.

    Args:
        calls: n calls.
        verdicts: uint8, n values of `Verdict`.
        which: int32, n numbers of breakers.
        instances: how many there are.
    """
    members = tuple(
        (chosen, traffic_of(calls.start_ns[chosen], calls.duration_ns[chosen], verdicts[chosen]))
        for chosen in (np.flatnonzero(which == number) for number in range(instances))
    )
    end = max((traffic.end for _, traffic in members), default=0)
    return Fleet(np.asarray(verdicts, np.uint8), members, end, calls.epoch)


def simulate(
    calls: Calls,
    verdicts: NDArray[np.uint8],
    config: BreakerConfig,
    *,
    seed: int = 0,
    instances: int = 1,
    engine: Engine = Engine.AUTO,
    health: HealthTimeline | None = None,
) -> SimulationResult:
    """Run calls through breakers in virtual time.

    Args:
        calls: n calls; one of unknown duration takes no time.
        verdicts: uint8, n values of `Verdict`.
        config: every breaker's settings.
        seed: of the split over the instances and of the waits' jitter.
        instances: how many breakers share the calls.
        engine: which implementation; the results are the same.
        health: what health checks answer; needed where the configuration has one.

    Raises:
        ConfigurationError: the configuration has a health check and nobody can answer it, or the kernel
            was asked for and does not know it.
    """
    return simulate_fleet(
        fleet_of(calls, verdicts, instances=instances, seed=seed),
        config,
        seed=seed,
        engine=engine,
        health=health,
    )


def simulate_fleet(
    fleet: Fleet,
    config: BreakerConfig,
    *,
    seed: int = 0,
    engine: Engine = Engine.AUTO,
    health: HealthTimeline | None = None,
    tracing: bool = True,
) -> SimulationResult:
    """Run traffic that is already split and ordered; see `simulate`.

    Args:
        fleet: every breaker's traffic.
        config: every breaker's settings.
        seed: of the waits' jitter; each breaker adds its number.
        engine: which implementation.
        health: what health checks answer.
        tracing: whether the states around each call are wanted; the kernel is faster without.
    """
    check_health(config, health)
    if engine is Engine.AUTO:
        compiled = config.health_check is None and len(fleet.verdicts) >= WORTH_COMPILED
        engine = Engine.KERNEL if compiled else Engine.MACHINE
    histories = []
    for number, (_, traffic) in enumerate(fleet.members):
        if engine is Engine.KERNEL:
            from cbtool.simulation.fast import run_fast  # noqa: PLC0415  # numba takes a second to load

            histories.append(
                run_fast(
                    traffic,
                    config,
                    seed=seed + number,
                    end_ns=fleet.end_ns,
                    epoch=fleet.epoch,
                    tracing=tracing,
                )
            )
        else:
            histories.append(
                run_readable(
                    traffic,
                    config,
                    seed=seed + number,
                    end_ns=fleet.end_ns,
                    epoch=fleet.epoch,
                    health=health,
                )
            )
    return _merged(fleet, histories)


def check_health(config: BreakerConfig, health: HealthTimeline | None) -> None:
    """Check that a health check, if the settings have one, can be answered.

    Raises:
        ConfigurationError: it cannot.
    """
    if config.health_check is not None and health is None:
        raise ConfigurationError(
            "the profile resets by a health check, which recorded calls cannot answer; "
            "simulate a --scenario, or take [breaker.health_check] out of the profile"
        )


def _merged(fleet: Fleet, histories: Sequence[History]) -> SimulationResult:
    n = len(fleet.verdicts)
    permitted = _by_call(fleet, [history.permitted for history in histories])
    failing, healthy = fleet.totals
    through = passage(permitted, fleet.failing, fleet.healthy)
    summary = summarise(
        (
            InstanceTransition(number, transition)
            for number, history in enumerate(histories)
            for transition in history.transitions
        ),
        calls=n,
        permitted=through.permitted,
        end=fleet.end_ns / 1e9,
        time_to_open=times_to_open_of(histories),
        impact=Impact(through.failed_shed, through.healthy_refused),
        instances=len(histories),
    )
    return SimulationResult(
        summary,
        permitted,
        _by_call(fleet, [history.state_before for history in histories]),
        _by_call(fleet, [history.state_after for history in histories]),
        failing=failing,
        healthy=healthy,
    )


class Passage(NamedTuple):
    """How many calls were let through, and of the others, how many would have failed and succeeded."""

    permitted: int
    failed_shed: int
    healthy_refused: int


def passage(permitted: NDArray[np.uint8], failing: NDArray[np.uint8], healthy: NDArray[np.uint8]) -> Passage:
    """Count what became of calls; arrays of 0 and 1, by call."""
    through = int(np.count_nonzero(permitted.view(np.bool_)))
    if through == len(permitted):
        return Passage(through, 0, 0)
    # "More than" is "and not": one pass, and no array of the refused calls.
    shed, refused = (int(np.count_nonzero(flags > permitted)) for flags in (failing, healthy))
    return Passage(through, shed, refused)


def _by_call(fleet: Fleet, columns: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Return one column of all calls from every breaker's; empty where nobody filled it."""
    if len(columns) == 1 or not any(len(column) for column in columns):
        return columns[0]
    merged = np.zeros(len(fleet.verdicts), np.uint8)
    for (chosen, _), column in zip(fleet.members, columns, strict=True):
        merged[chosen] = column
    return merged


def times_to_open_of(histories: Sequence[History]) -> list[float]:
    """Return every breaker's times to open, in the order of the trips."""
    trips = (
        (transition.time, number, seconds)
        for number, history in enumerate(histories)
        for transition, seconds in zip(
            (each for each in history.transitions if each.trips), history.time_to_open, strict=True
        )
    )
    return [seconds for _, _, seconds in sorted(trips)]


def values_of(
    result: SimulationResult, calls: Calls, verdicts: NDArray[np.uint8], config: BreakerConfig
) -> dict[str, float]:
    """Return the numbers that a `Threshold` may name, of a simulation; rates are percent.

    Args:
        result: the simulation.
        calls: its n calls.
        verdicts: uint8, n values of `Verdict`.
        config: says which calls are slow.
    """
    durations = np.maximum(calls.duration_ns, 0)
    outcomes = outcomes_of(durations, verdicts, config.slow_above)
    counted = outcomes[(result.permitted == 1) & (outcomes != Outcome.IGNORED)]
    values = result.summary.values()
    if len(counted):
        values["failure_rate"] = 100.0 * float((counted & 1).mean())
        values["slow_call_rate"] = 100.0 * float((counted >> 1).mean())
    return values
