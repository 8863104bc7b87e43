"""Spans of Zipkin and Jaeger, an object a line: Jaeger's as `cbtool.logs.jaeger` has made them.

The calls are client spans: what a breaker stands before. Where the first lines have none, server spans are.
Sources: Zipkin's API (v2), OpenTelemetry's semantic conventions for HTTP and RPC and those before them,
OpenTracing's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.layouts import JsonLines, everywhere
from cbtool.traffic.formats.log_format import LogFormat, Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbtool.traffic.formats.log_format import Parts
    from cbtool.traffic.scanning.lines import Lines, Spans

_CLIENT, _SERVER = "client", "server"
_STATUS = ("tags.http..response..status_code", "tags.http..status_code")
_METHOD = ("tags.http..request..method", "tags.http..method")
_URL = ("tags.url..full", "tags.http..url")
_PATH = ("tags.url..path", "tags.http..path", "tags.http..target")
_GRPC = ("tags.rpc..grpc..status_code", "tags.grpc..status_code")
_CODE = "tags.otel..status_code"
_KEYS = (
    *("traceId", "kind", "timestamp", "duration", "name", "tags.error", _CODE),
    *(*_STATUS, *_METHOD, *_URL, *_PATH, *_GRPC),
    *("localEndpoint.serviceName", "remoteEndpoint.serviceName", "remoteEndpoint.ipv4"),
)
TAGS = frozenset(key.removeprefix("tags.").replace("..", ".") for key in _KEYS if key.startswith("tags."))
"""The tags of a span that say something of its call."""


@dataclass(frozen=True, slots=True)
class SpanLines:
    """Lines of spans; beside their keys there is the part `wanted`: the kind of those that are calls.

    Attributes:
        objects: the lines.
    """

    objects: JsonLines

    @property
    def header(self) -> bool:
        """Whether the first line describes the others."""
        return self.objects.header

    def opened_by(self, sample: Sequence[str]) -> Parts | None:
        """Return the reader; None if these are other lines."""
        taken = self.objects.opened_by(sample)
        if taken is None:
            return None
        with_client = any(f'"{_CLIENT}"' in line or f'"{_CLIENT.upper()}"' in line for line in sample)
        wanted = (_CLIENT if with_client else _SERVER).encode()

        def parts(lines: Lines) -> Mapping[str, Spans]:
            return {**taken(lines), "wanted": everywhere(wanted, len(lines))}

        return parts


def _first(keys: Sequence[str]) -> pl.Expr:
    return pl.coalesce(*(columns.named(pl.col(key)) for key in keys))


_kind = pl.col("kind").str.to_lowercase()
_error = pl.col("tags.error")
_failed = (columns.filled(_error) & (_error.str.to_lowercase() != "false")) | (
    pl.col(_CODE).str.to_uppercase() == "ERROR"
).fill_null(value=False)
_status = _first(_STATUS)
_said = columns.code(
    # A call over another protocol that went wrong had no answer, or none that counts.
    pl.when(_status.is_not_null())
    .then(_status)
    .otherwise(pl.when(_failed).then(pl.lit("0")).otherwise(pl.lit("200")))
)
_grpc = _first(_GRPC)
_words = (
    pl.when(~_failed)
    .then(None)
    .when(_grpc.is_in(["4", "DEADLINE_EXCEEDED"]))
    .then(pl.lit("timeout"))
    .when(_grpc.is_in(["14", "UNAVAILABLE"]))
    .then(pl.lit(ErrorKind.CONNECTION_ERROR.label))
    .otherwise(pl.coalesce(columns.named(_error), pl.lit("error")))
)
ZIPKIN = LogFormat(
    name="zipkin",
    summary="Zipkin's spans (v1, v2) as JSON, a list or a span a line",
    layout=SpanLines(JsonLines(_KEYS)),
    fields={
        "begun": fields.unix_time("timestamp", fields.MICROSECOND),
        "took": fields.duration("duration", fields.MICROSECOND),
        "has_trace": fields.is_filled("traceId"),
        **{f"url{at}": fields.path(key) for at, key in enumerate((*_PATH, *_URL))},
        **{f"host{at}": fields.host(key) for at, key in enumerate(_URL)},
        "called": fields.text("name"),
    },
    time=pl.when(pl.col("begun") > 0).then(pl.col("begun")),
    duration=pl.col("took"),
    status=_said,
    error=columns.error_kind(_words, _said),
    method=columns.http_method(_first(_METHOD).str.to_uppercase()),
    path=pl.coalesce(
        *(f"url{at}" for at in range(len((*_PATH, *_URL)))),
        pl.lit("/") + pl.col("called").str.strip_chars("/"),
    ),
    host=pl.coalesce(*(f"host{at}" for at in range(len(_URL)))),
    upstream=columns.named(
        pl.when(_kind == _SERVER)
        .then(pl.col("localEndpoint.serviceName"))
        .otherwise(pl.col("remoteEndpoint.serviceName"))
    ),
    instance=columns.named(pl.col("remoteEndpoint.ipv4")),
    skipped=pl.col("has_trace") & (_kind != pl.col("wanted")).fill_null(value=True),
    recognised=pl.col("has_trace"),
    stamp=Stamp.START,
    notes=(
        (
            "the calls are client spans, or server spans where the file begins without any client's; a"
            " failed span without a status counts as unanswered"
        ),
    ),
)
JAEGER = replace(
    ZIPKIN,
    name="jaeger",
    summary="Jaeger's traces as its interface and its API give them, or its spans from Elasticsearch",
    layout=SpanLines(JsonLines(_KEYS, header_keys=("jaeger",))),
    recognised=None,
    by_header=True,
)
