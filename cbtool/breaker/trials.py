"""The trials policy: how half-open admits calls, and what their results decide."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from cbtool.breaker.transition import Reason
from cbtool.breaker.window import EMPTY, Snapshot

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.outcome import Outcome


class Admission(IntEnum):
    """What `permitted_number_of_calls_in_half_open_state` limits."""

    BUDGET = 0
    """The trials in all: a slot is never given back, except by an ignored result."""
    CONCURRENCY = 1
    """The trials in flight at once: every result gives its slot back."""
    UNLIMITED = 2
    """Nothing: every call is a trial."""


class TrialsVerdict(IntEnum):
    """How the trials' results decide."""

    RATES = 0
    """When the permitted number has completed, the two rates over them, without gates."""
    FIRST_FAILURE = 1
    """One failure reopens; the permitted number of successes in a row closes."""


@dataclass(frozen=True, slots=True)
class TrialsPolicy:
    """How a library runs its half-open state."""

    admission: Admission = Admission.BUDGET
    verdict: TrialsVerdict = TrialsVerdict.RATES


class Trials:
    """The trials of one half-open state."""

    __slots__ = ("_config", "_policy", "_taken", "counts")

    def __init__(self, config: BreakerConfig) -> None:
        self._config = config
        self._policy = config.dialect.trials
        self._taken = 0
        self.counts = EMPTY

    def admit(self) -> bool:
        """Take a slot for a trial, if one is free."""
        if (
            self._policy.admission is not Admission.UNLIMITED
            and self._taken >= self._config.permitted_number_of_calls_in_half_open_state
        ):
            return False
        self._taken += 1
        return True

    def give_back(self) -> None:
        """Return the slot of a trial whose result was ignored, or that ended without one."""
        if self._taken:
            self._taken -= 1

    def complete(self, outcome: Outcome) -> Reason | None:
        """Count a result and return what it decides.

        Returns:
            `TRIALS_PASSED` to close, `FAILURE_RATE` or `SLOW_CALL_RATE` to reopen, None to go on.
        """
        if self._policy.admission is Admission.CONCURRENCY:
            self.give_back()
        calls, failures, slow, run = self.counts
        failed = outcome & 1
        self.counts = Snapshot(calls + 1, failures + failed, slow + (outcome >> 1), run + 1 if failed else 0)
        if self._policy.verdict is TrialsVerdict.FIRST_FAILURE and failed:
            return Reason.FAILURE_RATE
        if self.counts.calls < self._config.permitted_number_of_calls_in_half_open_state:
            return None
        return self._verdict_over_rates()

    def _verdict_over_rates(self) -> Reason:
        if self._policy.verdict is TrialsVerdict.RATES:
            reaches = self._config.dialect.trip.reaches
            if reaches(self.counts.failure_rate, self._config.failure_rate_threshold):
                return Reason.FAILURE_RATE
            if reaches(self.counts.slow_call_rate, self._config.slow_call_rate_threshold):
                return Reason.SLOW_CALL_RATE
        return Reason.TRIALS_PASSED
