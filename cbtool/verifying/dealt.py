"""Traffic dealt to breakers, in memory or on disk, and what a profile's breakers do with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.recommend.case import Case
from cbtool.recommend.incidents.incidents import sides_of
from cbtool.recommend.incidents.long_own import own_along
from cbtool.recommend.incidents.own_incidents import own_incidents
from cbtool.recommend.long_method import excerpted
from cbtool.recommend.reading.instances import NamedAlong, Ranks, every_instance
from cbtool.recommend.reading.long_trace import LongTrace
from cbtool.recommend.reading.regimes import load_regimes
from cbtool.recommend.reading.trace import trace_of
from cbtool.recommend.surroundings.reach import given_up
from cbtool.scratch import Scratch
from cbtool.simulation.long import flagged
from cbtool.simulation.long_simulation import LongSimulation
from cbtool.simulation.run import fleet_along, simulate_fleet, values_of
from cbtool.traffic.calls import Calls
from cbtool.traffic.thinning import Splitter, split

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from cbtool.metrics.summary import RunSummary
    from cbtool.profiles import Profile
    from cbtool.profiles.evidence import ProfileEvidence
    from cbtool.recommend.incidents.incidents import Apart
    from cbtool.recommend.incidents.own_incidents import Own
    from cbtool.recommend.model import Budget
    from cbtool.recommend.reading.columns import Column, TraceColumns
    from cbtool.recommend.reading.trace import Trace
    from cbtool.simulation.health import HealthTimeline
    from cbtool.simulation.long import Heard
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

_NAMED = ("instance",)


class Ran(NamedTuple):
    """What the breakers did.

    Attributes:
        summary: their run.
        values: the numbers that a `Threshold` may name.
        healthy: how many calls outside incidents are healthy.
        refused: how many of these the breakers refused.
    """

    summary: RunSummary
    values: dict[str, float]
    healthy: int
    refused: int


class Outside(NamedTuple):
    """The time outside incidents, by (from, to) seconds of each."""

    spans: Sequence[tuple[float, float]]

    def of(self, start_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which calls start in it."""
        start = start_ns / 1e9
        outside = np.ones(len(start), np.bool_)
        for begin, end in self.spans:
            outside &= (start < begin) | (start > end)
        return outside


class Dealt(Protocol):
    """Traffic, and which breaker gets each call."""

    @property
    def instances(self) -> int:
        """How many breakers there are."""

    @property
    def named(self) -> bool:
        """Whether they are those of the instances that the log names."""

    @property
    def trace(self) -> TraceColumns:
        """The calls that count."""

    @property
    def which(self) -> Column:
        """By call that counts, its breaker."""

    @property
    def gave_up(self) -> NDArray[np.int64]:
        """See `recommend.reach.given_up`."""

    def own(self, p99: float | None, budget: Budget, apart: Apart) -> Own:
        """Return the incidents of single instances."""

    def ran(self, profile: Profile, seed: int, outside: Outside, health: HealthTimeline | None = None) -> Ran:
        """Run the calls through a profile's breakers.

        Raises:
            ConfigurationError: see `simulate_fleet`.
        """

    def case(self, apart: Apart, own: Own, p99: float | None, budget: Budget, seed: int) -> Case:
        """Return the calls that count, or an excerpt of them, as `recommend` looks at them."""


@dataclass(frozen=True)
class HeldDealt:
    """Calls in memory; see `Dealt` and `dealt`."""

    calls: Calls
    verdicts: NDArray[np.uint8]
    every: NDArray[np.int32]
    instances: int
    named: bool

    @cached_property
    def trace(self) -> Trace:
        """The calls that count."""
        return trace_of(self.calls, self.verdicts)

    @cached_property
    def which(self) -> NDArray[np.int32]:
        """By call that counts, its breaker."""
        counted: NDArray[np.int32] = self.every[self.verdicts != Verdict.IGNORED]
        return counted

    @property
    def gave_up(self) -> NDArray[np.int64]:
        """After how long calls were given up."""
        return given_up(self.calls)

    def own(self, p99: float | None, budget: Budget, apart: Apart) -> Own:
        """Return the incidents of single instances."""
        return own_incidents(self.trace, self.which, p99, budget, apart)

    def ran(self, profile: Profile, seed: int, outside: Outside, health: HealthTimeline | None = None) -> Ran:
        """Run the calls through a profile's breakers."""
        fleet = fleet_along(self.calls, self.verdicts, self.every, self.instances)
        result = simulate_fleet(fleet, profile.config, seed=seed, health=health)
        healthy = outside.of(self.calls.start_ns) & (self.verdicts == Verdict.SUCCESS)
        refused = int(np.count_nonzero(healthy & (result.permitted == 0)))
        values = values_of(result, self.calls, self.verdicts, profile.config)
        return Ran(result.summary, values, int(np.count_nonzero(healthy)), refused)

    def case(self, apart: Apart, own: Own, p99: float | None, budget: Budget, seed: int) -> Case:
        """Return all calls that count."""
        trace, which = self.trace, self.which
        return Case(
            trace,
            which if self.named else split(len(trace), self.instances, seed),
            sides_of(trace, apart),
            p99,
            budget,
            load_regimes(trace, self.instances),
            self.instances,
            seed,
            own,
            trace,
            self.named,
        )


class LongDealt:
    """Calls on disk; see `Dealt` and `dealt`.

    Raises:
        ConfigurationError: they name no instance, and are to be dealt by those.
        UnreachableError: there is no room on the disk.
    """

    def __init__(self, calls: LongCalls, rules: OutcomeRules, instances: int | None, seed: int) -> None:
        self.trace = LongTrace()
        self.named = instances is None
        self._calls, self._rules, self._seed = calls, rules, seed
        gave_up, named = [np.zeros(0, np.int64)], NamedAlong()
        splitter, which = Splitter(instances or 1, seed), Scratch(np.int32)
        for part, verdicts, _ in self._parts():
            self.trace.append(part, verdicts)
            gave_up.append(given_up(part))
            if instances is None:
                named.add(part, verdicts)
            else:
                which.append(splitter.split(len(part))[verdicts != Verdict.IGNORED])
        self.gave_up = np.concatenate(gave_up)
        self._ranks: Ranks | None = None if instances is not None else named.ranks()
        self.instances = instances or named.ranks().number
        self.which: Column = which if instances is not None else named.column()

    def own(self, p99: float | None, budget: Budget, apart: Apart) -> Own:
        """Return the incidents of single instances."""
        return own_along(self.trace, self.which, apart, instances=self.instances, p99=p99, budget=budget)

    def ran(self, profile: Profile, seed: int, outside: Outside, _: HealthTimeline | None = None) -> Ran:
        """Run the calls through a profile's breakers; no log's calls know their upstream's health."""
        counted = _Refused(outside)
        simulation = LongSimulation(
            [profile.config],
            instances=self.instances,
            seed=seed,
            epoch=self._calls.epoch,
            heard=counted.hear,
        )
        for part, verdicts, last in self._parts():
            which = None
            if self._ranks is not None:
                assert part.instance is not None  # noqa: S101  # `__init__` has looked
                which = self._ranks.of[part.instance]
            simulation.advance(part, verdicts, last=last, which=which)
        [result], [rates] = simulation.results(), simulation.rates()
        return Ran(result.summary, result.summary.values() | rates, counted.healthy, counted.refused)

    def case(self, apart: Apart, own: Own, p99: float | None, budget: Budget, seed: int) -> Case:
        """Return an excerpt."""
        case, _ = excerpted(
            self.trace,
            apart,
            self.which if self.named else None,
            p99=p99,
            budget=budget,
            regimes=load_regimes(self.trace, self.instances),
            instances=self.instances,
            seed=seed,
            own=own,
        )
        return case

    def _parts(self) -> Iterator[tuple[Calls, NDArray[np.uint8], bool]]:
        for part, last in flagged(self._calls, _NAMED if self.named else ()):
            yield part, self._rules.verdicts(part), last


class _Refused:
    """How many healthy calls outside incidents there were, and were refused."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self.healthy = 0
        self.refused = 0

    def hear(self, heard: Heard) -> None:
        """Add what a breaker did with a part."""
        arrivals, healthy = heard.share.arrivals, heard.share.healthy == 1
        mine = healthy & self._outside.of(arrivals.start_ns)
        self.healthy += int(np.count_nonzero(mine))
        self.refused += int(np.count_nonzero(mine & (heard.permitted == 0)))


def recommended_for(evidence: ProfileEvidence | None, calls: Calls | LongCalls | None) -> int | None:
    """Return how many breakers a profile was recommended for.

    Args:
        evidence: the profile's.
        calls: that it is to be held against.

    Returns:
        None: one for each instance that the calls name, as those did that the profile came from.
    """
    if evidence is None:
        return 1
    named = calls is not None and (not isinstance(calls, Calls) or len(calls.instances) > 1)
    return None if evidence.by_instance and named else evidence.instances


def dealt(calls: Calls | LongCalls, rules: OutcomeRules, instances: int | None, seed: int) -> Dealt:
    """Deal calls to breakers.

    Args:
        calls: n calls, wherever they are.
        rules: what they count as.
        instances: how many breakers share them; None: one for each instance that the calls name.
        seed: of the split.

    Raises:
        ConfigurationError: they name no instance.
        UnreachableError: there is no room on the disk.
    """
    if not isinstance(calls, Calls):
        return LongDealt(calls, rules, instances, seed)
    verdicts = rules.verdicts(calls)
    if instances is None:
        which, number = every_instance(calls, verdicts)
    else:
        which, number = split(len(calls), instances, seed), instances
    return HeldDealt(calls, verdicts, which, number, instances is None)
