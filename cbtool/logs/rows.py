"""Rows of CSV as lines of one row each: values that span lines are joined, and headers added that lack.

JMeter, k6 and spreadsheets quote a value with a line's end in it; here it becomes a space, and as many empty
lines follow the row, so that numbers of lines stay right. JMeter writes no header where
`jmeter.save.saveservice.print_field_names` is off (as it was by default until 2.12), vegeta never does.
Sources: JMeter's CSVSaveService and jmeter.properties; vegeta's NewCSVEncoder; RFC 4180.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAME = rb'"?(?:[A-Za-z_#][\w .%/()#-]*|\d[\d.]*%)"?'
_HEADER = re.compile(_NAME + rb"(?:[,;\t|]" + _NAME + rb"){2,}\r?\n")
_FLAG = rb"(?:true|false)"
_JMETER = re.compile(
    rb"\d{13}([,;\t|])\d{1,9}\1"  # timeStamp, elapsed
    rb'(?:"(?:[^"]|"")*"|[^,;\t|"\n]*)\1(?:"(?:[^"]|"")*"|[^,;\t|"\n]*)\1'  # label, responseCode
    rb'(?:"(?:[^"]|"")*"|[^,;\t|"\n]*)\1(?:"(?:[^"]|"")*"|[^,;\t|"\n]*)\1'  # responseMessage, threadName
    rb"(?:text|bin|)\1" + _FLAG + rb"\1"  # dataType, success
)
_JMETER_NAMES = (
    b"timeStamp elapsed label responseCode responseMessage threadName dataType success failureMessage bytes"
    b" sentBytes grpThreads allThreads URL Latency IdleTime Connect"
).split()
_LACKING = {  # by how many columns there are, those that the version did not write yet, or not by default
    17: (),
    16: (b"URL",),
    15: (b"URL", b"sentBytes"),
    14: (b"URL", b"sentBytes", b"IdleTime"),
    13: (b"URL", b"sentBytes", b"IdleTime", b"Connect"),
    12: (b"URL", b"sentBytes", b"IdleTime", b"Connect", b"failureMessage"),
    10: (b"URL", b"sentBytes", b"IdleTime", b"Connect", b"failureMessage", b"grpThreads", b"allThreads"),
}
_QUOTED = re.compile(rb'"(?:[^"]|"")*"')
_LONGEST = 64 << 10  # bytes; a value that has not ended by then was none
_ABOVE = 10  # lines among which the first of the rows is looked for
_QUOTE, _END = b'"\n'


def whole_rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a stream's pieces; those of CSV with a row a line, below a header."""
    first = next(pieces, b"")
    header = _header(first)
    if header is None:
        yield first
        yield from pieces
        return
    if header:
        yield header
    yield from _joined(first, pieces)


def _header(first: bytes) -> bytes | None:
    """Return the header that a file of rows lacks, empty if it has one; None for other kinds of files."""
    at = 0
    for line in first.split(b"\n", _ABOVE)[:_ABOVE]:
        if _HEADER.match(first, at):
            return b""
        found = _JMETER.match(first, at)
        if found:
            break
        at += len(line) + 1
    else:
        return None
    delimiter = found[1]
    row = _QUOTED.sub(b"", first[at : at + _LONGEST]).partition(b"\n")[0]
    count = row.count(delimiter) + 1
    names = [name for name in _JMETER_NAMES if name not in _LACKING.get(count, ())]
    return delimiter.join(names[:count]) + b"\n"


def _joined(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield whole rows."""
    held = first
    while held:
        piece = next(pieces, b"")
        rows, held = _rows(held, last=not piece)
        if rows:
            yield rows
        held += piece


def _rows(data: bytes, *, last: bool) -> tuple[bytes, bytes]:
    """Return the whole rows at the beginning of some data, each on one line, and what is behind them."""
    end = len(data) if last else data.rfind(b"\n") + 1
    if not end and len(data) > _LONGEST:
        end = len(data)
    if data.find(b'"', 0, end) < 0:
        return data[:end], data[end:]
    text = np.frombuffer(data, np.uint8, end)
    ends = np.flatnonzero(text == _END)
    quotes = np.searchsorted(ends, np.flatnonzero(text == _QUOTE))  # the line of each
    odd = np.flatnonzero(np.bincount(quotes, minlength=1) % 2).tolist()
    return _mended(data, end, ends.tolist(), odd, last=last) if odd else (data[:end], data[end:])


def _mended(data: bytes, end: int, ends: list[int], odd: list[int], *, last: bool) -> tuple[bytes, bytes]:
    """Join the lines of each row.

    Args:
        data: from the beginning of a row.
        end: how much of it is whole lines.
        ends: where each line ends.
        odd: the lines with an odd number of quotes: where a value begins or ends that spans lines.
        last: whether nothing follows.
    """
    parts, done = list[bytes](), 0
    opened: int | None = None
    for line in odd:
        begin = ends[opened - 1] + 1 if opened else 0
        if opened is None:
            opened = line
        elif line == len(ends) or ends[line] - begin > _LONGEST:
            opened = line  # the quote before it was no beginning
        else:
            row = data[begin : ends[line]].replace(b"\r\n", b"\n").replace(b"\n", b" ")
            parts += (data[done:begin], row, b"\n" * (line - opened + 1))
            done, opened = ends[line] + 1, None
    if opened is not None and not last:
        begin = ends[opened - 1] + 1 if opened else 0
        if len(data) - begin <= _LONGEST:
            end = begin
    return b"".join((*parts, data[done:end])), data[end:]
