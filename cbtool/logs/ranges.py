"""One large file in ranges of bytes that begin with lines, so that several workers can read it.

Where a line means what it does whatever stands above it, but for the first ones: plain text, without
directives on the way, and no counts, which are spread up to the next line's.
"""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from cbtool.logs.blocks import blocks
from cbtool.logs.reading import SAMPLES, File, Part, Plan, collected, first_plan, parsed_block, parsed_blocks
from cbtool.logs.streams import PIECE, Stream, opened
from cbtool.traffic.formats.layouts import DelimitedRows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from cbtool.traffic.formats import LogFormat

RANGE = 256 << 20
"""Bytes of a range; a file of no more is read by one worker."""


class Range(NamedTuple):
    """Lines of a file.

    Attributes:
        source: the file.
        first: where they begin, in bytes.
        behind: where they end.
        log_format: of the file.
        opening: its first lines.
        header: the number of the line above the calls; 0 where there is none here.
    """

    source: str
    first: int
    behind: int
    log_format: LogFormat
    opening: list[str]
    header: int


class RangeRead(NamedTuple):
    """What became of a range: its `newlines` tell where the next one's lines begin."""

    part: Part
    newlines: int


def ranges_of(source: str, chosen: Sequence[LogFormat]) -> list[Range]:
    """Return a file in ranges; none where it is small, or cannot be cut.

    Args:
        source: the file.
        chosen: what it may be; none: any format.

    Raises:
        UnreachableError: it is missing or cannot be read.
        WrongFormatError: it is no such log.
    """
    if not Path(source).is_file() or Path(source).stat().st_size <= RANGE:
        return []
    with opened(source) as stream, Path(source).open("rb") as file:
        piece = next(stream.pieces(), b"")
        if not isinstance(piece, bytes) or piece != file.read(len(piece)):
            return []  # compressed, or a document
        found = first_plan(source, blocks(_from(source), source), chosen)
        if found is None or not _can_be_cut(found.plan.log_format, piece):
            return []
        size = Path(source).stat().st_size
        bounds = [0, *(_line_start(file, at) for at in range(RANGE, size, RANGE)), size]
        return [
            Range(
                source,
                first,
                behind,
                found.plan.log_format,
                found.opening,
                0 if first else found.plan.header,
            )
            for first, behind in pairwise(bounds)
            if first < behind
        ]


def _can_be_cut(log_format: LogFormat, piece: bytes) -> bool:
    """Whether a line means what it does whatever stands above it; quoted values of rows may span lines."""
    apart = not log_format.directive and log_format.total is None and log_format.part is None
    return apart and not (isinstance(log_format.layout, DelimitedRows) and b'"' in piece)


def read_range(lines: Range, texts: Collection[str]) -> RangeRead:
    """Parse the lines of a range.

    Args:
        lines: where they are.
        texts: those of `TEXTS` that are wanted.
    """
    counted = _Counting()
    stream = Stream(lines.source, io.BytesIO())
    plan = _plan_of(lines)
    incoming = blocks(counted.through(_from(lines.source, lines.first, lines.behind)), lines.source)
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        begin = partial(pool.submit, partial(parsed_block, texts))
        read = [part for block in incoming for part in parsed_blocks(stream, block, incoming, plan, begin)]
    return RangeRead(_joined(read), counted.newlines)


def file_of(ranges: Sequence[Range], read: Sequence[RangeRead]) -> File:
    """Return what `files.read_one` returns of a whole file, from what became of its ranges.

    Raises:
        WrongFormatError: most lines did not parse.
    """
    above = 0
    parts = []
    for each in read:
        samples = [sample._replace(line=sample.line + above) for sample in each.part.samples]
        parts.append(each.part._replace(samples=samples))
        above += each.newlines
    return collected(Stream(ranges[0].source, io.BytesIO()), _plan_of(ranges[0]), iter(parts), None)


def _plan_of(lines: Range) -> Plan:
    parts = lines.log_format.layout.opened_by(lines.opening)
    assert parts is not None  # noqa: S101  # `ranges_of` has opened it so
    return Plan(lines.log_format, parts, lines.header)


def _joined(parts: Sequence[Part]) -> Part:
    return Part(
        pl.concat([part.frame for part in parts]),
        sum(part.lines for part in parts),
        sum(part.rejected for part in parts),
        [sample for part in parts for sample in part.samples][:SAMPLES],
    )


class _Counting:
    """Counts the newlines of what passes through."""

    def __init__(self) -> None:
        self.newlines = 0

    def through(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.newlines += piece.count(b"\n")
            yield piece


def _from(source: str, first: int = 0, behind: int | None = None) -> Iterator[bytes]:
    """Yield a part of a file, piece by piece."""
    with Path(source).open("rb") as file:
        file.seek(first)
        left = behind - first if behind is not None else None
        while piece := file.read(PIECE if left is None else min(PIECE, left)):
            left = None if left is None else left - len(piece)
            yield piece


def _line_start(file: io.BufferedReader, at: int) -> int:
    """Return where the first line begins that begins at `at` or later."""
    file.seek(at - 1)
    while piece := file.read(PIECE):
        found = piece.find(b"\n")
        if found >= 0:
            return file.tell() - len(piece) + found + 1
    return file.tell()
