"""circuitbreaker, by its decorator on a coroutine. It stores closed and open; half-open it only computes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import circuitbreaker
from call import Call, FailureError
from clock import CLOCK, FakeDatetime

if TYPE_CHECKING:
    from collections.abc import Coroutine

circuitbreaker.datetime = FakeDatetime
circuitbreaker.monotonic = CLOCK.monotonic
_LETTERS = {circuitbreaker.STATE_CLOSED: "c", circuitbreaker.STATE_OPEN: "o"}


class Circuitbreaker:
    LICENCE = "BSD-3-Clause"
    REFUSAL = circuitbreaker.CircuitBreakerError

    def __init__(self, options: dict[str, Any]) -> None:
        self._breaker = circuitbreaker.CircuitBreaker(**options, expected_exception=FailureError)
        self._guarded = self._breaker(Call.awaited)

    def begin(self, call: Call) -> Coroutine[None, None, None]:
        return self._guarded(call)

    @property
    def state(self) -> str:
        return _LETTERS[self._breaker._state]
