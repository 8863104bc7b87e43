"""pybreaker: a call that takes no time is a plain `call`, one that lasts a generator.

A plain call holds the breaker's lock until it returns, so plain calls never overlap; a generator's result is
recorded when the generator ends, and the lock is free meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pybreaker
from call import Call, IgnoredError
from clock import FakeDatetime

if TYPE_CHECKING:
    from collections.abc import Generator

pybreaker.datetime = FakeDatetime
_LETTERS = {pybreaker.STATE_CLOSED: "c", pybreaker.STATE_OPEN: "o", pybreaker.STATE_HALF_OPEN: "h"}


class Pybreaker:
    LICENCE = "BSD-3-Clause"
    REFUSAL = pybreaker.CircuitBreakerError

    def __init__(self, options: dict[str, Any]) -> None:
        self._breaker = pybreaker.CircuitBreaker(**options, exclude=[IgnoredError])

    def begin(self, call: Call) -> Generator[None, None, None] | None:
        return self._breaker.call(call.in_two_steps if call.duration else call.at_once)

    @property
    def state(self) -> str:
        return _LETTERS[self._breaker.current_state]
