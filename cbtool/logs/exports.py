"""Log lines within what another program exported: a column of CSV, or Loki's and Zipkin's answers.

CloudWatch's Insights, Datadog, Kibana and Grafana export CSV of which a column is the line that a server
wrote; Loki's API answers with lists of a time and a line each, Zipkin's with a list of spans a trace.
Sources: CloudWatch Logs Insights', Datadog's, Loki's and Zipkin's documentation.
"""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cbtool.errors import WrongFormatError
from cbtool.logs.text import WHOLE_LINE
from cbtool.logs.whole_lines import whole_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 256 << 20
"""Bytes of an answer, which is held whole."""

_HEAD = 64 << 10
_COLUMNS = ("@message", "message", "content", "line", "log", "textpayload", "_raw", "raw")
_HEADER = re.compile(r'"?[@\w][\w .@-]*"?(?:,"?[@\w][\w .@-]*"?)*\r?\n')
_LOKI = re.compile(rb'\s*\{\s*"status"\s*:\s*"success"\s*,\s*"data"\s*:\s*\{\s*"resultType"\s*:\s*"streams"')
_ZIPKIN = re.compile(rb'\s*\[\s*\[\s*\{\s*"')
_MOST = 0.6

Kind = TypeVar("Kind")


class _Stream(msgspec.Struct):
    values: list[tuple[Any, ...]] = []


class _Data(msgspec.Struct):
    result: list[_Stream] = []


class _Answer(msgspec.Struct):
    data: _Data


def exported(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield a stream's pieces, those of an export as the lines within it.

    Raises:
        WrongFormatError: an answer of Loki's is damaged or too large.
    """
    first = next(pieces, b"")
    head = first[:_HEAD]
    if _LOKI.match(head):
        yield from _of_loki(_answered(first, pieces, name, "Loki", _Answer))
    elif _ZIPKIN.match(head):
        yield from _of_zipkin(_answered(first, pieces, name, "Zipkin", list[list[msgspec.Raw]]))
    elif (column := _column(head)) is not None:
        yield from _of_column(column, first, pieces)
    else:
        yield first
        yield from pieces


def _answered(first: bytes, pieces: Iterator[bytes], name: str, whose: str, kind: type[Kind]) -> Kind:
    """An answer, which is held whole.

    Raises:
        WrongFormatError: it is damaged or too large.
    """
    data = bytearray(first)
    for piece in pieces:
        data += piece
        if len(data) > LARGEST:
            raise WrongFormatError(
                f"{name}: an answer of {whose}'s of over {LARGEST >> 20} MB: ask for less at a time"
            )
    try:
        return msgspec.json.decode(bytes(data), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WrongFormatError(f"{name}: damaged: {str(error)[:80]}") from None


def _of_loki(answer: _Answer) -> Iterator[bytes]:
    for stream in answer.data.result:
        yield b"".join(_one_line(str(value[1])) for value in stream.values if len(value) > 1)


def _of_zipkin(traces: list[list[msgspec.Raw]]) -> Iterator[bytes]:
    """A line a span; a text has no line's end in it."""
    for trace in traces:
        yield b"".join(bytes(span).replace(b"\n", b" ") + b"\n" for span in trace)


def _one_line(text: str) -> bytes:
    return text.rstrip().replace("\n", " ").replace("\r", " ").encode("utf-8", "replace") + b"\n"


def _column(head: bytes) -> int | None:
    """Which column of CSV has most of its values access lines; None if there is none."""
    text = head.decode("utf-8", "replace")
    if not _HEADER.match(text):
        return None
    rows = list(csv.reader(text.splitlines(keepends=True)[:40]))
    names = [value.strip().lower() for value in rows[0]]
    for at, name in enumerate(names):
        if name in _COLUMNS:
            values = [row[at] for row in rows[1:] if len(row) == len(names)]
            if values and sum(bool(WHOLE_LINE.search(value)) for value in values) > _MOST * len(values):
                return at
    return None


def _of_column(column: int, first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    rows = csv.reader(_texts(first, pieces))
    made = []
    try:
        next(rows, None)
        for row in rows:
            made.append(_one_line(row[column] if len(row) > column else ",".join(row)))
            if len(made) >= 1000:  # lines that are passed on at a time
                yield b"".join(made)
                made.clear()
    except csv.Error:  # a value is too long: nothing tells where it ends
        made.append(b"a value without an end\n")
    yield b"".join(made)


def _texts(first: bytes, pieces: Iterator[bytes]) -> Iterator[str]:
    for lines in whole_lines(first, pieces):
        yield from lines.decode("utf-8", "replace").replace("\0", "\ufffd").splitlines(keepends=True)
