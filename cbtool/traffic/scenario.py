"""A scenario: phases of load and faults, shared by the simulator, the fault lab, the demo and the tests.

`Scenario.at(t)` says what holds at a moment; who draws from it, and how, is up to the caller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from cbtool.breaker.checks import not_negative, positive, require
from cbtool.errors import InvalidSettingError

SLOW_START_FACTOR = 5.0
"""How many times slower than usual an upstream answers when its slow start begins."""

UNHEALTHY_FROM = 10.0
"""Percent of faulty calls from which the health endpoint answers 503, unless the phase says otherwise."""

_Z99 = 2.3263478740408408
"""The 99 % quantile of the standard normal distribution."""


class ArrivalKind(StrEnum):
    """How a phase's calls follow each other."""

    CONSTANT = "constant"
    POISSON = "poisson"


class Conditions(NamedTuple):
    """What holds at one moment. Shares are percent of the calls and exclude each other, in this order."""

    rate: float
    """Calls a second."""
    refuse: bool
    """Connections are refused; nothing below matters."""
    reset: float
    """Connections reset before an answer."""
    timeouts: float
    """Calls that hang past any timeout of the caller."""
    failure_rate: float
    """Calls answered with one of `statuses`."""
    statuses: tuple[int, ...]
    latency_median: float
    """Seconds; of answered calls, log-normal."""
    latency_sigma: float
    """The standard deviation of the latency's logarithm."""
    hang: float
    """Seconds that a hanging call hangs."""
    bad_instances: int
    """The faults concern only the calls of this many instances; 0: all of them."""
    healthy: bool
    """What the health endpoint says."""

    @property
    def faulty(self) -> float:
        """Percent of the calls to a faulty instance that get no good answer."""
        return 100.0 if self.refuse else min(100.0, self.reset + self.timeouts + self.failure_rate)


@dataclass(frozen=True, slots=True)
class Phase:
    """One stretch of a scenario. Durations are seconds, rates calls a second, shares percent.

    Attributes:
        name: for people.
        duration: how long it lasts.
        rate: calls a second at its start.
        rate_to: calls a second at its end, reached linearly; None: `rate` throughout.
        arrivals: evenly spaced or Poisson.
        latency_median: of answered calls.
        latency_p99: of answered calls; the latency is log-normal between the two.
        failure_rate: share answered with one of `statuses`.
        failure_rate_to: that share at its end, reached linearly; None: `failure_rate` throughout.
        statuses: the failures' statuses, each as likely.
        timeouts: share that hangs for `hang`.
        hang: how long a hanging call hangs before it is answered after all.
        reset: share whose connection is reset.
        refuse: whether connections are refused altogether.
        slow_start: at first the latency is `SLOW_START_FACTOR` times as long, falling to normal over this.
        recovery: at first faults are as frequent as when the phase before ended, falling to this one's
            over this time.
        bad_instances: only so many of the scenario's instances have the faults; 0: all.
        healthy: what the health endpoint says; None: healthy below `UNHEALTHY_FROM` percent of faults.
    """

    name: str
    duration: float
    rate: float
    rate_to: float | None = None
    arrivals: ArrivalKind = ArrivalKind.POISSON
    latency_median: float = 0.020
    latency_p99: float = 0.100
    failure_rate: float = 0.0
    failure_rate_to: float | None = None
    statuses: tuple[int, ...] = (503,)
    timeouts: float = 0.0
    hang: float = 30.0
    reset: float = 0.0
    refuse: bool = False
    slow_start: float = 0.0
    recovery: float = 0.0
    bad_instances: int = 0
    healthy: bool | None = None

    def __post_init__(self) -> None:
        positive("duration", self.duration)
        for name in ("rate", "rate_to", "hang", "slow_start", "recovery", "bad_instances"):
            not_negative(name, getattr(self, name) or 0)
        positive("latency_median", self.latency_median)
        require(
            self.latency_p99 >= self.latency_median,
            "latency_p99",
            "must be at least latency_median",
            self.latency_p99,
        )
        for name in ("failure_rate", "failure_rate_to", "timeouts", "reset"):
            share = getattr(self, name) or 0.0
            require(0 <= share <= 100, name, "must be a percentage from 0 to 100", share)
        together = max(self.failure_rate, self.failure_rate_to or 0.0) + self.timeouts + self.reset
        require(
            together <= 100,
            "failure_rate",
            "together with timeouts and reset must be at most 100 %",
            together,
        )
        require(bool(self.statuses), "statuses", "must name at least one status", self.statuses)
        for status in self.statuses:
            require(200 <= status <= 599, "statuses", "must be statuses from 200 to 599", status)

    @property
    def latency_sigma(self) -> float:
        """The standard deviation of the log-normal latency's logarithm."""
        return math.log(self.latency_p99 / self.latency_median) / _Z99


@dataclass(frozen=True)
class Scenario:
    """Phases one after the other.

    Attributes:
        name: for people and file names.
        phases: at least one.
        seed: of every draw.
        description: what it shows, a sentence.
        instances: how many upstream instances share the calls.
        timeout: seconds after which the caller gives up, where nothing else sets it.
    """

    name: str
    phases: tuple[Phase, ...]
    seed: int = 1
    description: str = ""
    instances: int = 1
    timeout: float = 1.0

    def __post_init__(self) -> None:
        require(bool(self.phases), "phase", "is needed at least once, as [[phase]]", ())
        require(self.instances >= 1, "instances", "must be at least 1", self.instances)
        positive("timeout", self.timeout)
        for phase in self.phases:
            if phase.bad_instances > self.instances:
                raise InvalidSettingError("bad_instances", "must be at most instances", phase.bad_instances)

    @cached_property
    def starts(self) -> tuple[float, ...]:
        """When each phase starts, in seconds."""
        starts, now = [], 0.0
        for phase in self.phases:
            starts.append(now)
            now += phase.duration
        return tuple(starts)

    @property
    def duration(self) -> float:
        """Seconds from the first phase's start to the last one's end."""
        return self.starts[-1] + self.phases[-1].duration

    def phase_at(self, t: float) -> int:
        """Return the index of the phase at `t` seconds; the last one from the end on."""
        for index in range(len(self.starts) - 1, 0, -1):
            if t >= self.starts[index]:
                return index
        return 0

    def at(self, t: float) -> Conditions:
        """Return what holds at `t` seconds; after the end, what held there."""
        index = self.phase_at(t)
        phase = self.phases[index]
        into = min(max(t - self.starts[index], 0.0), phase.duration)
        reset, timeouts, failure_rate = self._faults(index, into)
        slowed = 1.0
        if phase.slow_start and into < phase.slow_start:
            slowed = SLOW_START_FACTOR + (1.0 - SLOW_START_FACTOR) * into / phase.slow_start
        faulty = 100.0 if phase.refuse else reset + timeouts + failure_rate
        healthy = faulty < UNHEALTHY_FROM if phase.healthy is None else phase.healthy
        return Conditions(
            rate=_ramp(phase.rate, phase.rate_to, into / phase.duration),
            refuse=phase.refuse,
            reset=reset,
            timeouts=timeouts,
            failure_rate=failure_rate,
            statuses=phase.statuses if phase.failure_rate or not index else self.phases[index - 1].statuses,
            latency_median=phase.latency_median * slowed,
            latency_sigma=phase.latency_sigma,
            hang=phase.hang,
            bad_instances=phase.bad_instances,
            healthy=healthy,
        )

    def _faults(self, index: int, into: float) -> tuple[float, float, float]:
        """Percent of resets, timeouts and failures, `into` seconds into a phase."""
        phase = self.phases[index]
        own = (
            phase.reset,
            phase.timeouts,
            _ramp(phase.failure_rate, phase.failure_rate_to, into / phase.duration),
        )
        if not index or into >= phase.recovery:
            return own
        before = self.phases[index - 1]
        last = (0.0, 0.0, 100.0) if before.refuse else self._faults(index - 1, before.duration)
        left = 1.0 - into / phase.recovery
        return tuple(left * b + (1.0 - left) * a for b, a in zip(last, own, strict=True))  # type: ignore[return-value]


def _ramp(start: float, end: float | None, share: float) -> float:
    return start if end is None else start + (end - start) * share
