"""A stream of bytes as blocks of whole lines; memory is bounded whatever the lines are like."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl
from polars.exceptions import ComputeError

from cbtool.errors import WrongFormatError
from cbtool.traffic.formats.parsing import LONGEST_LINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BLOCK = 8 << 20
"""Bytes of a block; larger ones are no faster, smaller ones are slower."""

LONGEST_SKIPPED = 1 << 30
"""Bytes without a line's end after which a file is no log: it bounds what a gzip bomb costs."""

_BOM = b"\xef\xbb\xbf"


class Block(NamedTuple):
    """Whole lines.

    Attributes:
        data: the lines; of one that is too long only its beginning.
        first: the number of the first one, from 1.
        cut: whether the last one has no end because the file ended there.
    """

    data: bytes
    first: int
    cut: bool = False

    def lines(self) -> pl.Series:
        """Return the lines as strings without their ends; bytes that are not UTF-8 become U+FFFD."""
        # Polars decompresses data that begins like a compressed file; a line's end in front prevents it.
        data = b"\n" + self.data
        try:
            lines = pl.read_lines(data)
        except ComputeError:
            lines = pl.read_lines(data.decode("utf-8", "replace").encode())
        return lines.to_series().slice(1)

    def without_cut_line(self) -> Block:
        """Return the block without a last line that has no end."""
        return self._replace(data=self.data[: self.data.rfind(b"\n") + 1], cut=False) if self.cut else self


def blocks(pieces: Iterable[bytes], name: str, size: int = BLOCK) -> Iterator[Block]:
    """Yield blocks of about `size` bytes.

    Raises:
        WrongFormatError: there is no line's end for `LONGEST_SKIPPED` bytes.
    """
    held: list[bytes] = []
    length, number = 0, 1
    for piece in _shortened(_without_bom(pieces), name):
        held.append(piece)
        length += len(piece)
        if length < size:
            continue
        data = b"".join(held)
        end = data.rfind(b"\n") + 1
        if end:
            yield Block(data[:end], number)
            number += data.count(b"\n", 0, end)
        held, length = [data[end:]], len(data) - end
    data = b"".join(held)
    if data:
        yield Block(data, number, cut=not data.endswith(b"\n"))


def _without_bom(pieces: Iterable[bytes]) -> Iterator[bytes]:
    first = True
    for piece in pieces:
        yield piece.removeprefix(_BOM) if first else piece
        first = False


def _shortened(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Drop what a line has beyond `LONGEST_LINE`; one byte more stays, to show that it is too long."""
    open_line = 0  # bytes of the line that the last piece left open
    for piece in pieces:
        start = piece.find(b"\n")
        end = piece.rfind(b"\n")
        if start < 0:
            yield piece[: max(LONGEST_LINE + 1 - open_line, 0)]
            open_line += len(piece)
        else:
            if open_line > LONGEST_LINE:
                yield piece[start : end + 1]
            else:
                yield piece[: end + 1]
            open_line = len(piece) - end - 1
            yield piece[end + 1 : end + 1 + LONGEST_LINE + 1]
        if open_line > LONGEST_SKIPPED:
            raise WrongFormatError(f"{name}: not a log: a line of over {LONGEST_SKIPPED >> 30} GB")
