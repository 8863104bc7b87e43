"""A configuration's trip rules one by one: what each needs, and where one bad call is enough."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.breaker.policies import OFF, Measure
from cbtool.breaker.reach.holding import UNBOUNDED, Holding, in_flight, run_holding, window_holding
from cbtool.breaker.transition import Reason
from cbtool.breaker.trip import reaches
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.policies import Policies, TripPolicy

_ENDLESS = 1 << 40
"""Calls: as good as any number."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One trip rule.

    Attributes:
        reason: what it gives as the reason of a trip.
        calls: results that it wants before it judges.
        errors: of these, bad ones.
        noun: what bad ones are called, with more than one.
        duration: nanoseconds that a bad call takes.
        holding: what limits it, given calls' spacing and duration.
        rate: its threshold, in the trip policy's measure; None where it is no rate.
        above: whether that must be exceeded.
        smoothed: whether it is the smoothed share of successes that must fall.
    """

    reason: Reason
    calls: int
    errors: int
    noun: str
    duration: int
    holding: Callable[[Policies, int, int], Holding]
    rate: float | None = None
    above: bool = False
    smoothed: bool = False

    @property
    def needed(self) -> int:
        """Calls that fire it where every one is bad."""
        return max(self.calls, self.errors, 1)

    def fits(self, p: Policies, spacing: int) -> bool:
        """Return whether, coming evenly, enough calls are held together."""
        most = self.holding(p, spacing, self.duration).most
        return most >= max(self.errors, 1) and most + in_flight(p, spacing, self.duration) >= self.calls

    def can_reach(self, p: Policies, spacing: int) -> bool:
        """Return whether the rate of calls that are all bad reaches the threshold at all."""
        if self.rate is None:
            return True
        held = min(self.holding(p, spacing, self.duration).most, _ENDLESS)
        flying = in_flight(p, spacing, self.duration)
        return held == 0 or reaches(p.trip, held, held + flying, self.rate, self.above)

    def fewest(self, p: TripPolicy) -> int:
        """Return the fewest bad calls that fire it, among as many calls as it wants at least."""
        if self.rate is None:
            return max(1, self.errors)
        calls = max(self.calls, 1)
        enough = _first(lambda bad: reaches(p, bad, calls, self.rate or 0.0, self.above), calls)
        return max(1, self.errors, enough)

    def bad_of(self, p: TripPolicy, calls: int) -> int:
        """Return how many of so many calls must be bad for a rate to fire."""
        low, high = 0, calls
        while high - low > 1:
            middle = (low + high) // 2
            over = reaches(p, middle, calls, self.rate or 0.0, self.above)
            low, high = (low, middle) if over else (middle, high)
        return max(self.errors, high)

    def in_one(self, p: TripPolicy) -> int:
        """Return among how many calls at most one bad one fires it; 0 where it never does."""
        if self.rate is None:
            return _ENDLESS if self.needed == 1 else 0
        rate = self.rate
        if self.errors > 1 or not reaches(p, 1, max(self.calls, 1), rate, self.above):
            return 0
        return _first(lambda calls: not reaches(p, 1, calls, rate, self.above), _ENDLESS) - 1


def rules_of(config: BreakerConfig, failing: int = 0) -> Iterator[Rule]:
    """Give each trip rule that the configuration has.

    Args:
        config: the settings.
        failing: nanoseconds that a failing call takes.
    """
    p = config.policies.trip
    if p.run:
        noun = "failures in a row"
        yield Rule(Reason.CONSECUTIVE_FAILURES, 0, p.run * p.strikes, noun, failing, run_holding)
    if p.errors:
        calls = p.minimum_calls if p.gates_count else 0
        yield Rule(Reason.ERROR_COUNT, calls, p.errors, "failures", failing, window_holding)
    calls, errors = p.minimum_calls, max(1, p.minimum_errors)
    if p.failure_rate != OFF:
        yield Rule(
            Reason.FAILURE_RATE,
            calls,
            errors,
            "failures",
            failing,
            window_holding,
            p.failure_rate,
            p.failure_above,
        )
    if p.least_average > 0.0:
        yield Rule(Reason.FAILURE_RATE, calls, 1, "failures", failing, window_holding, smoothed=True)
    if config.slow_above is None:
        return
    slow = to_ns(config.slow_above) + 1
    if p.slow_quantile > 0.0:
        yield Rule(Reason.SLOW_CALL_RATE, max(calls, 1), 1, "slow calls", slow, window_holding)
    elif p.slow_rate != OFF and p.measure != Measure.SUCCESS_SHARE:
        yield Rule(
            Reason.SLOW_CALL_RATE,
            calls,
            errors,
            "slow calls",
            slow,
            window_holding,
            p.slow_rate,
            p.slow_above,
        )


def percent_of(p: TripPolicy, rate: float) -> float:
    """Return a threshold in percent of bad calls, whatever it is measured in."""
    if p.measure == Measure.SUCCESS_SHARE:
        return 100.0 * (1.0 - rate)
    return 100.0 * rate if p.measure in {Measure.SHARE, Measure.PRODUCT} else rate


def average_falls_after(p: Policies, spacing: int) -> int:
    """Return after how many failures a smoothed share of successes, full before, is under what is required.

    Each result moves it by exp(−distance ÷ length): n failures leave exp(−n · distance ÷ length).
    """
    distance = spacing if p.window.length else 1
    length = p.window.length or p.window.size
    return math.floor(-math.log(p.trip.least_average) * length / distance) + 1


def _first(holds: Callable[[int], bool], last: int) -> int:
    """Return the first number from 1 on for which `holds`, from then on for all; `last` if none."""
    low, high = 0, 1
    while high < last and not holds(high):
        low, high = high, high * 2
    high = min(high, last)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def is_bounded(holding: Holding) -> bool:
    """Return whether something limits how much is held."""
    return holding.most < UNBOUNDED
