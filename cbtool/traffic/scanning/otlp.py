"""What an OpenTelemetry span says of a call.

Source: opentelemetry-proto's trace.proto and its JSON mapping; the semantic conventions for HTTP and RPC
spans, the present ones and those before 1.21.
"""

from __future__ import annotations

SERVER, CLIENT = 2, 3
KINDS = {"SPAN_KIND_SERVER": SERVER, "SPAN_KIND_CLIENT": CLIENT}
UNSAID, OTHER = 0, 1
"""Kinds beside these: none is given; any other one."""

FAILED = "STATUS_CODE_ERROR"
"""A status' code, if it is not a 2."""

STATUS, METHOD, PATH, HOST, UPSTREAM, ERROR, GRPC, INSTANCE, MESSAGE, BEGUN, ENDED, CODE, WHOLE = range(13)
"""What has a place; `CODE` is the status' code where it says failure, `WHOLE` the span itself."""

PLACES = 13
ATTRIBUTES = {
    STATUS: ("http.response.status_code", "http.status_code"),
    METHOD: ("http.request.method", "http.method"),
    PATH: (
        *("url.full", "http.url", "url.path", "http.target", "rpc.method"),
        *("db.operation.name", "db.operation"),
    ),
    HOST: ("server.address", "net.peer.name", "http.host"),
    UPSTREAM: ("peer.service", "rpc.service", "db.system.name", "db.system"),
    ERROR: ("error.type", "exception.type"),
    GRPC: ("rpc.grpc.status_code",),
    INSTANCE: ("service.instance.id", "host.name", "k8s.pod.name"),
}
"""Attributes that say something, earlier ones before others: of a resource `INSTANCE`, of a span the rest."""
