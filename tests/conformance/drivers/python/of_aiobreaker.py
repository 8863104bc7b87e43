"""aiobreaker, by `call_async`. Its `timeout_duration` is given in seconds here."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiobreaker
import aiobreaker.circuitbreaker
import aiobreaker.state
from aiobreaker.state import CircuitBreakerState
from call import Call, IgnoredError
from clock import FakeDatetime

if TYPE_CHECKING:
    from collections.abc import Coroutine

aiobreaker.circuitbreaker.datetime = FakeDatetime
aiobreaker.state.datetime = FakeDatetime
_LETTERS = {
    CircuitBreakerState.CLOSED: "c",
    CircuitBreakerState.OPEN: "o",
    CircuitBreakerState.HALF_OPEN: "h",
}


class Aiobreaker:
    LICENCE = "BSD-3-Clause"
    REFUSAL = aiobreaker.CircuitBreakerError

    def __init__(self, options: dict[str, Any]) -> None:
        options = dict(options)
        if "timeout_duration" in options:
            options["timeout_duration"] = timedelta(seconds=options["timeout_duration"])
        self._breaker = aiobreaker.CircuitBreaker(**options, exclude=[IgnoredError])

    def begin(self, call: Call) -> Coroutine[None, None, None]:
        return self._breaker.call_async(call.awaited)

    @property
    def state(self) -> str:
        return _LETTERS[self._breaker.current_state]
