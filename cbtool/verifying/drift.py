"""Drift: the traffic now against what the profile's evidence says it was, and what the difference means.

Numbers are compared by intervals, not as they are: the difference of two logarithms, over the standard errors
that their intervals imply, at the 1 % level; and only a difference that matters fails.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.breaker.reach.holding import window_holding
from cbtool.breaker.reach.rules import rules_of
from cbtool.recommend.vitals import load_quantiles, vitals_of
from cbtool.units import NANOSECONDS, format_duration, format_percent, format_rate
from cbtool.verifying.model import Check, Group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.breaker.config import BreakerConfig
    from cbtool.profile_evidence import ProfileEvidence
    from cbtool.recommend.findings import Estimate
    from cbtool.verifying.traffic import Seen

_Z90 = 1.6448536269514722  # half of a 90 % interval, in standard errors
_Z99 = 2.5758293035489004
_TWICE = 2.0  # a load that has changed by less is none to set a breaker anew for
_WORSE = 1.5  # times as many failures, or as slow
_LEAST_POINTS = 0.1  # percentage points of failures


def drift_checks(config: BreakerConfig, evidence: ProfileEvidence, found: Seen, seed: int) -> Iterator[Check]:
    """Give what has changed since the settings were recommended.

    Args:
        config: the settings.
        evidence: of the traffic then.
        found: the traffic now, split over as many breakers.
        seed: of the bootstrap.
    """
    healthy = found.trace.take(found.sides.background)
    if not len(healthy):
        return
    now = vitals_of(found.trace, healthy, found.instances, seed, found.p99)
    loads = load_quantiles(found.trace, found.instances)
    yield from _load(config, evidence, loads)
    yield from _window(config, evidence, loads)
    if evidence.healthy_failure_rate is not None:
        then = (
            evidence.healthy_failure_rate,
            evidence.healthy_failure_rate_low,
            evidence.healthy_failure_rate_high,
        )
        yield _failures(then, now.failure_rate, evidence.healthy_calls, now.calls)
    if evidence.healthy_p99 is not None and now.p99 is not None:
        yield _latency(config, evidence, now.p99)


def _load(
    config: BreakerConfig, evidence: ProfileEvidence, loads: tuple[float, float, float]
) -> Iterator[Check]:
    """The load's usual and highest levels: quantiles over many stretches, whose noise is far below 2.

    A window of calls, or a run of failures, holds the same whatever the load: that a load has changed is
    shown there, and fails nothing.
    """
    timed = window_holding(config.policies, NANOSECONDS).length > 0
    for name, then, now in (
        ("usual load", evidence.load_usual, loads[1]),
        ("highest load", evidence.load_high, loads[2]),
    ):
        if not then or not now:
            continue
        ratio = now / then
        passed = not timed or 1 / _TWICE < ratio < _TWICE
        change = f"{ratio:.3g} times what it was" if not passed else ""
        yield Check(
            Group.DRIFT,
            name,
            passed,
            now,
            then,
            format_rate(now),
            f"{format_rate(then)} then",
            f"{change}: the gates were set for another load; recommend again" if change else "",
        )


def _window(
    config: BreakerConfig, evidence: ProfileEvidence, loads: tuple[float, float, float]
) -> Iterator[Check]:
    """Whether a window still holds what the rules want, at the usual load."""
    needed = max((rule.needed for rule in rules_of(config)), default=0)
    then_rate, now_rate = evidence.load_usual, loads[1]
    if not needed or not then_rate or not now_rate:
        return
    p = config.policies
    held_now, held_then = (
        window_holding(p, max(1, round(NANOSECONDS / rate))) for rate in (now_rate, then_rate)
    )
    if not held_now.length:
        return
    calls, before = now_rate * held_now.length / 1e9, then_rate * held_then.length / 1e9
    passed = calls >= needed or before < needed
    yield Check(
        Group.DRIFT,
        "calls in a window",
        passed,
        calls,
        float(needed),
        f"{calls:,.3g}",
        f"≥ {needed:,} ({before:,.3g} then)",
        ""
        if passed
        else f"at {format_rate(now_rate)} {held_now.words} holds {calls:.3g} calls, fewer than the {needed:,}"
        " that the gates ask for",
    )


def _failures(
    then: tuple[float, float | None, float | None], now: Estimate, calls_then: int, calls_now: int
) -> Check:
    was, low, high = then
    value = now.value or 0.0
    surprise = _surprise(
        (max(value, 50.0 / max(calls_now, 1)), now.low, now.high),
        (max(was, 50.0 / max(calls_then, 1)), low, high),
    )
    worse = value > _WORSE * was and value - was > _LEAST_POINTS
    passed = not (worse and surprise > _Z99)
    why = ""
    if not passed:
        why = (
            f"{value / was:.3g} times as many stray errors" if was else "strays where there were none"
        ) + f", beyond chance ({surprise:.1f} standard errors): false trips are more likely; recommend again"
    return Check(
        Group.DRIFT,
        "healthy failure rate",
        passed,
        value,
        was,
        _range(value, now.low, now.high),
        f"{format_percent(float(f'{was:.3g}'))} then",
        why,
    )


def _latency(config: BreakerConfig, evidence: ProfileEvidence, now: Estimate) -> Check:
    was, value = evidence.healthy_p99 or 0.0, now.value or 0.0
    surprise = _surprise(
        (value, now.low, now.high), (was, evidence.healthy_p99_low, evidence.healthy_p99_high)
    )
    slow = config.slow_above
    changed = max(value / was, was / value) if was and value else 1.0
    passed = not (surprise > _Z99 and changed > _WORSE)
    why = ""
    if not passed and slow is not None and value > slow:
        why = (
            f"over 1 % of healthy calls now take longer than the slow threshold of {format_duration(slow)}:"
            " raise it"
        )
    elif not passed:
        why = f"{changed:.3g} times {'slower' if value > was else 'faster'}: "
        why += "the slow threshold, timeouts and trials were set for another latency; recommend again"
    return Check(
        Group.DRIFT,
        "healthy p99",
        passed,
        value,
        was,
        format_duration(value),
        f"{format_duration(was)} then",
        why,
    )


def _surprise(
    one: tuple[float, float | None, float | None], other: tuple[float, float | None, float | None]
) -> float:
    """Return how many standard errors two estimates differ by, on a logarithmic scale."""
    if one[0] <= 0 or other[0] <= 0:
        return 0.0
    error = math.hypot(_error(*one), _error(*other))
    difference = abs(math.log(one[0] / other[0]))
    return difference / error if error else (math.inf if difference else 0.0)


def _error(value: float, low: float | None, high: float | None) -> float:
    """Return the standard error of a logarithm, from a 90 % interval's wider half; 0 without one."""
    if low is None or high is None or high <= 0:
        return 0.0
    up = math.log(max(high, value) / value)
    down = math.log(value / low) if low > 0 else up
    return max(up, down) / _Z90


def _range(value: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return format_percent(float(f"{value:.3g}"))
    return f"{value:.3g} % ({low:.3g} to {high:.3g})"
