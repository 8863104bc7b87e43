"""purgatory, by the decorator of its asynchronous factory, in memory.

`default_threshold` and `default_ttl` are options of the factory; `threshold` and `ttl` of its one circuit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import purgatory
from call import Call, IgnoredError
from clock import CLOCK
from purgatory.domain import model

if TYPE_CHECKING:
    from collections.abc import Coroutine

model.time = CLOCK
_LETTERS = {model.CLOSED: "c", model.OPENED: "o", model.HALF_OPENED: "h"}
_CIRCUIT = "circuit"


class Purgatory:
    LICENCE = "BSD-3-Clause"
    REFUSAL = model.OpenedState

    def __init__(self, options: dict[str, Any]) -> None:
        own = {name: options[name] for name in ("threshold", "ttl") if name in options}
        factory = purgatory.AsyncCircuitBreakerFactory(
            **{name: value for name, value in options.items() if name not in own}, exclude=[IgnoredError]
        )
        self._circuits = factory.uow.contexts.breakers
        self._guarded = factory(_CIRCUIT, **own)(Call.awaited)

    def begin(self, call: Call) -> Coroutine[None, None, None]:
        return self._guarded(call)

    @property
    def state(self) -> str:
        # The first call makes the circuit.
        return _LETTERS[self._circuits[_CIRCUIT].state] if self._circuits else "c"
