"""Files that are one document or no text, or whose lines hold many calls, as lines of one call each.

HAR, JMeter's results as XML, OpenTelemetry spans, and the binary results of Gatling and vegeta. What the
lines mean is said by `cbtool.traffic.formats.documents`, of which the first line names the kind, and for the
last two by the text formats of the same programs. Memory is bounded: XML is read as it comes, spans line by
line, and a HAR file, which is one object, up to `LARGEST`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.errors import WrongFormatError
from cbtool.logs import gatling, vegeta
from cbtool.logs.jmeter import samples
from cbtool.logs.spans import span_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LARGEST = 512 << 20
"""Bytes of a document that must be held whole."""

_HEAD = 64 << 10
_HAR = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_JMETER = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<testResults\b", re.DOTALL)
_SPANS = re.compile(rb'\s*\{\s*"resourceSpans"\s*:')


def as_lines(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield a stream's pieces, those of a document as lines of its calls.

    Raises:
        WrongFormatError: a document is damaged where nothing of it can be read, or too large.
    """
    first = next(pieces, b"")
    head = first[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    reader = next((reader for begins, reader in _READERS.items() if begins.match(head)), None)
    if reader is None:
        yield first
        yield from pieces
        return
    yield from reader(_again(first, pieces), name)


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first.removeprefix(b"\xef\xbb\xbf")
    yield from rest


def line_of(call: Mapping[str, Any]) -> bytes:
    """Return one call as a line."""
    return msgspec.json.encode(call) + b"\n"


def _whole(pieces: Iterator[bytes], name: str) -> Any:
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > LARGEST:
            raise WrongFormatError(f"{name}: a document of over {LARGEST >> 20} MB, which must be held whole")
    try:
        return msgspec.json.decode(bytes(data))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WrongFormatError(f"{name}: damaged: {error}") from None


def _har(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    document = _whole(pieces, name)
    log = document.get("log")
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise WrongFormatError(f"{name}: a HAR file without log.entries")
    yield line_of({"har": 1})
    for entry in entries:
        request, response = _own(entry, "request"), _own(entry, "response")
        yield line_of(
            {
                "time": _text(_own(entry, "startedDateTime")),
                "duration": _own(entry, "time"),
                "status": _own(response, "status"),
                "error": _text(_own(response, "_error")) or _text(_own(response, "statusText")),
                "method": _text(_own(request, "method")),
                "url": _text(_own(request, "url")),
                "server": _text(_own(entry, "serverIPAddress")),
            }
        )


def _own(part: Any, key: str) -> Any:
    return part.get(key) if isinstance(part, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _jmeter(pieces: Iterator[bytes], _name: str) -> Iterator[bytes]:
    yield line_of({"jmeter-xml": 1})
    for sample in samples(pieces):
        yield line_of(sample)


def _spans(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    yield from span_lines(pieces, name, LARGEST)


_READERS: Mapping[re.Pattern[bytes], Callable[[Iterator[bytes], str], Iterator[bytes]]] = {
    _HAR: _har,
    _JMETER: _jmeter,
    _SPANS: _spans,
    gatling.BEGINS: gatling.gatling_lines,
    vegeta.BEGINS: vegeta.vegeta_lines,
}
"""By what a document begins with, what makes lines of it."""
