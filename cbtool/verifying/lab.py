"""The lab: one profile at one load, run through scenarios that are made for it, in virtual time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cbtool.breaker.reach.settings import trials_needed
from cbtool.breaker.wait import wait_ns
from cbtool.simulation.engine import Engine
from cbtool.simulation.generate import generate
from cbtool.simulation.health import health_of
from cbtool.simulation.run import WORTH_COMPILED, simulate
from cbtool.traffic.scenario import Phase, Scenario
from cbtool.units import format_rate
from cbtool.verifying.model import Check, Group, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.breaker import StateTransition
    from cbtool.profiles import Profile

TYPICAL_P99 = 0.100
"""Seconds: of calls of which nobody knows how long they take."""

_SWEEPS = 2
_ROUNDS = 2  # of trials that closing may take
_MOST_WAITS = 10_000


@dataclass(frozen=True, slots=True)
class Usual:
    """What healthy traffic is like.

    Attributes:
        median: of the durations, in seconds.
        p99: the same.
        failure_rate: percent of the calls.
        brown_out: percent of the calls that fail in the mildest incident seen; None: none was.
        timeout: the caller's, in seconds; None: unknown.
    """

    median: float = TYPICAL_P99 / 5
    p99: float = TYPICAL_P99
    failure_rate: float = 1.0
    brown_out: float | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class AtLoad:
    """One load to try.

    Attributes:
        name: `low load`, `high load`, or `usual load` where there is only one.
        rate: calls a second.
        low: whether it is the quietest of several.
    """

    name: str
    rate: float
    low: bool = False


def loads_of(rates: tuple[float, ...]) -> tuple[AtLoad, ...]:
    """Return the quietest and the busiest of some rates."""
    if len(set(rates)) < 2:
        return tuple(AtLoad("usual load", rate) for rate in rates[:1])
    return AtLoad("low load", min(rates), low=True), AtLoad("high load", max(rates))


class Lab:
    """Runs a profile's breaker through scenarios.

    Args:
        profile: the settings.
        load: calls a second.
        usual: what healthy calls are like.
        limits: what must hold.
        seed: of every random choice; each try adds its number.
    """

    def __init__(self, profile: Profile, load: AtLoad, usual: Usual, limits: Limits, seed: int) -> None:
        self.profile, self.load, self.usual, self.limits, self.seed = profile, load, usual, limits, seed

    def runs(self, scenario: Scenario, count: int) -> Iterator[tuple[StateTransition, ...]]:
        """Give what the breaker does in each of some tries, in the scenario's own time."""
        calls = count * self.load.rate * scenario.duration
        compiled = calls >= WORTH_COMPILED and self.profile.config.health_check is None
        engine = Engine.KERNEL if compiled else Engine.AUTO
        for number in range(count):
            yield self._run(scenario, number, engine)

    def _run(self, scenario: Scenario, number: int, engine: Engine) -> tuple[StateTransition, ...]:
        made = generate(scenario, seed=self.seed + number)
        result = simulate(
            made.calls,
            self.profile.rules.verdicts(made.calls),
            self.profile.config,
            seed=self.seed + number,
            engine=engine,
            health=health_of(scenario, made.origin),
        )
        changes = (each.transition for each in result.summary.transitions)
        return tuple(replace(change, time=change.time + made.origin) for change in changes)

    def refused(self, scenario: Scenario, since: float) -> float:
        """Return the percentage of the calls from then on that are refused."""
        made = generate(scenario, seed=self.seed)
        verdicts, config = self.profile.rules.verdicts(made.calls), self.profile.config
        permitted = simulate(made.calls, verdicts, config, seed=self.seed).permitted
        late = made.calls.start_ns / 1e9 + made.origin >= since
        return float(100.0 * (permitted[late] == 0).mean()) if late.any() else 0.0

    def recovery_limit(self, lasts: float) -> float:
        """Return twice the longest wait that so long an outage comes to, and time for the trials.

        Twice, since a stray error among the trials is no fault of the settings.
        """
        wait, trials = self.profile.config.policies.wait, self.profile.config.policies.trials
        longest = spent = 0.0
        for attempt in range(1, _MOST_WAITS):
            longest = max(longest, wait_ns(wait, attempt, 1.0) / 1e9)
            spent += max(wait_ns(wait, attempt, 0.0) / 1e9, 1e-3)
            if spent >= lasts:
                break
        needed = trials_needed(trials)
        calls = needed + 3 * math.sqrt(needed) + 3
        stuck = (wait.sweep * _SWEEPS + trials.limit) / 1e9
        return _ROUNDS * (longest + calls / self.load.rate) + 2 * self.usual.p99 + stuck

    def phase(
        self,
        name: str,
        seconds: float,
        *,
        failure_rate: float | None = None,
        median: float | None = None,
        p99: float | None = None,
    ) -> Phase:
        """Return a phase at the lab's load, as usual but for what is given (percent, seconds)."""
        return Phase(
            name,
            seconds,
            self.load.rate,
            latency_median=median or self.usual.median,
            latency_p99=p99 or max(self.usual.p99, self.usual.median),
            failure_rate=self.usual.failure_rate if failure_rate is None else failure_rate,
        )

    def scenario(self, *phases: Phase, timeout: float | None = None) -> Scenario:
        """Return phases as a scenario; the caller gives up after the usual timeout, unless one is given."""
        patience = timeout or self.usual.timeout or 100 * self.usual.p99
        return Scenario("made", phases, seed=self.seed, timeout=patience)

    def check(
        self,
        name: str,
        passed: bool,
        value: float | None,
        limit: float | None,
        *,
        shown: str,
        wanted: str,
        why: str,
    ) -> Check:
        """Return a check whose name says the load."""
        at = f"{self.load.name} ({format_rate(self.load.rate)})"
        return Check(Group.SCENARIOS, f"{at}: {name}", passed, value, limit, shown, wanted, why)
