"""Blocks whose lines are samples of JMeter's XML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.logs.blocks import Block
from cbtool.logs.texts_behind import TextsBehind
from cbtool.traffic.scanning import jtl, samples
from cbtool.traffic.scanning.lines import ABSENT, Escapes, Lines, LinesApart, Spans
from cbtool.traffic.scanning.samples import Rows, Scanned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbtool.logs.parsed_samples import ParsedSample

_DENSEST = 64  # bytes of a sample: few are shorter, and then a block has fewer bytes
_FEW = 64  # samples of a block that may be
_SHOWN = 1000  # bytes of a sample that is shown
_PARTS = {
    "time": jtl.TIME,
    "duration": jtl.DURATION,
    "code": jtl.CODE,
    "message": jtl.MESSAGE,
    "success": jtl.SUCCESS,
    "url": jtl.URL,
    "method": jtl.METHOD,
}
_NOTHING = Rows.room(0)


@dataclass(frozen=True, slots=True)
class SampleBlock(Block):
    """Some of a file's bytes, of which the samples that are calls are the lines.

    Attributes:
        rows: where each is.
    """

    rows: Rows = _NOTHING

    def lines(self) -> Lines:
        """Return the samples, apart; for damage one that says nothing."""
        data, rows = np.frombuffer(self.data, np.uint8), self.rows
        parts = {
            name: Spans(data, rows.first[what], rows.behind[what], rows.escaped[what], Escapes.XML)
            for name, what in _PARTS.items()
        }
        start, end = rows.first[jtl.WHOLE], rows.behind[jtl.WHOLE]
        return LinesApart(data, start, np.minimum(end, start + np.int32(_SHOWN)), parts)

    def lines_below(self, _header: int) -> Lines:
        """Return all: the header is not one of the file's lines."""
        return self.lines()

    def without_cut_line(self) -> Block:
        """Return the block, which has only whole samples."""
        return self


class MakingBlock:
    """A block that is being made.

    Attributes:
        data: the bytes that it is made of.
    """

    def __init__(self, data: bytes, line: int) -> None:
        """Begin one.

        Args:
            data: some bytes, and `memory.WIDE` more.
            line: the number of the line that they begin in.
        """
        self.data = data
        self._line = line
        self._view = np.frombuffer(data, np.uint8)
        self._rows = Rows.room(len(data) // _DENSEST + _FEW)
        self._count = 0
        self._texts = TextsBehind(len(data))

    def scan(self, at: int, end: int) -> Scanned:
        """Take what the scanner finds between two places."""
        found = samples.scanned(self._view, at, end, self._rows, self._count)
        self._count = found.found
        return found

    def add(self, parsed: Iterable[ParsedSample], begun: int) -> None:
        """Take samples of a parser that began at a place."""
        for sample in parsed:
            at = max(begun + sample.at, 0)
            places = [self._texts.place(sample.said.get(what)) for what in range(jtl.WHOLE)]
            self._add([*places, (at, min(at + _SHOWN, len(self.data)))])

    def end(self, at: int, what: str) -> None:
        """End at a place, with a sample that says nothing but this."""
        self._add([(ABSENT, ABSENT)] * jtl.WHOLE + [self._texts.place(what)])
        # Its line's number is told by the line ends before it.
        self.data = self.data[:at].ljust(len(self.data))

    def _add(self, places: Sequence[tuple[int, int]]) -> None:
        if self._count == self._rows.first.shape[1]:
            self._rows = self._rows.doubled()
        first, behind = zip(*places, strict=True)
        self._rows.first[:, self._count], self._rows.behind[:, self._count] = first, behind
        self._rows.escaped[:, self._count] = 0
        self._count += 1

    def made(self) -> SampleBlock:
        """Return the block."""
        return SampleBlock(self._texts.behind(self.data), self._line, rows=self._rows.only(self._count))
