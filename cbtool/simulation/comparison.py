"""Several profiles on the same traffic at several loads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.simulation.engine import Engine
from cbtool.simulation.long import flagged
from cbtool.simulation.long_simulation import LongSimulation
from cbtool.simulation.run import WORTH_COMPILED, Fleet, SimulationResult, fleet_of, simulate_fleet
from cbtool.traffic.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cbtool.breaker import BreakerConfig
    from cbtool.simulation.health import HealthTimeline
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls


@dataclass(frozen=True)
class Candidate:
    """Settings to compare, under a name."""

    name: str
    config: BreakerConfig
    rules: OutcomeRules


@dataclass(frozen=True)
class AtLoad:
    """The traffic at one load, in memory or not, and what health checks answer there, where known."""

    load: float
    calls: Calls | LongCalls
    health: HealthTimeline | None = None


@dataclass(frozen=True)
class Cell:
    """One candidate at one load."""

    candidate: Candidate
    load: float
    calls: int
    rate: float
    result: SimulationResult

    def to_json(self) -> dict[str, Any]:
        """Return the simulation's document with the candidate and the load it is of."""
        head = {"profile": self.candidate.name, "load": self.load, "rate": self.rate}
        return {**head, **self.result.to_json(self.candidate.config)}


@dataclass(frozen=True)
class Comparison:
    """Every candidate at every load, load by load, candidates in the order given."""

    cells: tuple[Cell, ...]

    def loads(self) -> tuple[float, ...]:
        """Return the loads in the order given."""
        return tuple(dict.fromkeys(cell.load for cell in self.cells))

    def candidates(self) -> tuple[Candidate, ...]:
        """Return the candidates in the order given."""
        first = self.loads()[0]
        return tuple(cell.candidate for cell in self.cells if cell.load == first)

    def of(self, candidate: Candidate) -> tuple[Cell, ...]:
        """Return one candidate's cells, load by load."""
        return tuple(cell for cell in self.cells if cell.candidate is candidate)


def compare(
    candidates: Sequence[Candidate],
    traffic: Sequence[AtLoad],
    *,
    seed: int = 0,
    instances: int = 1,
    engine: Engine = Engine.AUTO,
) -> Comparison:
    """Simulate every candidate at every load.

    Args:
        candidates: at least one.
        traffic: at least one load.
        seed: of the split over the instances and of the waits' jitter; the same for all.
        instances: how many breakers share the calls.
        engine: which implementation; of calls that are not in memory the kernel, unless it is the machine.

    Raises:
        ConfigurationError: see `simulate`.
    """
    work = len(candidates) * sum(len(each.calls) for each in traffic)
    if engine is Engine.AUTO and work >= WORTH_COMPILED:
        compiled = all(candidate.config.health_check is None for candidate in candidates)
        engine = Engine.KERNEL if compiled else Engine.AUTO
    cells = [
        cell
        for each in traffic
        for cell in _at(each, candidates, seed=seed, instances=instances, engine=engine)
    ]
    return Comparison(tuple(cells))


def _at(
    each: AtLoad, candidates: Sequence[Candidate], *, seed: int, instances: int, engine: Engine
) -> Iterator[Cell]:
    """Return every candidate's cell at one load."""
    results: Iterable[SimulationResult]
    if isinstance(each.calls, Calls):
        results = _held(each.calls, each.health, candidates, seed=seed, instances=instances, engine=engine)
    else:
        results = _in_parts(each.calls, candidates, seed=seed, instances=instances, engine=engine)
    for candidate, result in zip(candidates, results, strict=True):
        yield Cell(candidate, each.load, len(each.calls), each.calls.rate, result)


def _in_parts(
    calls: LongCalls, candidates: Sequence[Candidate], *, seed: int, instances: int, engine: Engine
) -> list[SimulationResult]:
    """Take those that count calls alike through them together."""
    by_rules: dict[OutcomeRules, list[int]] = {}
    for number, candidate in enumerate(candidates):
        by_rules.setdefault(candidate.rules, []).append(number)
    running = {
        rules: LongSimulation(
            [candidates[number].config for number in numbers],
            instances=instances,
            seed=seed,
            epoch=calls.epoch,
            engine=engine,
        )
        for rules, numbers in by_rules.items()
    }
    for part, last in flagged(calls):
        for rules, simulation in running.items():
            simulation.advance(part, rules.verdicts(part), last=last)
    results: dict[int, SimulationResult] = {}
    for rules, numbers in by_rules.items():
        results |= dict(zip(numbers, running[rules].results(), strict=True))
    return [results[number] for number in range(len(candidates))]


def _held(
    calls: Calls,
    health: HealthTimeline | None,
    candidates: Sequence[Candidate],
    *,
    seed: int,
    instances: int,
    engine: Engine,
) -> Iterator[SimulationResult]:
    fleets: dict[OutcomeRules, Fleet] = {}
    for candidate in candidates:
        rules = candidate.rules
        if rules not in fleets:
            verdicts = rules.verdicts(calls)
            fleets[rules] = fleet_of(calls, verdicts, instances=instances, seed=seed)
        yield simulate_fleet(
            fleets[rules], candidate.config, seed=seed, engine=engine, health=health, tracing=False
        )
