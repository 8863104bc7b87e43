"""One call, from the moment it is let through until its result is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.traffic.error_kind import ErrorKind

if TYPE_CHECKING:
    import httpx

    from cbtool.breaker import Permit, State
    from cbtool.live.lane import Lane


@dataclass(slots=True)
class LiveCall:
    """A call that is sent. Times are seconds since the run's start.

    Attributes:
        request: what is sent.
        intended: when it was due.
        lane: the breaker that it came to.
        state: that breaker's state before it was asked.
        permit: its leave; None for a redirected call, and in shadow for one that would have been refused.
        redirected: whether it goes to the fallback target.
        sent: when it was sent.
        done: when its result came.
        status: of the answer; 0 without one.
        error: why there was no answer.
    """

    request: httpx.Request
    intended: float
    lane: Lane
    state: State
    permit: Permit | None
    redirected: bool = False
    sent: float = 0.0
    done: float = 0.0
    status: int = 0
    error: ErrorKind = ErrorKind.NONE

    @property
    def duration(self) -> float:
        """Seconds from the sending to the result."""
        return self.done - self.sent
