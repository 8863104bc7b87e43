"""The elements of a list in a JSON document, some of them at a time, while the document comes in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.logs.blocks import BLOCK
from cbtool.traffic.scanning import elements
from cbtool.traffic.scanning.elements import Elements
from cbtool.traffic.scanning.lines import newlines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Data = bytes | memoryview

_STEP = 256 << 10  # bytes that are gone through at a time
_MANY = 1 << 15  # elements that are enough, however short they are


class Whole(NamedTuple):
    """Some elements.

    Attributes:
        parts: bytes, one behind the other, in which they are.
        line: of the document, at which these begin, from 1.
        start: int32, length n, where each element begins in them.
        end: int32, length n, behind it.
    """

    parts: list[Data]
    line: int
    start: NDArray[np.int32]
    end: NDArray[np.int32]


class Cutting:
    """Cuts a document apart.

    Args:
        path: as `Elements` has it.

    Attributes:
        elements: where it is.
        count: of elements that have ended.
    """

    def __init__(self, path: Sequence[str] | None) -> None:
        self.elements = Elements(path)
        self.count = 0
        self._held: list[Data] = []
        self._size = 0
        self._line = 1
        self._start: list[NDArray[np.int32]] = []
        self._end: list[NDArray[np.int32]] = []

    def taken(self, piece: bytes) -> Iterator[Whole]:
        """Take a piece; yield elements if there are enough."""
        for at in range(0, len(piece), _STEP):
            self._take(memoryview(piece)[at : at + _STEP])
            if self._size >= BLOCK or sum(map(len, self._end)) >= _MANY or not self._end:
                yield from self._given()

    def rest(self) -> Iterator[Whole]:
        """Yield the elements that there are, with one that has not ended."""
        opened = self.elements.opened
        if opened != elements.NOWHERE and opened < self._size:
            self._start.append(np.array([opened], np.int32))
            self._end.append(np.array([self._size], np.int32))
        yield from self._given()

    def _take(self, piece: memoryview) -> None:
        cut = self.elements.cut(piece)
        for part in cut.kept:
            self._held.append(part if 2 * len(part) > len(piece) else bytes(part))
            self._size += len(part)
        if len(cut.start):
            self._start.append(cut.start)
            self._end.append(cut.end)
            self.count += len(cut.start)

    def _given(self) -> Iterator[Whole]:
        """Yield the elements that are whole, and hold no more than what is open behind them."""
        whole = int(self._end[-1][-1]) if self._end else 0
        opened = self.elements.opened
        wanted_from = self._size if opened == elements.NOWHERE else opened
        if not whole and not wanted_from:
            return
        before, rest = _split(self._held, whole)
        if whole:
            yield Whole(before, self._line, np.concatenate(self._start), np.concatenate(self._end))
        between, self._held = _split(rest, wanted_from - whole)
        self._line += sum(map(newlines, before)) + sum(map(newlines, between))
        self._size -= wanted_from
        self._start, self._end = [], []
        self.elements.give_away(wanted_from)


def _split(parts: Sequence[Data], size: int) -> tuple[list[Data], list[Data]]:
    """Return the parts up to a size, and those behind it."""
    before: list[Data] = []
    for index, part in enumerate(parts):
        if len(part) > size:
            view = memoryview(part)
            return [*before, view[:size]], [view[size:], *parts[index + 1 :]]
        before.append(part)
        size -= len(part)
    return before, []
