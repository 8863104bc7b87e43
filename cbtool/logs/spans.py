"""OpenTelemetry's spans in OTLP's JSON, a batch a line as the collector's file exporter writes it, as calls.

The calls are client spans: what a breaker stands before. Where the first batches have none, server spans are.
Source: opentelemetry-proto's trace.proto and its JSON mapping; the semantic conventions for HTTP and RPC
spans, the present ones and those before 1.21.
"""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.errors import WrongFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVER, _CLIENT = 2, 3
_KINDS = {"SPAN_KIND_SERVER": _SERVER, "SPAN_KIND_CLIENT": _CLIENT}
_ERRORS = {2, "STATUS_CODE_ERROR"}
_PROBED = 4000  # spans, among which a client's is looked for
_TOGETHER = 1000  # calls that are written at once
_STATUS, _METHOD, _PATH, _HOST, _UPSTREAM, _ERROR, _GRPC = range(7)
_INSTANCE = ("service.instance.id", "host.name", "k8s.pod.name")
_NAMES = {
    _STATUS: ("http.response.status_code", "http.status_code"),
    _METHOD: ("http.request.method", "http.method"),
    _PATH: (
        *("url.full", "http.url", "url.path", "http.target", "rpc.method"),
        *("db.operation.name", "db.operation"),
    ),
    _HOST: ("server.address", "net.peer.name", "http.host"),
    _UPSTREAM: ("peer.service", "rpc.service", "db.system.name", "db.system"),
    _ERROR: ("error.type", "exception.type"),
    _GRPC: ("rpc.grpc.status_code",),
}
_ROLES = {name: (role, rank) for role, names in _NAMES.items() for rank, name in enumerate(names)}
"""By an attribute's name, what it says, and how many names come before it for the same."""

_UNAVAILABLE, _TOO_LATE = "14", "4"  # of gRPC's codes


class _Value(msgspec.Struct, gc=False):
    """An attribute's value, one of these; lists and the like say nothing here."""

    stringValue: Any = None  # noqa: N815  # as OTLP spells it, here and below
    intValue: Any = None  # noqa: N815
    doubleValue: Any = None  # noqa: N815
    boolValue: Any = None  # noqa: N815


class _Attribute(msgspec.Struct, gc=False):
    key: str = ""
    value: _Value | None = None

    @property
    def text(self) -> str | None:
        value = self.value
        if value is None:
            return None
        if value.stringValue is not None:
            return str(value.stringValue)
        found = (each for each in (value.intValue, value.doubleValue, value.boolValue) if each is not None)
        return next(map(str, found), None)


class _Status(msgspec.Struct, gc=False):
    code: int | str | None = None
    message: str | None = None


class _Span(msgspec.Struct, gc=False):
    kind: int | str | None = None
    startTimeUnixNano: int | str = ""  # noqa: N815
    endTimeUnixNano: int | str = ""  # noqa: N815
    attributes: list[_Attribute] | None = None
    status: _Status | None = None


class _Scope(msgspec.Struct, gc=False):
    spans: list[_Span] | None = None


class _Source(msgspec.Struct, gc=False):
    attributes: list[_Attribute] | None = None


class _Resource(msgspec.Struct, gc=False):
    resource: _Source | None = None
    scopeSpans: list[_Scope] | None = None  # noqa: N815
    instrumentationLibrarySpans: list[_Scope] | None = None  # noqa: N815
    scope_spans: list[_Scope] | None = None


class _Batch(msgspec.Struct, gc=False):
    resourceSpans: list[_Resource] | None = None  # noqa: N815


class _Call(msgspec.Struct, gc=False, omit_defaults=True):
    """What a line says of a span; `damaged` is what a batch that is none begins with."""

    kind: int | str | None = None
    begun: int | str = ""
    ended: int | str = ""
    status: str = ""
    error: str | None = None
    method: str | None = None
    path: str | None = None
    host: str | None = None
    upstream: str | None = None
    instance: str | None = None
    damaged: str | None = None


def span_lines(pieces: Iterator[bytes], name: str, largest: int) -> Iterator[bytes]:
    """Yield a header and then lines of an object a call.

    Args:
        pieces: the file's bytes.
        name: for messages.
        largest: bytes of one batch.

    Raises:
        WrongFormatError: a batch is larger.
    """
    calls = _calls(pieces, name, largest)
    probed = []
    for call in calls:
        probed.append(call)
        if call.kind == _CLIENT or len(probed) == _PROBED:
            break
    wanted = _CLIENT if probed and probed[-1].kind == _CLIENT else _SERVER
    encoder = msgspec.json.Encoder()
    yield encoder.encode({"otlp": "client" if wanted == _CLIENT else "server"}) + b"\n"
    kept = (call for call in chain(probed, calls) if call.kind == wanted or call.kind is None)
    while together := list(islice(kept, _TOGETHER)):
        yield encoder.encode_lines(together)


def _calls(pieces: Iterator[bytes], name: str, largest: int) -> Iterator[_Call]:
    decode = msgspec.json.Decoder(_Batch).decode
    for batch in _batches(pieces, name, largest):
        try:
            decoded = decode(batch)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            yield _Call(damaged=batch[:60].decode("utf-8", "replace"))
            continue
        for resource in decoded.resourceSpans or ():
            instance = _instance(resource.resource)
            scopes = resource.scopeSpans or resource.instrumentationLibrarySpans or resource.scope_spans
            for scope in scopes or ():
                for span in scope.spans or ():
                    yield _call(span, instance)


def _batches(pieces: Iterator[bytes], name: str, largest: int) -> Iterator[bytes]:
    """Yield each line; a file whose first line is no whole object is one object."""
    held, whole = bytearray(), False
    for piece in pieces:
        held += piece
        if len(held) > largest:
            raise WrongFormatError(f"{name}: a batch of spans of over {largest >> 20} MB")
        if whole:
            continue
        *lines, rest = bytes(held).split(b"\n")
        if lines and not lines[0].rstrip().endswith(b"}"):
            whole = True
            continue
        yield from (line for line in lines if line.strip())
        held = bytearray(rest)
    if held.strip():
        yield bytes(held)


def _instance(source: _Source | None) -> str | None:
    own = {each.key: each.text for each in (source and source.attributes) or ()}
    return next((own[name] for name in _INSTANCE if own.get(name) is not None), None)


def _call(span: _Span, instance: str | None) -> _Call:
    said: list[str | None] = [None] * len(_NAMES)
    ranks = [len(_ROLES)] * len(_NAMES)
    for attribute in span.attributes or ():
        place = _ROLES.get(attribute.key)
        if place is None or place[1] >= ranks[place[0]]:
            continue
        text = attribute.text
        if text is not None:
            said[place[0]], ranks[place[0]] = text, place[1]
    failed = span.status is not None and span.status.code in _ERRORS
    code, grpc = said[_STATUS], said[_GRPC]
    error = said[_ERROR] or (span.status.message if span.status is not None else None)
    if code is None and grpc == _TOO_LATE:
        error = "timeout"
    elif code is None and grpc == _UNAVAILABLE:
        error = "connection_error"
    return _Call(
        kind=_KINDS.get(span.kind, span.kind) if isinstance(span.kind, str) else span.kind,
        begun=span.startTimeUnixNano,
        ended=span.endTimeUnixNano,
        # A call over another protocol that went wrong had no answer, or none that counts.
        status=code or ("0" if failed else "200"),
        error=(error or "error") if failed else None,
        method=said[_METHOD],
        path=said[_PATH],
        host=said[_HOST],
        upstream=said[_UPSTREAM],
        instance=instance,
    )
