"""The trip policy: a pure verdict over a snapshot. Which rules, compared how, gated by what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.policies import OFF, Measure
from cbtool.breaker.transition import Reason

if TYPE_CHECKING:
    from cbtool.breaker.policies import TripPolicy

# Whole numbers rather than members: compiled code must return one type.
NO_REASON = 0
FAILURE_RATE = int(Reason.FAILURE_RATE)
SLOW_CALL_RATE = int(Reason.SLOW_CALL_RATE)
_CONSECUTIVE_FAILURES = int(Reason.CONSECUTIVE_FAILURES)
_ERROR_COUNT = int(Reason.ERROR_COUNT)

_SPLIT = float((1 << 29) + 1)


def verdict(p: TripPolicy, calls: int, failures: int, slow: int, run: int) -> int:
    """Return why a closed breaker with this window must open: a `Reason`, or 0.

    Absolute rules come first (a run of failures, a number of errors), then the two rates, each behind both
    gates.
    """
    if p.run and run >= p.run:
        return _CONSECUTIVE_FAILURES
    enough = calls >= p.minimum_calls
    if p.errors and failures >= p.errors and (enough or not p.gates_count):
        return _ERROR_COUNT
    if enough and (calls or (failures and p.measure == Measure.SHARE_PERCENT)):
        if failures >= p.minimum_errors and reaches(p, failures, calls, p.failure_rate, p.failure_above):
            return FAILURE_RATE
        if slow >= p.minimum_errors and reaches(p, slow, calls, p.slow_rate, p.slow_above):
            return SLOW_CALL_RATE
    return NO_REASON


def reaches(p: TripPolicy, bad: int, calls: int, threshold: float, above: bool) -> bool:
    """Return whether `bad` of `calls` (at least one) reach a threshold, or exceed it.

    Args:
        p: in which arithmetic.
        bad: failed or slow calls.
        calls: all calls.
        threshold: percent or share, as the arithmetic wants it.
        above: whether it must be exceeded.
    """
    if bad == 0 and threshold > 0.0 and p.measure != Measure.SUCCESS_SHARE:
        return False  # by far the most, and no division
    if p.measure == Measure.PERCENT:
        rate = 100.0 * bad / calls
    elif p.measure == Measure.SINGLE:
        rate = single(single(100.0 * bad) / calls)
        threshold = single(threshold)
    elif p.measure == Measure.SHARE:
        rate = bad / calls
    elif p.measure == Measure.PRODUCT:
        rate = float(bad)
        threshold *= calls
    elif p.measure == Measure.SHARE_PERCENT:
        rate = bad / calls * 100.0 if calls else OFF
    elif p.measure == Measure.TRUNCATED:
        rate = float(int(bad / calls * 100.0))
    elif p.measure == Measure.ROUNDED:
        rate = float(int(bad / calls * 100.0 + 0.5))
    else:  # the share of successes falls below what is required
        return (calls - bad) / calls < threshold
    return rate > threshold if above else rate >= threshold


def single(value: float) -> float:
    """Return the single-precision number nearest to a double of ordinary size (Veltkamp's splitting)."""
    large = _SPLIT * value
    return large - (large - value)
