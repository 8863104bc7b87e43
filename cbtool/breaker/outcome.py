"""What a finished call counts as.

A `Verdict` is what the outcome rules say of the answer alone. An `Outcome` adds slowness, which depends
on the breaker's own `slow_call_duration_threshold`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from cbtool.breaker.policies import Ignored

if TYPE_CHECKING:
    from cbtool.breaker.policies import Policies


class Verdict(IntEnum):
    """What the outcome rules make of an answer, before its duration is looked at."""

    SUCCESS = 0
    FAILURE = 1
    IGNORED = 2


class Outcome(IntEnum):
    """What a breaker counts. Bit 0 is failure and bit 1 is slowness, so a kernel can mask them."""

    SUCCESS = 0
    FAILURE = 1
    SLOW_SUCCESS = 2
    SLOW_FAILURE = 3
    IGNORED = 4

    @property
    def label(self) -> str:
        """The outcome's name in records and reports, such as `slow_success`."""
        return self.name.lower()

    @property
    def failed(self) -> bool:
        """Whether the call counts into the failure rate."""
        return self in _FAILED

    @property
    def slow(self) -> bool:
        """Whether the call counts into the slow-call rate."""
        return self in _SLOW


_FAILED = frozenset((Outcome.FAILURE, Outcome.SLOW_FAILURE))
_SLOW = frozenset((Outcome.SLOW_SUCCESS, Outcome.SLOW_FAILURE))


def ignored_succeed(p: Policies) -> bool:
    """Return whether an ignored result is a success, closed and half-open, and then also may be slow."""
    return p.window.ignored == Ignored.SUCCESS == p.trials.ignored


def outcome_of(verdict: Verdict, duration: float, slow_threshold: float | None) -> Outcome:
    """Return what a call counts as.

    Args:
        verdict: what the outcome rules say of the answer.
        duration: seconds from start to completion.
        slow_threshold: seconds above which a call is slow (exactly this long is not); None: never.
    """
    if verdict is Verdict.IGNORED:
        return Outcome.IGNORED
    if slow_threshold is not None and duration > slow_threshold:
        return Outcome.SLOW_FAILURE if verdict is Verdict.FAILURE else Outcome.SLOW_SUCCESS
    return Outcome.FAILURE if verdict is Verdict.FAILURE else Outcome.SUCCESS
