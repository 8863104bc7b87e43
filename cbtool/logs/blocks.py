"""A stream of bytes as blocks of whole lines; memory is bounded whatever the lines are like.

Documents whose calls need not become lines of text first come as blocks that are ready.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from cbtool.errors import WrongFormatError
from cbtool.traffic.formats.parsing import LONGEST_LINE
from cbtool.traffic.scanning.lines import Lines, newlines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK = 4 << 20
"""Bytes of a block; larger ones are no faster, smaller ones are slower."""

LONGEST_SKIPPED = 1 << 30
"""Bytes without a line's end after which a file is no log: it bounds what a gzip bomb costs."""

_BOM = b"\xef\xbb\xbf"
_NEWLINE = 10


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines.

    Attributes:
        data: the lines; of one that is too long only its beginning.
        first: the number of the first one, from 1.
        cut: whether the last one has no end because the file ended there.
    """

    data: bytes
    first: int
    cut: bool = False

    def lines(self) -> Lines:
        """Return the lines without their ends; bytes that are not UTF-8 become U+FFFD."""
        return Lines.of(self.data)

    def lines_below(self, header: int) -> Lines:
        """Return those below the line of a number; 0: all."""
        return self.lines()[max(header + 1 - self.first, 0) if header else 0 :]

    def without_cut_line(self) -> Block:
        """Return the block without a last line that has no end."""
        return replace(self, data=self.data[: self.data.rfind(b"\n") + 1], cut=False) if self.cut else self


def blocks(pieces: Iterable[bytes | Block], name: str, size: int = BLOCK) -> Iterator[Block]:
    """Yield blocks of about `size` bytes, and those that are ready.

    Args:
        pieces: bytes, or bytes and then blocks.
        name: for messages.
        size: of a block.

    Raises:
        WrongFormatError: there is no line's end for `LONGEST_SKIPPED` bytes.
    """
    rest = iter(pieces)
    ready: list[Block] = []
    yield from _cut(_before_ready(rest, ready), name, size)
    for piece in chain(ready, rest):
        assert isinstance(piece, Block)  # noqa: S101  # no bytes come behind them
        yield piece


def _before_ready(pieces: Iterator[bytes | Block], ready: list[Block]) -> Iterator[bytes]:
    """Yield the bytes up to the first block that is ready, which goes to `ready`."""
    for piece in pieces:
        if isinstance(piece, Block):
            ready.append(piece)
            return
        yield piece


def _cut(pieces: Iterable[bytes], name: str, size: int) -> Iterator[Block]:
    held: list[memoryview] = []
    length, number = 0, 1
    for piece in _shortened(_without_bom(pieces), name):
        held.append(piece)
        length += len(piece)
        if length >= size and piece and piece[-1] == _NEWLINE:
            data = b"".join(held)
            yield Block(data, number)
            number += newlines(data)
            held, length = [], 0
    data = b"".join(held)
    if data:
        yield Block(data, number, cut=not data.endswith(b"\n"))


def _without_bom(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces, of which none is larger than a block: places in one must fit in 32 bits."""
    first = True
    for piece in chain.from_iterable(map(_small, pieces)):
        yield piece.removeprefix(_BOM) if first else piece
        first = False


def _small(piece: bytes) -> Iterator[bytes]:
    return (
        (piece[at : at + BLOCK] for at in range(0, len(piece), BLOCK))
        if len(piece) > BLOCK
        else iter((piece,))
    )


def _shortened(pieces: Iterable[bytes], name: str) -> Iterator[memoryview]:
    """Drop what a line has beyond `LONGEST_LINE`; one byte more stays, to show that it is too long."""
    open_line = 0  # bytes of the line that the last piece left open
    for piece in pieces:
        start = piece.find(b"\n")
        end = piece.rfind(b"\n")
        view = memoryview(piece)
        if start < 0:
            yield _alone(view[: max(LONGEST_LINE + 1 - open_line, 0)], piece)
            open_line += len(piece)
        else:
            if open_line > LONGEST_LINE:
                yield _alone(view[start : end + 1], piece)
            else:
                yield _alone(view[: end + 1], piece)
            open_line = len(piece) - end - 1
            yield _alone(view[end + 1 : end + 1 + LONGEST_LINE + 1], piece)
        if open_line > LONGEST_SKIPPED:
            raise WrongFormatError(f"{name}: not a log: a line of over {LONGEST_SKIPPED >> 30} GB")


def _alone(view: memoryview, piece: bytes) -> memoryview:
    """Return the view, or a copy where most of what it would keep in memory was dropped."""
    return view if 2 * len(view) > len(piece) else memoryview(bytes(view))
