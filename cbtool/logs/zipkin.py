"""Zipkin's spans as it wrote them before version 2, a line each, as lines of version 2's.

What a span was, annotations tell: `cs` and `cr` (a client sent, and received), `sr` and `ss` (a server); tags
are binary annotations, of which `sa` has the server's address. Source: Zipkin's API, version 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.logs.jaeger import as_utf8, bounded_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 1 << 16
_SHOWN = 200  # bytes of a line that is damaged
_KINDS = (("CLIENT", "cs", "cr"), ("SERVER", "sr", "ss"))
_ADDRESSES = ("sa", "ca")


class _Endpoint(msgspec.Struct, gc=False):
    serviceName: str | None = None  # noqa: N815  # as Zipkin spells it, here and below
    ipv4: str | None = None


class _Event(msgspec.Struct, gc=False):
    value: str
    timestamp: int | None = None
    endpoint: _Endpoint | None = None


class _Tag(msgspec.Struct, gc=False):
    key: str
    value: Any = None
    endpoint: _Endpoint | None = None


class _Span(msgspec.Struct, gc=False):
    traceId: str  # noqa: N815
    name: str = ""
    timestamp: int | None = None
    duration: int | None = None
    annotations: list[_Event] | None = None
    binaryAnnotations: list[_Tag] | None = None  # noqa: N815


_decode = msgspec.json.Decoder(_Span).decode
_encode = msgspec.json.encode


def zipkin_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a line a span; for one that is damaged, one that is none."""
    made = bytearray()
    for line in bounded_lines(pieces):
        if line.strip():
            made += _made(line)
        made += b"\n"
        if len(made) > _PIECE:
            yield bytes(made)
            made.clear()
    yield bytes(made)


def _made(line: bytes) -> bytes:
    try:
        span = _decode(as_utf8(line))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return _encode({"damaged": line[:_SHOWN].decode("utf-8", "replace")})
    events = {each.value: each for each in reversed(span.annotations or ())}
    tags = {each.key: each for each in span.binaryAnnotations or ()}
    kind, sent, received = next((each for each in _KINDS if each[1] in events), (None, "", ""))
    begun = events[sent].timestamp if kind else None
    ended = events[received].timestamp if received in events else None
    took = ended - begun if begun is not None and ended is not None else None
    asked = tags.get("sa") or events.get("sr")
    return _encode(
        {
            "traceId": span.traceId,
            "kind": kind,
            "timestamp": begun if span.timestamp is None else span.timestamp,
            "duration": took if span.duration is None else span.duration,
            "name": span.name,
            "localEndpoint": events[sent].endpoint if kind else None,
            "remoteEndpoint": asked.endpoint if kind == "CLIENT" and asked else None,
            "tags": {key: _said(each.value) for key, each in tags.items() if key not in _ADDRESSES},
        }
    )


def _said(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
