"""States, and the event that every change of state is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cbtool.breaker.window import Snapshot


class State(IntEnum):
    """The breaker's states; the numbers are the kernel's."""

    CLOSED = 0
    OPEN = 1
    HALF_OPEN = 2

    @property
    def label(self) -> str:
        """The state's name in records and reports."""
        return self.name.lower()


class Reason(IntEnum):
    """Why a state changed; the numbers are the kernel's."""

    FAILURE_RATE = 1
    SLOW_CALL_RATE = 2
    CONSECUTIVE_FAILURES = 3
    ERROR_COUNT = 4
    WAIT_OVER = 5
    HEALTHY = 6
    TRIALS_PASSED = 7
    HALF_OPEN_TIMEOUT = 8

    @property
    def label(self) -> str:
        """The reason's name in records and reports."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class StateTransition:
    """One change of state.

    Attributes:
        time: seconds, on the clock that the machine is given.
        source: the state left.
        target: the state entered.
        reason: which rule decided.
        snapshot: the counts that decided; of the trials, when half-open was left.
        wait: seconds that an open state entered here lasts at least; None for the other states, and
            where a health check alone ends it.
    """

    time: float
    source: State
    target: State
    reason: Reason
    snapshot: Snapshot
    wait: float | None = None

    @property
    def trips(self) -> bool:
        """Whether this is a trip: a closed breaker opening. A failed trial's reopening is not one."""
        return self.source is State.CLOSED and self.target is State.OPEN
