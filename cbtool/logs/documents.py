"""Files that are one document or no text, or whose lines hold many calls, as lines of one call each.

HAR, JMeter's results as XML, OpenTelemetry's and Jaeger's spans, and the binary results of Gatling and
vegeta. What the lines mean is said by `cbtool.traffic.formats.documents`, of which the first line names the
kind, and for the last three by the text formats of the same programs. Memory is bounded: XML and HAR are read
as they come, and spans some lines at a time, of which one may have up to `LARGEST` bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cbtool.logs import gatling, jaeger, vegeta, zipkin
from cbtool.logs.archives import entry_blocks, loose_entry_blocks
from cbtool.logs.cutting import Cutting
from cbtool.logs.jmeter import sample_blocks
from cbtool.logs.spans import span_blocks
from cbtool.traffic.scanning.elements import BETWEEN, BROKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cbtool.logs.blocks import Block
    from cbtool.logs.cutting import Whole

    Note = Callable[[str], None]
    Reader = Callable[[Iterator[bytes], str, Note], Iterator[bytes | Block]]

LARGEST = 512 << 20
"""Bytes of what must be held whole."""

_HEAD = 64 << 10
_PLAIN = rb'"[^"\n]*"\s*:\s*(?:"[^"\n]*"|[\d.]+|null|true|false)\s*,\s*'
_HAR = re.compile(
    rb'\s*\{\s*(?:"log"\s*:\s*\{|(?:'
    + _PLAIN
    + rb')+"log"\s*:\s*\{\s*"(?:version|creator|browser|pages|entries|comment)"\s*:)'
)
_HAR_ENTRIES = re.compile(
    rb'\s*\{(?=.{0,16384}?"startedDateTime"\s*:\s*")(?=.{0,16384}?"request"\s*:\s*\{\s*")', re.DOTALL
)
_JMETER = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<testResults\b", re.DOTALL)
_SPANS = re.compile(rb'\s*\{\s*"resourceSpans"\s*:')
_TEMPO = re.compile(
    rb'(\s*\{\s*)"batches"(\s*:\s*\[\s*\{\s*"(?:resource|scopeSpans|instrumentationLibrarySpans)")'
)
_WITHIN = re.compile(
    rb'\s*\{\s*"(trace|result)"\s*:\s*\{\s*"(resourceSpans|batches)"\s*:\s*\[\s*\{\s*"'
    rb"(?:resource|scopeSpans|instrumentationLibrarySpans|schemaUrl)\""
)
_ZIPKIN_1 = re.compile(
    rb'\s*\{\s*"(?:traceId|id|name|parentId)"\s*:[^\n]{1,8192}?'
    rb'"(?:binaryAnnotations"\s*:\s*\[|value"\s*:\s*"(?:cs|sr)")'
)
_JAEGER = re.compile(rb'\s*\{\s*(?:"spans"\s*:\s*\[\s*\{\s*)?"traceID"\s*:\s*"')


def as_lines(pieces: Iterator[bytes], name: str, note: Note = lambda _: None) -> Iterator[bytes | Block]:
    """Yield a stream's pieces, those of a document as lines of its calls, or as blocks of these.

    Args:
        pieces: the stream's.
        name: for messages.
        note: is told what the user should know of it.

    Raises:
        WrongFormatError: a document is damaged where nothing of it can be read, or too large.
    """
    first = next(pieces, b"")
    reader = _reader(first)
    if reader is None:
        yield first
        yield from pieces
        return
    yield from reader(_again(first, pieces), name, note)


def is_document(first: bytes) -> bool:
    """Return whether what begins so is such a file."""
    return _reader(first) is not None


def _reader(first: bytes) -> Reader | None:
    head = first[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    return next((reader for begins, reader in _READERS.items() if begins.match(head)), None)


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first.removeprefix(b"\xef\xbb\xbf")
    yield from rest


def _jmeter(pieces: Iterator[bytes], name: str, _note: Note) -> Iterator[bytes | Block]:
    yield from sample_blocks(pieces, name)


def _tempo(pieces: Iterator[bytes], name: str, note: Note) -> Iterator[bytes | Block]:
    """Grafana Tempo's answers, which name the batches otherwise."""
    first = next(pieces, b"")
    yield from _spans(_again(_TEMPO.sub(rb'\1"resourceSpans"\2', first, count=1), pieces), name, note)


def _within(pieces: Iterator[bytes], name: str, note: Note) -> Iterator[bytes | Block]:
    """Answers of Tempo's second API and Jaeger's third, which have the batches in an object of theirs."""
    first = next(pieces, b"")
    begins = _WITHIN.match(first[:_HEAD])
    assert begins is not None  # noqa: S101  # it was chosen by that
    path = (begins[1].decode(), begins[2].decode())
    yield from _spans(_batches(_again(first, pieces), Cutting(path), name, note), name, note)


def _batches(pieces: Iterator[bytes], cutting: Cutting, name: str, note: Note) -> Iterator[bytes]:
    """Yield each element of such a list as a batch of its own, a line each."""
    for piece in pieces:
        yield from map(_as_batches, cutting.taken(piece))
        if cutting.elements.mode >= BROKEN:
            break
    if cutting.elements.mode != BETWEEN:
        note(f"{name}: the answer ends early or is damaged; it was read up to there")
    yield from map(_as_batches, cutting.rest())


def _as_batches(whole: Whole) -> bytes:
    data = b"".join(whole.parts)
    return b"".join(
        b'{"resourceSpans":[%b]}\n' % data[start:end].replace(b"\n", b" ")
        for start, end in zip(whole.start.tolist(), whole.end.tolist(), strict=True)
    )


def _spans(pieces: Iterator[bytes], name: str, _note: Note) -> Iterator[bytes | Block]:
    yield from span_blocks(pieces, name, LARGEST)


_READERS: Mapping[re.Pattern[bytes], Reader] = {
    _HAR: entry_blocks,
    _HAR_ENTRIES: lambda pieces, _name, _note: loose_entry_blocks(pieces),
    _JMETER: _jmeter,
    _SPANS: _spans,
    _TEMPO: _tempo,
    _WITHIN: _within,
    _ZIPKIN_1: lambda pieces, _name, _note: zipkin.zipkin_lines(pieces),
    _JAEGER: lambda pieces, _name, _note: jaeger.jaeger_lines(pieces),
    gatling.BEGINS: lambda pieces, name, _: gatling.gatling_lines(pieces, name),
    vegeta.BEGINS: lambda pieces, name, _: vegeta.vegeta_lines(pieces, name),
}
"""By what a document begins with, what makes lines of it."""
