"""HTTP archives (HAR), of which each entry of `log.entries` is a call, as blocks of entries.

A browser's archive is one object; several may follow one another. One that breaks off, as when a disk was
full, gives the entries that are whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cbtool.errors import WrongFormatError
from cbtool.logs.blocks import Block
from cbtool.logs.cutting import Cutting
from cbtool.logs.decoded_entries import decoded
from cbtool.logs.texts_behind import TextsBehind
from cbtool.traffic.scanning import elements, har
from cbtool.traffic.scanning.lines import Lines, LinesApart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from cbtool.logs.cutting import Whole
    from cbtool.traffic.scanning.elements import Elements
    from cbtool.traffic.scanning.lines import Spans

_SHOWN = 1000  # bytes of an entry that is shown
_NONE = np.zeros(0, np.int32)


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
    cutting = Cutting(("log", "entries"))
    for piece in pieces:
        yield from map(_block, cutting.taken(piece))
        if cutting.elements.mode in {elements.BROKEN, elements.TWICE}:
            break
    problem = _problem(cutting.elements)
    if problem and not cutting.count:
        raise WrongFormatError(f"{name}: damaged: {problem}")
    if not cutting.elements.lists:
        raise WrongFormatError(f"{name}: a HAR file without log.entries")
    yield from map(_block, cutting.rest())
    if problem:
        note(f"{name}: {problem}; it was read up to there")


def loose_entry_blocks(pieces: Iterator[bytes]) -> Iterator[bytes | Block]:
    """Yield the same of entries that stand by themselves, as a browser copies one."""
    yield b'{"har":1}\n'
    cutting = Cutting(None)
    for piece in pieces:
        yield from map(_block, cutting.taken(piece))
    yield from map(_block, cutting.rest())


def _block(whole: Whole) -> Block:
    return EntryBlock(b"".join((*whole.parts, har.BEHIND)), whole.line, start=whole.start, end=whole.end)


def _problem(found: Elements) -> str | None:
    if found.mode == elements.TWICE:
        return "the archive has log.entries twice"
    if found.mode == elements.BROKEN:
        return "the archive is no JSON behind its first part"
    return None if found.mode == elements.BETWEEN else "the archive ends early"
