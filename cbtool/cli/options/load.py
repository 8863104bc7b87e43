"""The options that say when the calls of a generated load are due."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cbtool.cli.options.group import OptionGroup
from cbtool.cli.options.shared import option, parsed
from cbtool.errors import ConfigurationError
from cbtool.traffic.scenario import ArrivalKind, Scenario
from cbtool.units import parse_duration, parse_rate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFAULT_RATE = "50/s"
DEFAULT_DURATION = "10s"


class Load(NamedTuple):
    """When calls are due.

    Attributes:
        schedule: int64 nanoseconds since the start, sorted.
        length: seconds.
        peak: the highest rate, calls a second.
    """

    schedule: NDArray[np.int64]
    length: float
    peak: float


@dataclass
class LoadOptions(OptionGroup):
    """A rate, stages or a scenario, and where it ends."""

    rate: Annotated[
        str | None, option("--rate", "-r", help=f"Calls a second in all; default {DEFAULT_RATE}.")
    ] = None
    stage: Annotated[
        list[str] | None,
        option("--stage", "-s", help="Ramp to a rate, as 30s:200/s; repeatable; --rate is the start."),
    ] = None
    scenario: Annotated[
        str | None, option("--scenario", help="Take the load of this scenario: a file or a shipped name.")
    ] = None
    arrivals: Annotated[
        ArrivalKind, option("--arrivals", help="Evenly spaced, or as independent callers come.")
    ] = ArrivalKind.CONSTANT
    duration: Annotated[
        str | None, option("--duration", "-d", help=f"How long; default {DEFAULT_DURATION}.")
    ] = None
    requests: Annotated[int | None, option("--requests", "-n", min=1, help="Stop after so many calls.")] = (
        None
    )

    @cached_property
    def played(self) -> Scenario | None:
        """The scenario whose load it is; None where it is none's.

        Raises:
            CbtoolError: there is no such scenario.
        """
        from cbtool.scenarios import load_scenario

        return load_scenario(self.scenario) if self.scenario else None

    def made(self, seed: int) -> Load:
        """Return when calls are due.

        Raises:
            ConfigurationError: options exclude each other, or no call is due.
            typer.BadParameter: one is malformed.
        """
        made = self._generated(seed) if self.played is None else self._of_scenario(self.played, seed)
        if not len(made.schedule):
            raise ConfigurationError("the load has no calls in it; raise --rate or --duration")
        return made

    def _of_scenario(self, scenario: Scenario, seed: int) -> Load:
        from cbtool.traffic.arrivals import of_scenario

        if self.rate is not None or self.stage:
            raise ConfigurationError("--scenario brings its own load; leave out --rate and --stage")
        peak = max(max(phase.rate, phase.rate_to or 0.0) for phase in scenario.phases)
        return self._cut(of_scenario(scenario, seed), scenario.duration, peak)

    def _generated(self, seed: int) -> Load:
        from cbtool.traffic.arrivals import constant, poisson

        rate = None if self.rate is None else parsed("--rate", parse_rate, self.rate)
        if self.stage:
            return self._staged(self.stage, rate or 0.0, seed)
        rate = parse_rate(DEFAULT_RATE) if rate is None else rate
        if rate <= 0:
            raise ConfigurationError("--rate must be above 0")
        length = self._length(rate)
        evenly = self.arrivals is ArrivalKind.CONSTANT
        return self._cut(constant(rate, length) if evenly else poisson(rate, length, seed), length, rate)

    def _staged(self, texts: list[str], start: float, seed: int) -> Load:
        from cbtool.traffic.arrivals import parse_stage, staged

        if self.duration is not None:
            raise ConfigurationError("stages say how long they last; leave out --duration")
        stages = [parsed("--stage", parse_stage, text) for text in texts]
        schedule = staged(stages, self.arrivals, seed, start_rate=start)
        length = sum(each.duration for each in stages)
        return self._cut(schedule, length, max(start, *(each.rate for each in stages)))

    def _length(self, rate: float) -> float:
        if self._limit is not None:
            return self._limit
        if self.requests is None:
            return parse_duration(DEFAULT_DURATION)
        if self.arrivals is ArrivalKind.CONSTANT:
            return self.requests / rate
        # Long enough that so many calls have come in all but one run in a million.
        return (self.requests + 5 * math.sqrt(self.requests) + 5) / rate

    @property
    def _limit(self) -> float | None:
        return None if self.duration is None else parsed("--duration", parse_duration, self.duration)

    def _cut(self, schedule: NDArray[np.int64], length: float, peak: float) -> Load:
        """Apply --requests, and --duration where something else says how long."""
        limit = self._limit
        if limit is not None and limit < length:
            length = limit
            schedule = schedule[: int(schedule.searchsorted(round(length * 1e9)))]
        if self.requests is not None and self.requests < len(schedule):
            schedule = schedule[: self.requests]
            length = float(schedule[-1]) / 1e9
        return Load(schedule, length, peak)
