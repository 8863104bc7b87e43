"""Files that are one document or no text, or whose lines hold many calls, as lines of one call each.

HAR, JMeter's results as XML, OpenTelemetry spans, and the binary results of Gatling and vegeta. What the
lines mean is said by `cbtool.traffic.formats.documents`, of which the first line names the kind, and for the
last two by the text formats of the same programs. Memory is bounded: XML is read as it comes, spans some
lines at a time, and a HAR file, which is one object, up to `LARGEST`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.errors import WrongFormatError
from cbtool.logs import gatling, vegeta
from cbtool.logs.jmeter import sample_blocks
from cbtool.logs.spans import span_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cbtool.logs.blocks import Block

LARGEST = 512 << 20
"""Bytes of a document that must be held whole."""

_HEAD = 64 << 10
_HAR = re.compile(rb'\s*\{\s*"log"\s*:\s*\{')
_JMETER = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<testResults\b", re.DOTALL)
_SPANS = re.compile(rb'\s*\{\s*"resourceSpans"\s*:')


def as_lines(pieces: Iterator[bytes], name: str) -> Iterator[bytes | Block]:
    """Yield a stream's pieces, those of a document as lines of its calls, or as blocks of these.

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
        yield line_of(_har_call(entry))


_NETWORK = re.compile(r"(?:https?|wss?):", re.IGNORECASE)
_UNSENT = re.compile(r"net::ERR_(?:BLOCKED|CACHE_MISS|FILE_)")
_ABORTED = re.compile(r"net::ERR_ABORTED|NS_BINDING_ABORTED|Aborted$")
_PHASES = ("blocked", "dns", "connect", "send", "wait", "receive")  # ssl is a part of connect
_GAVE_UP = 499


def _har_call(entry: Any) -> dict[str, Any]:
    """Return what an entry says, one that never reached the network as `sent: false`.

    Chrome and Playwright give the reason of a failure as `_error` and `_failureText`, with a status of 0, of
    -1, or of the answer that broke off. Chrome and Safari also list what came from their caches.
    """
    request, response = _own(entry, "request"), _own(entry, "response")
    url, status = _text(_own(request, "url")), _own(response, "status")
    words = _text(_own(response, "_error")) or _text(_own(response, "_failureText")) or ""
    cached = _own(entry, "_fromCache") or "Cache" in str(_own(entry, "_fetchType") or "")
    unanswered = isinstance(status, int | float) and status <= 0
    if unanswered:
        words = words or _text(_own(response, "statusText")) or "no answer"
        status = _GAVE_UP if _ABORTED.match(words) else 0
    return {
        "time": _text(_own(entry, "startedDateTime")),
        "duration": _har_duration(entry),
        "status": status,
        "error": None if status == _GAVE_UP or _ABORTED.match(words) else words,
        "method": _text(_own(request, "method")),
        "url": url,
        "server": _text(_own(entry, "serverIPAddress")),
        "sent": not cached and not _UNSENT.match(words) and (url is None or bool(_NETWORK.match(url))),
    }


def _har_duration(entry: Any) -> float | None:
    """Milliseconds; Firefox once left the sum to its readers."""
    time = _own(entry, "time")
    if isinstance(time, int | float):
        return time
    phases = [_own(_own(entry, "timings"), name) for name in _PHASES]
    known = [phase for phase in phases if isinstance(phase, int | float) and phase >= 0]
    return sum(known) if known else None


def _own(part: Any, key: str) -> Any:
    return part.get(key) if isinstance(part, dict) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _jmeter(pieces: Iterator[bytes], _name: str) -> Iterator[bytes | Block]:
    yield from sample_blocks(pieces)


def _spans(pieces: Iterator[bytes], name: str) -> Iterator[bytes | Block]:
    yield from span_blocks(pieces, name, LARGEST)


_READERS: Mapping[re.Pattern[bytes], Callable[[Iterator[bytes], str], Iterator[bytes | Block]]] = {
    _HAR: _har,
    _JMETER: _jmeter,
    _SPANS: _spans,
    gatling.BEGINS: gatling.gatling_lines,
    vegeta.BEGINS: vegeta.vegeta_lines,
}
"""By what a document begins with, what makes lines of it."""
