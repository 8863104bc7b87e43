"""HTTP archives (HAR), of which each entry of `log.entries` is a call, as blocks of entries.

A browser's archive is one object; several may follow one another. One that breaks off, as when a disk was
full, gives the entries that are whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cbtool.errors import WrongFormatError
from cbtool.logs.blocks import BLOCK, Block
from cbtool.logs.decoded_entries import decoded
from cbtool.logs.texts_behind import TextsBehind
from cbtool.traffic.scanning import elements, har
from cbtool.traffic.scanning.elements import Elements
from cbtool.traffic.scanning.lines import Lines, LinesApart, newlines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Spans

    Data = bytes | memoryview

_STEP = 256 << 10  # bytes that are gone through at a time
_MANY = 1 << 15  # entries that are enough for a block, however short they are
_SHOWN = 1000  # bytes of an entry that is shown
_NONE = np.zeros(0, np.int32)
_NEWLINES_BEHIND = har.BEHIND.count(b"\n")


@dataclass(frozen=True, slots=True)
class EntryBlock(Block):
    """Entries of an archive.

    Attributes:
        start: int32, length n, where each begins.
        end: int32, length n, behind it.
    """

    start: NDArray[np.int32] = field(default_factory=lambda: _NONE)
    end: NDArray[np.int32] = field(default_factory=lambda: _NONE)

    def lines(self) -> Lines:
        """Return the entries, apart."""
        entries = Lines(np.frombuffer(self.data, np.uint8), self.start, self.end)
        parts, doubtful = har.entries_in(entries)
        if doubtful.any():
            parts = _with_decoded(entries, parts, np.flatnonzero(doubtful).tolist())
        data = next(iter(parts.values())).data
        return LinesApart(data, self.start, np.minimum(self.end, self.start + np.int32(_SHOWN)), parts)

    def lines_below(self, _header: int) -> Lines:
        """Return all: the header is not one of the file's lines."""
        return self.lines()

    def without_cut_line(self) -> Block:
        """Return the block, whose last entry is damaged if it was cut."""
        return self


def _with_decoded(entries: Lines, parts: Mapping[str, Spans], doubtful: list[int]) -> dict[str, Spans]:
    """Put in the parts of entries that the scanner left."""
    texts = TextsBehind(len(entries.data))
    for index in doubtful:
        for name, said in decoded(entries.bytes_of(index)).items():
            part = parts[name]
            part.start[index], part.end[index] = texts.place(said)
            if part.escaped is not None:
                part.escaped[index] = 0
    data = np.frombuffer(texts.behind(entries.data.data), np.uint8)
    return {name: part._replace(data=data) for name, part in parts.items()}


def entry_blocks(pieces: Iterator[bytes], name: str, note: Callable[[str], None]) -> Iterator[bytes | Block]:
    """Yield a header and then blocks of entries.

    Args:
        pieces: the file's bytes.
        name: for messages.
        note: is told if the file is damaged behind the entries that there are.

    Raises:
        WrongFormatError: there is no entry, nor a whole list without any.
    """
    yield b'{"har":1}\n'
    archive = _Archive()
    for piece in pieces:
        for at in range(0, len(piece), _STEP):
            yield from archive.taken(memoryview(piece)[at : at + _STEP])
        if archive.elements.mode in {elements.BROKEN, elements.TWICE}:
            break
    problem = _problem(archive.elements)
    if problem and not archive.entries:
        raise WrongFormatError(f"{name}: damaged: {problem}")
    if not archive.elements.lists:
        raise WrongFormatError(f"{name}: a HAR file without log.entries")
    yield from archive.rest()
    if problem:
        note(f"{name}: {problem}; it was read up to there")


def _problem(found: Elements) -> str | None:
    if found.mode == elements.TWICE:
        return "the archive has log.entries twice"
    if found.mode == elements.BROKEN:
        return "the archive is no JSON behind its first part"
    return None if found.mode == elements.BETWEEN else "the archive ends early"


class _Archive:
    """What is held of an archive, from the first entry that no block has yet."""

    def __init__(self) -> None:
        self.elements = Elements(("log", "entries"))
        self.entries = 0
        self._held: list[Data] = []
        self._size = 0
        self._line = 1
        self._start: list[NDArray[np.int32]] = []
        self._end: list[NDArray[np.int32]] = []

    def taken(self, piece: Data) -> Iterator[Block]:
        """Take a piece; yield a block if there is enough for one."""
        cut = self.elements.cut(piece)
        for part in cut.kept:
            self._held.append(part if 2 * len(part) > len(piece) else bytes(part))
            self._size += len(part)
        if len(cut.start):
            self._start.append(cut.start)
            self._end.append(cut.end)
            self.entries += len(cut.start)
        if self._size >= BLOCK or sum(map(len, self._end)) >= _MANY or not self._end:
            yield from self._block()

    def rest(self) -> Iterator[Block]:
        """Yield what there is, with an entry that has not ended as one that is damaged."""
        opened = self.elements.opened
        if opened != elements.NOWHERE and opened < self._size:
            self._start.append(np.array([opened], np.int32))
            self._end.append(np.array([self._size], np.int32))
        yield from self._block()

    def _block(self) -> Iterator[Block]:
        """Yield the entries that are whole, and hold no more than what is open behind them."""
        whole = int(self._end[-1][-1]) if self._end else 0
        opened = self.elements.opened
        wanted_from = self._size if opened == elements.NOWHERE else opened
        if not whole and not wanted_from:
            return
        before, rest = _split(self._held, whole)
        block = b"".join((*before, har.BEHIND))
        if whole:
            yield EntryBlock(
                block, self._line, start=np.concatenate(self._start), end=np.concatenate(self._end)
            )
        between, self._held = _split(rest, wanted_from - whole)
        self._line += newlines(block) - _NEWLINES_BEHIND + sum(map(newlines, between))
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
