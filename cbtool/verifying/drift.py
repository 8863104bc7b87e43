"""Drift: the traffic now against what the profile's evidence says it was, and what the difference means.

Numbers are compared by intervals, not as they are: the difference of two logarithms, over the standard errors
that their intervals imply, at the 1 % level; and only a difference that matters fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.recommend.surroundings.vitals import vitals_of
from cbtool.units import format_duration, format_percent
from cbtool.verifying.load_drift import load_checks
from cbtool.verifying.model import Check, Group
from cbtool.verifying.surprise import Z99, surprise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.breaker.config import BreakerConfig
    from cbtool.profiles.evidence import ProfileEvidence
    from cbtool.recommend.findings import Estimate
    from cbtool.verifying.seen import Seen

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
    healthy = found.healthy
    if not len(healthy):
        return
    now = vitals_of(found.trace, healthy, found.instances, seed, found.p99)
    yield from load_checks(config, evidence, found.trace, found.instances, seed)
    if evidence.healthy_failure_rate is not None:
        then = (
            evidence.healthy_failure_rate,
            evidence.healthy_failure_rate_low,
            evidence.healthy_failure_rate_high,
        )
        yield _failures(then, now.failure_rate, evidence.healthy_calls, now.calls)
    if evidence.healthy_p99 is not None and now.p99 is not None:
        yield _latency(config, evidence, now.p99)


def _failures(
    then: tuple[float, float | None, float | None], now: Estimate, calls_then: int, calls_now: int
) -> Check:
    was, low, high = then
    value = now.value or 0.0
    differs = surprise(
        (max(value, 50.0 / max(calls_now, 1)), now.low, now.high),
        (max(was, 50.0 / max(calls_then, 1)), low, high),
    )
    worse = value > _WORSE * was and value - was > _LEAST_POINTS
    passed = not (worse and differs > Z99)
    why = ""
    if not passed:
        why = (
            f"{value / was:.3g} times as many stray errors" if was else "strays where there were none"
        ) + f", beyond chance ({differs:.1f} standard errors): false trips are more likely; recommend again"
    return Check(
        Group.DRIFT,
        "healthy failure rate",
        passed,
        value,
        was,
        _range(value, now.low, now.high),
        f"{_range(was, low, high)} then",
        why,
    )


def _latency(config: BreakerConfig, evidence: ProfileEvidence, now: Estimate) -> Check:
    was, value = evidence.healthy_p99 or 0.0, now.value or 0.0
    differs = surprise((value, now.low, now.high), (was, evidence.healthy_p99_low, evidence.healthy_p99_high))
    slow = config.slow_above
    changed = max(value / was, was / value) if was and value else 1.0
    passed = not (differs > Z99 and changed > _WORSE)
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


def _range(value: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return format_percent(float(f"{value:.3g}"))
    return f"{value:.3g} % ({low:.3g} to {high:.3g})"
