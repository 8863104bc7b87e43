"""Traffic that settings are tried on for a page or a picture, in memory or not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from cbtool.recommend.reading.columns import count
from cbtool.recommend.reading.instances import NamedAlong
from cbtool.recommend.reading.long_trace import LongTrace
from cbtool.recommend.surroundings.reach import given_up, observed, observed_along
from cbtool.report.series.along import Along
from cbtool.simulation.long import flagged
from cbtool.simulation.long_simulation import LongSimulation
from cbtool.simulation.run import Fleet, fleet_along, simulate_fleet
from cbtool.traffic.calls import Calls
from cbtool.traffic.parts import Held
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.breaker.reach import Reachability
    from cbtool.recommend.reading.columns import Column
    from cbtool.simulation.health import HealthTimeline
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls


class Ground(Protocol):
    """What settings are tried on."""

    @property
    def along(self) -> Along:
        """The traffic, piece by piece."""

    @property
    def seed(self) -> int:
        """Of the split and of the waits' jitter."""

    @property
    def instances(self) -> int:
        """Breakers that share the calls."""

    @property
    def end(self) -> float:
        """Seconds from the first call to when the last one completes."""

    @property
    def totals(self) -> tuple[int, int]:
        """How many calls fail, and how many succeed."""

    def simulated(self, config: BreakerConfig) -> SimulationResult:
        """Return what breakers with these settings do.

        Raises:
            ConfigurationError: they reset by a health check that nobody can answer.
        """

    def reach(self, config: BreakerConfig, instances: int) -> Reachability:
        """Return what can become of every rule at the loads that were seen."""


@dataclass(frozen=True)
class HeldGround:
    """Calls in memory; see `Ground` and `ground_of`."""

    calls: Calls
    rules: OutcomeRules
    seed: int
    instances: int
    by_instance: bool
    health: HealthTimeline | None

    @cached_property
    def along(self) -> Along:
        """The traffic."""
        return Along(Held(self.calls), self.rules.verdicts, which=self._which)

    @property
    def end(self) -> float:
        """Seconds until the last call completes."""
        return self._fleet.end_ns / 1e9

    @property
    def totals(self) -> tuple[int, int]:
        """How many calls fail, and how many succeed."""
        return self._fleet.totals

    def simulated(self, config: BreakerConfig) -> SimulationResult:
        """Return what breakers with these settings do."""
        return simulate_fleet(self._fleet, config, seed=self.seed, health=self.health, tracing=False)

    def reach(self, config: BreakerConfig, instances: int) -> Reachability:
        """Return what can become of every rule at the loads that were seen."""
        return observed(config, self.calls, self._verdicts, instances=instances)

    @cached_property
    def _verdicts(self) -> NDArray[np.uint8]:
        return self.rules.verdicts(self.calls)

    @cached_property
    def _which(self) -> NDArray[np.int32]:
        """Which breaker each call goes to."""
        calls = self.calls
        if not self.by_instance or calls.instance is None:
            return split(len(calls), self.instances, self.seed)
        return np.unique(calls.instance, return_inverse=True)[1].astype(np.int32)

    @cached_property
    def _fleet(self) -> Fleet:
        return fleet_along(self.calls, self._verdicts, self._which, int(self._which.max(initial=0)) + 1)


@dataclass(frozen=True)
class LongGround:
    """Calls that are not in memory; see `Ground` and `ground_of`."""

    calls: LongCalls
    rules: OutcomeRules
    seed: int
    instances: int
    by_instance: bool

    @cached_property
    def along(self) -> Along:
        """The traffic."""
        which = self._named[0] if self.by_instance else None
        return Along(self.calls, self.rules.verdicts, self.instances, self.seed, which)

    @cached_property
    def end(self) -> float:
        """Seconds until the last call completes."""
        return max(int(piece.calls.end_ns.max()) for piece in self.along.pieces()) / 1e9

    @property
    def totals(self) -> tuple[int, int]:
        """How many calls fail, and how many succeed."""
        trace, _ = self._trace
        failing = count(trace.failed)
        return failing, len(trace) - failing

    def simulated(self, config: BreakerConfig) -> SimulationResult:
        """Return what breakers with these settings do."""
        number = self._named[1] if self.by_instance else self.instances
        simulation = LongSimulation([config], instances=number, seed=self.seed, epoch=self.calls.epoch)
        for piece in self.along.pieces():
            simulation.advance(piece.calls, piece.verdicts, last=piece.last, which=piece.which)
        return simulation.results()[0]

    def reach(self, config: BreakerConfig, instances: int) -> Reachability:
        """Return what can become of every rule at the loads that were seen."""
        return observed_along(config, *self._trace, instances=instances)

    @cached_property
    def _named(self) -> tuple[Column, int]:
        """Return the instance of each call, and how many there are."""
        named = NamedAlong()
        for part, _ in flagged(self.calls, ("instance",)):
            named.add(part, np.zeros(len(part), np.uint8))
        return named.in_order()

    @cached_property
    def _trace(self) -> tuple[LongTrace, NDArray[np.int64]]:
        trace, gave_up = LongTrace(), []
        for piece in self.along.pieces():
            trace.append(piece.calls, piece.verdicts)
            gave_up.append(given_up(piece.calls))
        return trace, np.concatenate(gave_up)


def ground_of(
    calls: Calls | LongCalls,
    rules: OutcomeRules,
    seed: int,
    instances: int,
    *,
    by_instance: bool = False,
    health: HealthTimeline | None = None,
) -> Ground:
    """Return what settings are tried on.

    Args:
        calls: at least one call.
        rules: what they count as.
        seed: of the split and of the waits' jitter.
        instances: breakers that share the calls.
        by_instance: whether each call goes to the breaker of the instance that the log names.
        health: what health checks answer; None: nobody knows.
    """
    if isinstance(calls, Calls):
        return HeldGround(calls, rules, seed, instances, by_instance, health)
    return LongGround(calls, rules, seed, instances, by_instance)
