"""What all runs of a breaker, section by section, have in common; `runs` chooses among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.simulation.sections import Moves, Section

_NOTHING = np.zeros(0, np.uint8)


class Step(NamedTuple):
    """What a breaker did with a section.

    Attributes:
        permitted: uint8, by call of the section: 1 where it was let through.
        before: uint8, by call: the stored `State` when it arrived; empty where not traced.
        after: the same, when its result had been recorded or it had been refused; not yet known of calls
            whose completion is left to the next section.
        log: int64, `kernel.COLUMNS` wide: the transitions.
    """

    permitted: NDArray[np.uint8]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    log: NDArray[np.int64]


class Run(Protocol):
    """A run that pauses between sections."""

    needed: int
    """Of the section that it was taken through: the completion from which on it needs them."""

    def advance(self, section: Section, end_ns: int) -> Step:
        """Go through a section.

        Args:
            section: the next one.
            end_ns: until when the breaker is watched; −1: others follow.
        """

    def move(self, moves: Moves) -> None:
        """Make ready for the section after."""


class Columns:
    """What a run remembers of the calls that a section begins with: a number each, in several columns.

    Args:
        flags: whether they are all 0 or 1, and so a bit each.
    """

    def __init__(self, *, flags: bool) -> None:
        self._flags = flags
        self._kept = _NOTHING
        self._length = 0

    def begin(self, n: int) -> NDArray[np.uint8]:
        """Return the column for a section of n calls."""
        column = np.zeros(n, np.uint8)
        if self._length:
            count = self._length
            column[:count] = np.unpackbits(self._kept, count=count) if self._flags else self._kept
        return column

    def keep(self, column: NDArray[np.uint8], section: Section, needed: int) -> None:
        """Keep it of the calls whose completions are still needed, by completion."""
        values = column[section.traffic.call_of[needed:]]
        self._length = len(values)
        self._kept = np.packbits(values) if self._flags else values

    def move(self, moves: Moves, needed: int) -> None:
        """Keep it by the calls of the next section."""
        there = moves.call_of[needed:]
        values = self.begin(self._length)[there >= 0]
        moved = np.zeros(int(moves.calls[-1]), np.uint8)
        moved[there[there >= 0]] = values
        self._length = len(moved)
        self._kept = np.packbits(moved) if self._flags else moved
