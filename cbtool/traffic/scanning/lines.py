"""A block of bytes as lines, and the places of their parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.memory import WIDE, byte, find, int64, ones, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

ABSENT = -1
"""Where a span starts that is not there."""

NULL = -2
"""Where a span starts that is there and says nothing: JSON's null."""

_NEWLINE, _SPACE = 10, 32


class Escapes(IntEnum):
    """What stands for what in a text."""

    NONE = 0
    BACKSLASHES = 1
    """Apache's, before quotes and backslashes: as nginx would write it, `\\x22` and `\\x5c`."""
    DOUBLED = 2
    """CSV's doubled quotes."""
    JSON = 3
    XML = 4
    """References, and line ends and tabs that are spaces, as in an attribute's value."""


class Spans(NamedTuple):
    """Where one part of each line is.

    Attributes:
        data: uint8, the bytes that the places are in; UTF-8.
        start: int32, length n, of each line's part; `ABSENT` or `NULL`.
        end: int32, length n, behind it.
        escaped: uint8, length n, which of them have escapes in them; None: none has.
        escapes: which.
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    escaped: NDArray[np.uint8] | None = None
    escapes: Escapes = Escapes.NONE

    @staticmethod
    def nowhere(length: int) -> Spans:
        """Return the places of what no line has."""
        absent = np.full(length, ABSENT, np.int32)
        return Spans(np.frombuffer(b"\0", np.uint8), absent, absent)

    def chosen(self, which: slice | NDArray[np.bool_] | NDArray[np.int64]) -> Spans:
        """Return those of some lines."""
        escaped = None if self.escaped is None else self.escaped[which]
        return self._replace(start=self.start[which], end=self.end[which], escaped=escaped)

    @property
    def named(self) -> NDArray[np.bool_]:
        """Which lines have this part, if only to say that there is nothing."""
        named: NDArray[np.bool_] = self.start != ABSENT
        return named

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which lines have anything there."""
        return (self.start >= 0) & (self.end > self.start)


@dataclass(frozen=True, slots=True)
class Lines:
    r"""Lines of UTF-8.

    Attributes:
        data: uint8, some bytes.
        start: int32, length n, where each line begins.
        end: int32, length n, where it ends, without `\n` or `\r\n`.
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int32]
    end: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, which: slice | NDArray[np.bool_] | NDArray[np.int64]) -> Lines:
        return Lines(self.data, self.start[which], self.end[which])

    def without_longer(self, most: int) -> Lines:
        """Return the lines, those with more bytes as if they were empty."""
        long = self.end - self.start > most
        return Lines(self.data, self.start, np.where(long, self.start, self.end)) if long.any() else self

    def bytes_of(self, index: int) -> bytes:
        """Return a line as it is."""
        return self.data[self.start[index] : self.end[index]].tobytes()

    def text(self, index: int) -> str:
        """Return a line as text."""
        return self.bytes_of(index).decode("utf-8", "replace")

    def newlines_before(self, index: int) -> int:
        """Return how many line ends the bytes have before a line."""
        return int((self.data[: self.start[index]] == _NEWLINE).sum())

    def texts(self) -> list[str]:
        """Return all lines as texts."""
        return [self.text(index) for index in range(len(self))]

    def begin_with(self, byte: int) -> NDArray[np.bool_]:
        """Return which lines begin with a byte."""
        filled = self.end > self.start
        filled[filled] = self.data[self.start[filled]] == byte
        return filled

    def contain(self, byte: int) -> bool:
        """Return whether a byte is among those from the first line to the last."""
        return bool(len(self)) and bool((self.data[self.start[0] : self.end[-1]] == byte).any())

    def blank(self) -> NDArray[np.bool_]:
        """Return which lines hold nothing but white space."""
        blank: NDArray[np.bool_] = self.start == self.end
        doubtful = ~blank
        doubtful[doubtful] = self.data[self.start[doubtful]] <= _SPACE
        for index in np.flatnonzero(doubtful).tolist():
            blank[index] = not self.bytes_of(index).strip()
        return blank

    @staticmethod
    def of(data: bytes) -> Lines:
        """Return the lines in some bytes; what is not UTF-8 becomes U+FFFD."""
        if not data.isascii():
            try:
                data.decode()
            except UnicodeDecodeError:
                data = data.decode("utf-8", "replace").encode()
        return Lines.cut(data)

    @staticmethod
    def cut(data: bytes) -> Lines:
        """Return the lines in some bytes, which should be UTF-8."""
        view = np.frombuffer(data, np.uint8)
        count = newlines(data) + (bool(data) and not data.endswith(b"\n"))
        start, end = np.empty(count, np.int32), np.empty(count, np.int32)
        _cut(view, start, end)
        return Lines(view, start, end)

    @staticmethod
    def made(texts: Iterable[str]) -> Lines:
        """Return lines of these texts, which have no line ends in them."""
        return Lines.of("".join(f"{text}\n" for text in texts).encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class LinesApart(Lines):
    """Lines, or what stands for lines, that came apart as they were found.

    Attributes:
        parts: by name, where each one's part is, in the same bytes.
    """

    parts: Mapping[str, Spans]

    def __getitem__(self, which: slice | NDArray[np.bool_] | NDArray[np.int64]) -> LinesApart:
        chosen = {name: part.chosen(which) for name, part in self.parts.items()}
        return LinesApart(self.data, self.start[which], self.end[which], chosen)

    def text(self, index: int) -> str:
        """Return what stands for a line as text on one line."""
        return " ".join(self.bytes_of(index).decode("utf-8", "replace").split())

    def without_longer(self, most: int) -> LinesApart:
        """Return the lines, those with more bytes in their parts without any."""
        there = ((part.end - part.start) * (part.start >= 0) for part in self.parts.values())
        long = sum(there, np.zeros(len(self), np.int64)) > most
        if not long.any():
            return self
        parts = {
            name: part._replace(start=np.where(long, np.int32(ABSENT), part.start))
            for name, part in self.parts.items()
        }
        return LinesApart(self.data, self.start, self.end, parts)


def newlines(data: bytes | memoryview) -> int:
    """Return how many line ends there are, many times as quickly as `bytes.count` where they are many."""
    return int(_count(np.frombuffer(data, np.uint8)))


@compiled(memory)
def _count(data: NDArray[np.uint8]) -> int:
    at, count = int64(0), int64(0)
    while at + WIDE <= len(data):
        count += ones(same(data, at, 10))
        at += WIDE
    while at < len(data):
        count += byte(data, at) == 10
        at += 1
    return count


@compiled(memory)
def _cut(data: NDArray[np.uint8], start: NDArray[np.int32], end: NDArray[np.int32]) -> None:
    at = int64(0)
    for line in range(len(start)):
        behind = find(data, at, len(data), 10)
        start[line] = at
        end[line] = behind - (behind > at and byte(data, behind - 1) == 13)
        at = behind + 1
