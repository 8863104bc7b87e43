"""Each trip rule at one load: can it fire, on how many errors, and how often by chance."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.breaker.policies import WindowKind
from cbtool.breaker.reach import chance
from cbtool.breaker.reach.holding import hazard
from cbtool.breaker.reach.model import Finding, Load, Reach
from cbtool.breaker.reach.rules import Rule, average_falls_after, is_bounded, percent_of, rules_of
from cbtool.breaker.transition import Reason, State
from cbtool.breaker.trip import reaches
from cbtool.units import NANOSECONDS, format_duration, format_percent, format_rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.policies import Policies

HOUR = 3600.0
UNLIKELY = 0.05
"""Less than this chance in an hour of total failure, and random arrivals count as never getting there."""
OFTEN = 1 / 30
"""False trips a day, from which on stray errors are said to fire a rule."""
_DAY = 86400.0
_LONGEST_SPACING = 366 * 86400 * NANOSECONDS


def trip_findings(config: BreakerConfig, load: Load) -> Iterator[Finding]:
    """Give one finding for each trip rule."""
    for rule in rules_of(config, load.failing_ns):
        yield _finding(config, rule, load)


def _finding(config: BreakerConfig, rule: Rule, load: Load) -> Finding:
    p, name = config.policies, rule.reason.label
    never = _never_slow(config, rule, load) or _never_reached(p, rule, load)
    if never:
        return Finding(name, Reach.UNREACHABLE, never)
    if not rule.fits(p, load.spacing):
        return _too_few(p, rule, load)
    if rule.smoothed:
        return _smoothed(p, rule, load)
    errors, daily = rule.fewest(p.trip), _strays(p, rule, load)
    one = _one_error(p, rule, load) if errors == 1 else ""
    reach, why = Reach.FINE, _in_time(rule, load, errors)
    if one:
        reach, why = Reach.ONE_ERROR, one
    elif daily is not None and daily > OFTEN:
        reach, why = Reach.FEW_ERRORS, _often(rule, load, errors, daily)
    return Finding(name, reach, why, load.rate, errors, strays_per_day=daily)


def _smoothed(p: Policies, rule: Rule, load: Load) -> Finding:
    errors = average_falls_after(p, load.spacing)
    at, gap = format_rate(load.rate), format_duration(errors * load.spacing / 1e9)
    falls = (
        f"the smoothed share of successes from 100 % to under {format_percent(100 * p.trip.least_average)}"
    )
    if errors == 1:
        why = f"at {at}, one failure, {gap} after the last result, takes {falls}"
        return Finding(rule.reason.label, Reach.ONE_ERROR, why, load.rate, 1)
    why = f"{errors:,} failures in a row, {gap} at {at}, take {falls}"
    return Finding(rule.reason.label, Reach.FINE, why, load.rate, errors)


def _never_slow(config: BreakerConfig, rule: Rule, load: Load) -> str:
    slow = config.slow_above
    if (
        rule.reason is not Reason.SLOW_CALL_RATE
        or slow is None
        or load.timeout is None
        or slow < load.timeout
    ):
        return ""
    return (
        f"no call lasts longer than the caller's timeout of {format_duration(load.timeout)}, and slow is one"
        f" over {format_duration(slow)}"
    )


def _never_reached(p: Policies, rule: Rule, load: Load) -> str:
    """Say why the threshold is never met, though every call is bad; empty where it is."""
    holding = rule.holding(p, load.spacing, rule.duration)
    if holding.most == 0 and holding.length == 0:
        return (
            f"a call that ends after {format_duration(rule.duration / 1e9)} outlasts {holding.words}, and"
            " then is not counted any more"
        )
    if rule.can_reach(p, load.spacing):
        return ""
    if rule.rate is not None and reaches(p.trip, 10**6, 10**6, rule.rate, rule.above):
        flying = rule.duration / load.spacing
        return (
            f"{flying:.3g} calls in flight are in the denominator, so the rate of {rule.noun} stays under"
            f" {format_percent(percent_of(p.trip, rule.rate))}, though every call is one"
        )
    if rule.above:
        return f"the rate must exceed {format_percent(percent_of(p.trip, rule.rate or 0))}, and none does"
    return "its threshold is out of reach of any rate"


def _too_few(p: Policies, rule: Rule, load: Load) -> Finding:
    holding = rule.holding(p, load.spacing, rule.duration)
    per_second = hazard(holding, load.rate, rule.needed)
    name, from_rate = rule.reason.label, _reached_from(p, rule)
    why = (
        f"at {format_rate(load.rate)}, a call every {format_duration(load.spacing / 1e9)}, at most"
        f" {holding.most:,} of the {_wanted(rule)} fall into {holding.words}"
    )
    if from_rate is not None:
        why += f"; from {format_rate(from_rate)} on enough do"
    if per_second * HOUR < UNLIKELY:
        return Finding(name, Reach.UNREACHABLE, why, load.rate, reached_from=from_rate)
    why += f"; calls that bunch up get there about once in {format_duration(1 / per_second)} of failure"
    return Finding(name, Reach.BY_CHANCE, why, load.rate, rule.fewest(p.trip), from_rate)


def _wanted(rule: Rule) -> str:
    return f"{rule.errors:,} {rule.noun}" if rule.errors >= rule.calls else f"{rule.calls:,} calls"


def _reached_from(p: Policies, rule: Rule) -> float | None:
    """Return the least rate at which enough calls fit, by bisection over their spacing."""
    if not rule.fits(p, 1):
        return None
    low, high = 1, _LONGEST_SPACING
    while high - low > 1 and high - low > low // 10**6:
        middle = (low + high) // 2
        low, high = (middle, high) if rule.fits(p, middle) else (low, middle)
    return NANOSECONDS / low


def _one_error(p: Policies, rule: Rule, load: Load) -> str:
    """Say how one bad call fires the rule; empty where none does."""
    one = rule.noun.removesuffix(" in a row").removesuffix("s")
    if rule.rate is None:
        return f"one {one} fires it, at any load"
    among = rule.in_one(p.trip)
    if not among:
        return ""
    threshold = format_percent(percent_of(p.trip, rule.rate))
    held, at = rule.holding(p, load.spacing, 0), format_rate(load.rate)
    calls = max(rule.calls, 1)
    if held.most <= among:
        calls = max(held.most, calls)
        return (
            f"at {at}, {_calls(held.most)} fall into {held.words}: one {one} of {calls:,} is"
            f" {format_percent(100 / calls)}, and {threshold} fires"
        )
    cold = "a start or a reset" if p.window.cleared_on & (1 << State.CLOSED) else "a start or a lull"
    lasting = f"so until {_calls(among + 1)} are in, {format_duration(among / load.rate)} at {at}"
    return (
        f"after {cold}, one {one} among the first {_calls(calls)} is {format_percent(100 / calls)}, and"
        f" {threshold} fires; {lasting}"
    )


def _strays(p: Policies, rule: Rule, load: Load) -> float | None:
    """Return how many false trips a day independent stray errors come to; None where nobody knows of any."""
    if load.failure_rate is None or rule.reason is Reason.SLOW_CALL_RATE:
        return None
    return _DAY * _stray_trips(p, rule, load.rate, load.failure_rate / 100) if load.failure_rate else 0.0


def _often(rule: Rule, load: Load, errors: int, daily: float) -> str:
    often = f"{daily:,.3g} times a day" if daily >= 1 else f"once in {1 / daily:.2g} days"
    return (
        f"{errors:,} {rule.noun} fire it, which strays alone ({format_percent(load.failure_rate or 0)} at"
        f" {format_rate(load.rate)}) come to {often}"
    )


def _stray_trips(p: Policies, rule: Rule, rate: float, share: float) -> float:
    """Return false trips a second from independent errors, as if each trip were over at once."""
    holding = rule.holding(p, max(1, round(NANOSECONDS / rate)), 0)
    if rule.reason is Reason.CONSECUTIVE_FAILURES:
        return rate / chance.run_length(share, rule.errors)
    if rule.rate is None:
        if p.window.kind == WindowKind.CHAIN:
            near = -math.expm1(-rate * share * p.window.length / 1e9)
            return float(rate * share * near ** (rule.errors - 1))
        if not is_bounded(holding):
            return rate * share / rule.errors
        return hazard(holding, rate * share, rule.errors)
    if not is_bounded(holding):
        return 0.0
    calls = max(holding.most, rule.calls)
    bad = rule.bad_of(p.trip, calls)
    return rate * share * chance.binomial_at_least(calls - 1, share, bad - 1)


def _in_time(rule: Rule, load: Load, errors: int) -> str:
    seconds = ((rule.needed - 1) * load.spacing + rule.duration) / 1e9
    all_bad = f"{rule.needed:,} {rule.noun}" if rule.needed > 1 else "the first bad call"
    why = f"where all are bad, {all_bad} fire it: {format_duration(seconds)} at {format_rate(load.rate)}"
    return why if errors == rule.needed else f"{why}; {errors:,} of {_calls(max(rule.calls, errors))} do, too"


def _calls(number: int) -> str:
    return f"{number:,} call{'s' * (number != 1)}"
