"""OpenTelemetry's spans in OTLP's JSON, a batch a line as the collector's file exporter writes it, as calls.

The calls are client spans: what a breaker stands before. Where the first batches have none, server spans are.
Source: opentelemetry-proto's trace.proto and its JSON mapping; the semantic conventions for HTTP and RPC
spans, the present ones and those before 1.21.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.errors import WrongFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVER, _CLIENT = 2, 3
_KINDS = {"SPAN_KIND_SERVER": _SERVER, "SPAN_KIND_CLIENT": _CLIENT}
_ERRORS = {2, "STATUS_CODE_ERROR"}
_PROBED = 4000  # spans, among which a client's is looked for
_STATUS = ("http.response.status_code", "http.status_code")
_METHOD = ("http.request.method", "http.method")
_PATH = ("url.full", "http.url", "url.path", "http.target", "rpc.method", "db.operation.name", "db.operation")
_HOST = ("server.address", "net.peer.name", "http.host")
_UPSTREAM = ("peer.service", "rpc.service", "db.system.name", "db.system")
_INSTANCE = ("service.instance.id", "host.name", "k8s.pod.name")
_UNAVAILABLE, _TOO_LATE = 14, 4  # of gRPC's codes


def span_lines(pieces: Iterator[bytes], name: str, largest: int) -> Iterator[dict[str, Any]]:
    """Yield a header and then one object a call.

    Args:
        pieces: the file's bytes.
        name: for messages.
        largest: bytes of one batch.

    Raises:
        WrongFormatError: a batch is larger.
    """
    spans = _spans(pieces, name, largest)
    probed = []
    for span in spans:
        probed.append(span)
        if span.get("kind") == _CLIENT or len(probed) == _PROBED:
            break
    wanted = _CLIENT if probed and probed[-1].get("kind") == _CLIENT else _SERVER
    yield {"otlp": "client" if wanted == _CLIENT else "server"}
    for span in chain(probed, spans):
        if span.get("kind") in {wanted, None}:
            yield span


def _spans(pieces: Iterator[bytes], name: str, largest: int) -> Iterator[dict[str, Any]]:
    for batch in _batches(pieces, name, largest):
        try:
            decoded = msgspec.json.decode(batch)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            yield {"damaged": batch[:60].decode("utf-8", "replace")}
            continue
        for resource in _list(decoded, "resourceSpans", "resource_spans"):
            own = _attributes(resource.get("resource"))
            for scope in _list(resource, "scopeSpans", "instrumentationLibrarySpans", "scope_spans"):
                for span in _list(scope, "spans"):
                    yield _call(span, own)


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


def _list(node: Any, *names: str) -> list[dict[str, Any]]:
    if not isinstance(node, dict):
        return []
    found: list[Any] = next((node[name] for name in names if isinstance(node.get(name), list)), [])
    return [each for each in found if isinstance(each, dict)]


def _attributes(node: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in _list(node, "attributes"):
        value = each.get("value")
        if isinstance(value, dict) and value:
            found[str(each.get("key"))] = next(iter(value.values()))
    return found


def _call(span: dict[str, Any], resource: dict[str, Any]) -> dict[str, Any]:
    own = _attributes(span)

    def first(names: tuple[str, ...], among: dict[str, Any] = own) -> str | None:
        return next((str(among[name]) for name in names if among.get(name) is not None), None)

    status = span.get("status")
    failed = isinstance(status, dict) and status.get("code") in _ERRORS
    error = first(("error.type", "exception.type")) or (
        status.get("message") if isinstance(status, dict) else None
    )
    code = first(_STATUS)
    grpc = first(("rpc.grpc.status_code",))
    if code is None and grpc == str(_TOO_LATE):
        error = "timeout"
    elif code is None and grpc == str(_UNAVAILABLE):
        error = "connection_error"
    kind = span.get("kind")
    return {
        "kind": _KINDS.get(str(kind), kind),
        "begun": str(span.get("startTimeUnixNano", "")),
        "ended": str(span.get("endTimeUnixNano", "")),
        # A call over another protocol that went wrong had no answer, or none that counts.
        "status": code or ("0" if failed else "200"),
        "error": (error if isinstance(error, str) and error else "error") if failed else None,
        "method": first(_METHOD),
        "path": first(_PATH),
        "host": first(_HOST),
        "upstream": first(_UPSTREAM),
        "instance": first(_INSTANCE, resource),
    }
