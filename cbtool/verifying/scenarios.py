"""Scenarios made for a load: an outage and a brown-out to notice, a blip and health to ride through.

Each is tried several times with other seeds; times are held to their limit in nine tries of ten. An outage
must be noticed within the detection delay, a brown-out and slow calls within twice that. Rates are what ONE
breaker sees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import State
from cbtool.breaker.outcome import Verdict
from cbtool.breaker.policies import OFF
from cbtool.breaker.reach.holding import window_holding
from cbtool.breaker.reach.settings import trials_needed
from cbtool.breaker.wait import wait_ns
from cbtool.simulation.generate import generate
from cbtool.simulation.health import HealthTimeline, health_of
from cbtool.simulation.run import simulate
from cbtool.traffic.calls import Calls
from cbtool.traffic.scenario import Phase, Scenario
from cbtool.units import format_duration, format_percent, format_rate
from cbtool.verifying.model import Check, Group, Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.breaker import StateTransition
    from cbtool.profiles import Profile

TYPICAL_P99 = 0.100
"""Seconds: of calls of which nobody knows how long they take."""

_TRIES, _TRIES_WHEN_BUSY = 10, 5
_BUSY = 10.0  # calls a second from which chance evens out within a try
_HEALTHY_TRIES = 3
_SURE = 0.9  # of the tries
_CALLS = 8_000  # of a healthy stretch, if that is long enough
_LONG_ENOUGH = 60.0  # seconds
_LEAST_CALLS = 60  # of an incident, and of health before it
_LONGEST_WARM_UP = 300.0  # seconds
_MILDER = 2.0  # times as long may it take to notice less than an outage
_SLOW = 2.0  # times the slow-call threshold
_BLIP = 2  # failures in a row that are none of a breaker's business
_DEFAULT_BROWN_OUT = 60.0  # percent
_SWEEPS = 2
_MOST_WAITS = 10_000


@dataclass(frozen=True, slots=True)
class Usual:
    """What healthy traffic is like.

    Attributes:
        median: of the durations, in seconds.
        p99: the same.
        failure_rate: percent of the calls.
        brown_out: percent of the calls that fail in the mildest incident seen; None: none was.
        timeout: the caller's; None: unknown.
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


def scenario_checks(
    profile: Profile, load: AtLoad, usual: Usual, limits: Limits, seed: int
) -> Iterator[Check]:
    """Give the checks of a profile at one load."""
    lab = _Lab(profile, load, usual, limits, seed)
    yield lab.healthy()
    yield lab.blip()
    yield from lab.outage()
    if not load.low:
        yield from lab.brown_out()
        yield from lab.slow()


@dataclass(frozen=True, slots=True)
class _Try:
    """One run through an incident: seconds from its start to the opening, from its end to closed for good."""

    opened: float | None
    closed: float | None


class _Lab:
    def __init__(self, profile: Profile, load: AtLoad, usual: Usual, limits: Limits, seed: int) -> None:
        self._profile, self._load, self._usual, self._limits = profile, load, usual, limits
        self._seed = seed

    def healthy(self) -> Check:
        """Hold it to no trip while all is well."""
        seconds = max(_LONG_ENOUGH, _CALLS / self._load.rate)
        scenario = self._scenario(self._phase("healthy", seconds))
        trips = sum(
            change.trips for number in range(_HEALTHY_TRIES) for change in self._run(scenario, number)
        )
        stretch = f"{_HEALTHY_TRIES} stretches of {format_duration(seconds)}"
        return self._check(
            "trips while healthy",
            trips == 0,
            float(trips),
            0.0,
            shown=f"{trips:,}",
            wanted="0",
            why=f"{stretch} with {format_percent(self._usual.failure_rate)} of the calls failing",
        )

    def blip(self) -> Check:
        """Hold it to no trip on two failures in a row."""
        n = 400
        start = (np.arange(n) * (1e9 / self._load.rate)).astype(np.int64)
        failed = np.zeros(n, np.bool_)
        failed[n // 2 : n // 2 + _BLIP] = True
        calls = Calls(
            start_ns=start,
            duration_ns=np.full(n, round(self._usual.median * 1e9), np.int64),
            status=np.where(failed, 503, 200).astype(np.int16),
            error=np.zeros(n, np.uint8),
        )
        verdicts = np.where(failed, np.uint8(Verdict.FAILURE), np.uint8(Verdict.SUCCESS))
        health = HealthTimeline(lambda _: True)
        result = simulate(calls, verdicts, self._profile.config, seed=self._seed, health=health)
        trips = result.summary.trips
        return self._check(
            "trips on a blip",
            trips == 0,
            float(trips),
            0.0,
            shown=f"{trips:,}",
            wanted="0",
            why=f"{_BLIP} failed calls in a row, all others good",
        )

    def outage(self) -> Iterator[Check]:
        """Hold it to opening in an outage, and to closing after it."""
        yield from self._incident("outage", failure_rate=100.0, share=1.0, recovers=True)

    def brown_out(self) -> Iterator[Check]:
        """Hold it to opening where a good part of the calls fails."""
        given = self._limits.rules.brown_out or self._usual.brown_out or _DEFAULT_BROWN_OUT
        name = f"brown-out of {format_percent(float(f'{given:.2g}'))}"
        yield from self._incident(name, failure_rate=given)

    def slow(self) -> Iterator[Check]:
        """Hold it to opening where all calls are slow, if it judges that and the caller waits so long."""
        config, timeout = self._profile.config, self._usual.timeout
        above = config.slow_above
        judged = config.policies.trip.slow_rate != OFF or config.policies.trip.slow_quantile > 0
        if above is None or not judged or (timeout is not None and above >= timeout):
            return
        median = above * _SLOW
        yield from self._incident("slow calls", median=median, p99=median * 1.2, timeout=median * 10)

    def _incident(
        self,
        name: str,
        *,
        failure_rate: float | None = None,
        median: float | None = None,
        p99: float | None = None,
        timeout: float | None = None,
        share: float = _MILDER,
        recovers: bool = False,
    ) -> Iterator[Check]:
        rate = self._load.rate
        limit = share * self._limits.delay_at(rate, low=self._load.low) + (median or 0.0)
        wanted = limit if math.isfinite(limit) else self._limits.delay_at(rate, low=False)
        window = window_holding(self._profile.config.policies, max(1, round(1e9 / rate))).length / 1e9
        before = max(min(window, _LONGEST_WARM_UP), _LEAST_CALLS / rate)
        lasts = max(2 * wanted, _LEAST_CALLS / rate)
        recovery = self._recovery_limit(lasts)
        phases = [
            self._phase("before", before),
            self._phase(name, lasts, failure_rate=failure_rate, median=median, p99=p99),
        ]
        if recovers:
            phases.append(self._phase("after", 1.2 * recovery))
        scenario = self._scenario(*phases, timeout=timeout)
        count = _TRIES if rate < _BUSY else _TRIES_WHEN_BUSY
        tries = [self._try(scenario, number, before, before + lasts) for number in range(count)]
        yield self._times(f"{name}: time to open", [each.opened for each in tries], limit)
        if recovers and all(each.opened is not None for each in tries):
            closing = self._limits.rules.time_to_close
            closed = [each.closed for each in tries]
            yield self._times(f"{name}: time to close", closed, recovery if closing is None else closing)

    def _times(self, name: str, found: list[float | None], limit: float) -> Check:
        place = math.ceil(_SURE * len(found)) - 1
        ordered = sorted(float("inf") if each is None else each for each in found)
        value = ordered[place]
        never = sum(each is None for each in found)
        if limit == float("inf"):
            shown = format_duration(value) if np.isfinite(value) else f"not in {never} of {len(found)} tries"
            return self._check(name, True, value, None, shown=shown, wanted="any", why="by the rules")
        return self._check(
            name,
            value <= limit,
            value if np.isfinite(value) else None,
            limit,
            shown=format_duration(value) if np.isfinite(value) else "never",
            wanted=f"≤ {format_duration(limit)}",
            why=f"not at all in {never} of {len(found)} tries" if never else "",
        )

    def _try(self, scenario: Scenario, number: int, start: float, end: float) -> _Try:
        changes = self._run(scenario, number)
        before = [change for change in changes if change.time < start]
        opened = next(
            (change.time - start for change in changes if start <= change.time <= end and change.trips), None
        )
        if before and before[-1].target is not State.CLOSED:
            opened = 0.0
        closed = None
        if not changes or changes[-1].target is State.CLOSED:
            last = changes[-1].time if changes else end
            closed = max(0.0, last - end)
        return _Try(opened, closed)

    def _run(self, scenario: Scenario, number: int) -> tuple[StateTransition, ...]:
        """Return what the breaker does, in the scenario's own time."""
        made = generate(scenario, seed=self._seed + number)
        result = simulate(
            made.calls,
            self._profile.rules.verdicts(made.calls),
            self._profile.config,
            seed=self._seed + number,
            health=health_of(scenario, made.origin),
        )
        changes = (each.transition for each in result.summary.transitions)
        return tuple(replace(change, time=change.time + made.origin) for change in changes)

    def _recovery_limit(self, lasts: float) -> float:
        """Return the longest wait that so long an outage comes to, and time for the trials after it."""
        wait, trials = self._profile.config.policies.wait, self._profile.config.policies.trials
        longest = spent = 0.0
        for attempt in range(1, _MOST_WAITS):
            longest = max(longest, wait_ns(wait, attempt, 1.0) / 1e9)
            spent += max(wait_ns(wait, attempt, 0.0) / 1e9, 1e-3)
            if spent >= lasts:
                break
        needed = trials_needed(trials)
        calls = needed + 3 * math.sqrt(needed) + 3
        stuck = (wait.sweep * _SWEEPS + trials.limit) / 1e9
        return longest + calls / self._load.rate + 2 * self._usual.p99 + stuck

    def _phase(
        self,
        name: str,
        seconds: float,
        *,
        failure_rate: float | None = None,
        median: float | None = None,
        p99: float | None = None,
    ) -> Phase:
        return Phase(
            name,
            seconds,
            self._load.rate,
            latency_median=median or self._usual.median,
            latency_p99=p99 or max(self._usual.p99, self._usual.median),
            failure_rate=self._usual.failure_rate if failure_rate is None else failure_rate,
        )

    def _scenario(self, *phases: Phase, timeout: float | None = None) -> Scenario:
        patience = timeout or self._usual.timeout or 100 * self._usual.p99
        return Scenario("made", phases, seed=self._seed, timeout=patience)

    def _check(
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
        at = f"{self._load.name} ({format_rate(self._load.rate)})"
        return Check(Group.SCENARIOS, f"{at}: {name}", passed, value, limit, shown, wanted, why)
