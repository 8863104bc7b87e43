"""A transition's reason in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.policies import TrialsVerdict
from cbtool.breaker.transition import Reason, State, StateTransition

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig


def describe(transition: StateTransition, config: BreakerConfig) -> str:  # noqa: PLR0911  # one line a reason
    """Return a transition's reason in words, with the counts and the gates that decided."""
    counts = transition.snapshot
    as_closed = config.policies.trials.verdict is TrialsVerdict.AS_CLOSED
    trials = transition.source is State.HALF_OPEN and not as_closed
    gates = "" if trials else f", {_gates(config)}"
    of = "trials" if trials else "calls"
    match transition.reason:
        case Reason.FAILURE_RATE:
            return (
                f"failure rate {counts.failure_rate:.3g} % ≥ {config.failure_rate_threshold:g} % "
                f"({counts.failures} of {counts.calls} {of}{gates})"
            )
        case Reason.SLOW_CALL_RATE:
            return (
                f"slow-call rate {counts.slow_call_rate:.3g} % ≥ {config.slow_call_rate_threshold:g} % "
                f"({counts.slow} of {counts.calls} {of}{gates})"
            )
        case Reason.CONSECUTIVE_FAILURES:
            return f"{counts.run} failures in a row"
        case Reason.ERROR_COUNT:
            return f"{counts.failures} failures in the window ≥ {config.error_count_threshold}"
        case Reason.WAIT_OVER:
            return "the wait is over"
        case Reason.HEALTHY:
            return "the health check is healthy"
        case Reason.TRIALS_PASSED:
            return f"{counts.calls - counts.failures} of {counts.calls} trials succeeded"
        case Reason.HALF_OPEN_TIMEOUT:
            return "half-open for longer than its maximum wait"


def _gates(config: BreakerConfig) -> str:
    return (
        f"gates {_count(config.minimum_calls, 'call')} and {_count(config.minimum_number_of_errors, 'error')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else noun + 's'}"
