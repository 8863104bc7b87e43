"""Jaeger's traces, a line each, or its spans, a line each, as lines of spans in Zipkin's manner.

Its interface and its API give `{"data": [trace, …]}`, of which `lists.py` has made a line a trace, and a
trace has its spans' processes aside. Its spans in Elasticsearch have theirs within them. Times are
microseconds. Source: Jaeger's model for its interface (model/json).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.traffic.formats.traces import TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 64 << 20
"""Bytes of a trace; one that has more is damaged, and the rest of it is not held."""

_HEADER = b'{"jaeger":1}\n'
_PIECE = 1 << 16
_KIND = "span.kind"
_PEER, _ADDRESSES = "peer.service", ("peer.ipv4", "net.peer.ip")
_WANTED = TAGS | {_KIND, _PEER, *_ADDRESSES}
_SHOWN = 200  # bytes of a trace that is damaged


class _Tag(msgspec.Struct, gc=False):
    key: str
    value: Any = None


class _Process(msgspec.Struct, gc=False):
    serviceName: str = ""  # noqa: N815  # as Jaeger spells it, here and below


class _Span(msgspec.Struct, gc=False):
    traceID: str  # noqa: N815
    startTime: int | None = None  # noqa: N815
    duration: int | None = None
    operationName: str = ""  # noqa: N815
    tags: list[_Tag] | None = None
    tag: dict[str, Any] | None = None  # as Elasticsearch may have them: --es.tags-as-fields
    processID: str = ""  # noqa: N815
    process: _Process | None = None


class _Line(_Span, gc=False):
    """A trace, or a span."""

    spans: list[_Span] | None = None
    processes: dict[str, _Process] | None = None


class _Endpoint(msgspec.Struct, gc=False):
    serviceName: Any = None  # noqa: N815
    ipv4: Any = None


class _Made(msgspec.Struct, gc=False):
    """A span as Zipkin has it."""

    traceId: str  # noqa: N815
    kind: Any
    timestamp: int | None
    duration: int | None
    name: str
    localEndpoint: _Endpoint  # noqa: N815
    remoteEndpoint: _Endpoint  # noqa: N815
    tags: dict[str, Any]


_decode = msgspec.json.Decoder(_Line).decode
_encode = msgspec.json.encode


def jaeger_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a header, and then a line a span; for a trace that is damaged, one that is none."""
    yield _HEADER
    made = bytearray()
    for line in bounded_lines(pieces):
        if not line.strip():
            continue
        for span in _spans_of(line):
            made += span
            if len(made) > _PIECE:
                yield bytes(made)
                made.clear()
    yield bytes(made)


def bounded_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield lines, of one that is too long only its beginning."""
    held, size = list[bytes](), 0
    for piece in pieces:
        first, newline, rest = piece.partition(b"\n")
        if size <= LONGEST:
            held.append(first)
        size += len(first)
        if newline:
            yield b"".join(held)
            *whole, last = rest.split(b"\n")
            yield from whole
            held, size = [last], len(last)
    yield b"".join(held)


def _spans_of(line: bytes) -> Iterator[bytes]:
    try:
        found = _decode(as_utf8(line))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        yield _encode({"damaged": line[:_SHOWN].decode("utf-8", "replace")}) + b"\n"
        return
    if found.spans is None:
        yield _made(found, found.process)
        return
    processes = found.processes or {}
    for span in found.spans:
        yield _made(span, span.process or processes.get(span.processID))


def as_utf8(line: bytes) -> bytes:
    """The line, with U+FFFD for what is not UTF-8."""
    return line if line.isascii() else line.decode("utf-8", "replace").encode()


def _made(span: _Span, process: _Process | None) -> bytes:
    tags = _tags(span)
    made = _Made(
        traceId=span.traceID,
        kind=tags.pop(_KIND, None),
        timestamp=span.startTime,
        duration=span.duration,
        name=span.operationName,
        localEndpoint=_Endpoint(process.serviceName if process else ""),
        remoteEndpoint=_Endpoint(tags.get(_PEER), tags.get(_ADDRESSES[0]) or tags.get(_ADDRESSES[1])),
        tags=tags,
    )
    return _encode(made) + b"\n"


def _tags(span: _Span) -> dict[str, Any]:
    """Return the tags that say something of a call: most of a span's bytes are in others."""
    tags = {each.key: each.value for each in span.tags or () if each.key in _WANTED}
    if span.tag:
        tags |= {name: value for key, value in span.tag.items() if (name := key.replace("@", ".")) in _WANTED}
    if isinstance(tags.get("error"), bool):
        tags["error"] = str(tags["error"]).lower()
    return tags
