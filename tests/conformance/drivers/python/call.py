"""One call of a request, as the protected function that a library runs."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator


class FailureError(Exception):
    """What the protected function raises when it fails."""


class IgnoredError(Exception):
    """What it raises when the library is told not to mind."""


@dataclass
class Call:
    """One call. Its body notes that the library let it in, and ends with the result that it was given."""

    result: str
    duration: int
    permitted: bool = False

    def at_once(self) -> None:
        self.permitted = True
        self._finish()

    def in_two_steps(self) -> Generator[None, None, None]:
        self.permitted = True
        yield
        self._finish()

    async def awaited(self) -> None:
        self.permitted = True
        await _next_step()
        self._finish()

    def _finish(self) -> None:
        if self.result == "f":
            raise FailureError
        if self.result == "i":
            raise IgnoredError


@types.coroutine
def _next_step() -> Generator[None, None, None]:
    yield


class Library(Protocol):
    """One breaker of a library."""

    LICENCE: str
    REFUSAL: type[Exception]

    def __init__(self, options: dict[str, Any]) -> None: ...

    def begin(self, call: Call) -> Coroutine[None, None, None] | Generator[None, None, None] | None:
        """Make a call: up to its end, or return the rest of it as steps that `send` advances."""

    @property
    def state(self) -> str:
        """The stored state: c, o or h."""
