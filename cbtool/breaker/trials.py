# ruff: noqa: PLR1714  # runs compiled, too: arguments one by one, and no sets
"""The trials policy: how half-open admits calls, and what their results decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.policies import Admission, Ignored, TrialsVerdict
from cbtool.breaker.transition import Reason
from cbtool.breaker.trip import FAILURE_RATE, NO_REASON, SLOW_CALL_RATE, reaches
from cbtool.breaker.wait import beginning, over

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import Policies, TrialsPolicy

TRIALS_PASSED = int(Reason.TRIALS_PASSED)


def begin(m: Memory) -> None:
    """Start with no trials."""
    m.taken = m.denied = m.trial_at = m.trial_calls = m.trial_failures = m.trial_slow = m.trial_run = 0


def admit(m: Memory, p: Policies, now: int) -> bool:
    """Take a slot for a trial, if one is free."""
    if p.trials.admission == Admission.RAMP:
        return _admit_share(m, p.trials, now)
    free = p.trials.admission == Admission.UNLIMITED or _slot_free(m, p, now)
    if free:
        m.taken += 1
        m.trial_at = beginning(m, p.wait, now)
    return free


def _slot_free(m: Memory, p: Policies, now: int) -> bool:
    return m.taken < p.trials.permits or (
        p.trials.admission == Admission.ONE_PER_WAIT and over(p.wait, now - m.trial_at, m.wait)
    )


def _admit_share(m: Memory, p: TrialsPolicy, now: int) -> bool:
    """Admit a call if the share of those admitted then stays under what has been reached."""
    reached = p.ramp_to / p.limit * (now - m.since) if p.limit else 0.0
    admitted: bool = (m.taken + 1) / (m.taken + 1 + m.denied) < reached
    if admitted:
        m.taken += 1
    else:
        m.denied += 1
    return admitted


def take_slot(m: Memory, p: Policies, now: int) -> None:
    """Take the slot of the next trial without one, if it is free."""
    if _slot_free(m, p, now):
        m.taken = max(m.taken, p.trials.permits)
        m.trial_at = beginning(m, p.wait, now)


def settling(m: Memory, p: Policies, now: int) -> bool:
    """Return whether a result of half-open counts as in a closed breaker."""
    if p.trials.settles and now - m.wait_from < m.wait + p.trials.settles:
        return True
    return p.trials.verdict == TrialsVerdict.AS_CLOSED


def give_back(m: Memory, p: TrialsPolicy) -> None:
    """Return the slot of a trial whose result is nothing to the verdict, or that ended without one."""
    if m.taken > 0 or p.overdraws:
        m.taken -= 1


def complete(m: Memory, p: Policies, outcome: int) -> int:
    """Count a result and return what it decides.

    Returns:
        `TRIALS_PASSED` to close, `FAILURE_RATE` or `SLOW_CALL_RATE` to reopen, 0 to go on.
    """
    if p.trials.admission == Admission.CONCURRENCY:
        give_back(m, p.trials)
    failed = outcome & 1
    m.trial_calls += 1
    m.trial_failures += failed
    m.trial_slow += outcome >> 1
    m.trial_run = m.trial_run + 1 if failed else 0
    if p.trials.verdict == TrialsVerdict.TRIP_RULES:
        if failed:
            m.taken = 0
        return NO_REASON if failed else TRIALS_PASSED
    if p.trials.verdict == TrialsVerdict.ALL_IN:
        if m.trial_failures >= p.trials.failures:
            return FAILURE_RATE
        return TRIALS_PASSED if m.trial_calls >= p.trials.enough else NO_REASON
    if p.trials.verdict == TrialsVerdict.COUNTS:
        return _by_counts(m, p.trials)
    return _by_rates(m, p) if m.trial_calls >= p.trials.enough else NO_REASON


def _by_counts(m: Memory, p: TrialsPolicy) -> int:
    bad = m.trial_failures if p.bad & 1 else m.trial_slow
    if m.trial_calls - bad >= p.successes:
        return TRIALS_PASSED
    if p.failures and bad >= p.failures:
        return FAILURE_RATE if p.bad & 1 else SLOW_CALL_RATE
    return NO_REASON


def _by_rates(m: Memory, p: Policies) -> int:
    trip = p.trip
    if reaches(trip, m.trial_failures, m.trial_calls, p.trials.failure_rate, trip.failure_above):
        return FAILURE_RATE
    if reaches(trip, m.trial_slow, m.trial_calls, p.trials.slow_rate, trip.slow_above):
        return SLOW_CALL_RATE
    return TRIALS_PASSED


def as_counted(ignored: Ignored) -> int:
    """Return the `Outcome` that an ignored result stands for; −1 for none."""
    if ignored == Ignored.SUCCESS or ignored == Ignored.CALL:
        return 0
    return 1 if ignored == Ignored.FAILURE else -1
