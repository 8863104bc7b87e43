"""The trip policy: a pure verdict over a snapshot. Which rules, compared how, asked when, gated by what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from cbtool.breaker.transition import Reason

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.outcome import Outcome
    from cbtool.breaker.window import Snapshot


class EvaluateOn(IntEnum):
    """After which results the trip rules are asked."""

    EVERY_RESULT = 0
    FAILURE = 1


class Compare(IntEnum):
    """How a rate is held against its threshold."""

    AT_LEAST = 0
    ABOVE = 1


@dataclass(frozen=True, slots=True)
class TripPolicy:
    """When and how a library asks whether to open."""

    evaluate_on: EvaluateOn = EvaluateOn.EVERY_RESULT
    compare: Compare = Compare.AT_LEAST

    def asks_after(self, outcome: Outcome) -> bool:
        """Return whether the rules are asked after this result."""
        return self.evaluate_on is EvaluateOn.EVERY_RESULT or outcome.failed

    def reaches(self, rate: float, threshold: float) -> bool:
        """Return whether a rate (percent) reaches its threshold (percent)."""
        return rate > threshold if self.compare is Compare.ABOVE else rate >= threshold


def gates_passed(snapshot: Snapshot, bad: int, config: BreakerConfig) -> bool:
    """Return whether both gates let a rate through.

    Args:
        snapshot: the window's counts.
        bad: the calls that the rate counts: failures for the failure rate, slow ones for the slow rate.
        config: the gates `minimum_number_of_calls` and `minimum_number_of_errors`.
    """
    return snapshot.calls >= config.minimum_calls and bad >= config.minimum_number_of_errors


def verdict(snapshot: Snapshot, config: BreakerConfig) -> Reason | None:
    """Return why a closed breaker with this window must open, or None.

    Absolute rules come first (a run of failures, a number of errors: no gate), then the two rates, each
    behind both gates. A consecutive window knows no rate, so only its run counts.
    """
    if config.consecutive_failures is not None:
        return Reason.CONSECUTIVE_FAILURES if snapshot.run >= config.consecutive_failures else None
    if config.error_count_threshold is not None and snapshot.failures >= config.error_count_threshold:
        return Reason.ERROR_COUNT
    trip = config.dialect.trip
    if gates_passed(snapshot, snapshot.failures, config) and trip.reaches(
        snapshot.failure_rate, config.failure_rate_threshold
    ):
        return Reason.FAILURE_RATE
    if gates_passed(snapshot, snapshot.slow, config) and trip.reaches(
        snapshot.slow_call_rate, config.slow_call_rate_threshold
    ):
        return Reason.SLOW_CALL_RATE
    return None
