"""Servers' own JSON access logs: Caddy's, Traefik's, Envoy's and Istio's, and nginx' under its usual names.

Caddy writes a line when a request has been handled, with `ts` then and `duration`, in seconds or as
`time_format` and `duration_format` say. Traefik's `StartUTC` is the start and `Duration` nanoseconds. Istio's
JSON (`accessLogEncoding: JSON`) has Envoy's fields by name, as text or as numbers; Envoy Gateway's a few
others. nginx has no JSON log of its own: `log_format … escape=json` writes its variables under names that
users choose, mostly the variables' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.layouts import JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.proxies import flagged_error, flagged_status

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECOND_NS = 1_000_000_000

CADDY = LogFormat(
    name="caddy",
    summary="Caddy's JSON access log",
    layout=JsonLines(
        (
            *("ts", "duration", "status", "level", "logger"),
            *("request.method", "request.host", "request.uri"),
        )
    ),
    fields={
        "ts": fields.plain_time("ts"),
        "duration": fields.logged_duration("duration"),
        "path": fields.path("request.uri"),
        "has_path": fields.is_filled("request.uri"),
        "has_time": fields.is_filled("ts"),
    },
    time=pl.col("ts"),
    duration=pl.col("duration"),
    # 0: the connection was taken over or broke off before there was an answer.
    status=columns.code(pl.col("status")),
    method=columns.http_method(pl.col("request.method")),
    path=pl.col("path"),
    host=columns.named(pl.col("request.host")),
    # Caddy's own messages, where they go to the same place, and of an error what its access log says again.
    skipped=~pl.col("logger").str.starts_with("http.log.access").fill_null(value=True)
    | (~pl.col("has_path") & pl.col("level").is_not_null()),
    recognised=pl.col("has_path") & pl.col("has_time"),
    stamp=Stamp.END,
)
TRAEFIK_JSON = LogFormat(
    name="traefik-json",
    summary="Traefik's JSON access log",
    layout=JsonLines(
        (
            *("StartUTC", "Duration", "DownstreamStatus", "OriginStatus"),
            *("RequestMethod", "RequestHost", "RequestPath", "ServiceName", "ServiceURL", "ServiceAddr"),
        )
    ),
    fields={
        "time": fields.iso_time("StartUTC"),
        "duration": fields.duration("Duration", fields.NANOSECOND),
        "path": fields.path("RequestPath"),
        "server": fields.host("ServiceURL"),
        "has_time": fields.is_filled("StartUTC"),
    },
    time=pl.col("time"),
    duration=pl.col("duration"),
    status=columns.code(pl.col("DownstreamStatus")),
    method=columns.http_method(pl.col("RequestMethod")),
    path=pl.col("path"),
    host=columns.named(pl.col("RequestHost")),
    upstream=columns.named(pl.col("ServiceName")),
    instance=columns.named(pl.coalesce("ServiceAddr", "server")),
    recognised=pl.col("has_time"),
    stamp=Stamp.START,
)
ENVOY_JSON = LogFormat(
    name="envoy-json",
    summary="Istio's and Envoy Gateway's JSON access logs, and Envoy's with the same names",
    layout=JsonLines(
        (
            *("start_time", "duration", "response_code", "response_flags", "method", "path"),
            *("authority", "upstream_cluster", "upstream_host", ":authority", "x-envoy-origin-path"),
        )
    ),
    fields={
        "time": fields.iso_time("start_time"),
        "duration": fields.duration("duration", fields.MILLISECOND),
        "target": fields.path("path"),
        "original": fields.path("x-envoy-origin-path"),
        "has_time": fields.is_filled("start_time"),
    },
    time=pl.col("time"),
    duration=pl.col("duration"),
    status=flagged_status(pl.col("response_code"), pl.col("response_flags")),
    error=flagged_error(pl.col("response_flags")),
    method=columns.http_method(pl.col("method")),
    path=pl.coalesce("target", "original"),
    host=columns.named(pl.coalesce("authority", ":authority")),
    upstream=columns.named(pl.col("upstream_cluster")),
    instance=columns.named(pl.col("upstream_host")),
    recognised=pl.col("has_time") & columns.filled(pl.col("response_code")),
    stamp=Stamp.START,
)

_FRACTION = r"\.\d"
_iso = pl.coalesce("time_iso8601", "@timestamp")
_has_fraction = _iso.str.contains(_FRACTION).fill_null(value=False)
_NGINX: Mapping[str, Any] = {
    "layout": JsonLines(
        (
            *(
                "msec",
                "time_iso8601",
                "@timestamp",
                "time_local",
                "time",
                "request_time",
                "status",
                "response",
            ),
            *("request_method", "request_uri", "uri", "request"),
            *("http_host", "host", "server_name", "proxy_host", "upstream_addr"),
        )
    ),
    "fields": {
        "msec": fields.unix_time("msec"),
        "iso": fields.iso_time("time_iso8601"),
        "stash": fields.iso_time("@timestamp"),
        "local": fields.clf_time("time_local"),
        "own": fields.plain_time("time"),
        "duration": fields.duration("request_time", fields.SECOND),
        "method": fields.first_word("request"),
        "target": fields.path("request_uri"),
        "uri": fields.path("uri"),
        "request": fields.request_path("request"),
        "has_duration": fields.is_filled("request_time"),
        "has_msec": fields.is_filled("msec"),
        "has_request": fields.is_filled("request"),
    },
    "duration": pl.col("duration"),
    "status": columns.code(pl.coalesce("status", "response")),
    "method": columns.http_method(pl.coalesce("request_method", "method")),
    "path": pl.coalesce("target", "uri", "request"),
    "host": columns.named(pl.coalesce("http_host", "host", "server_name")),
    "upstream": columns.named(pl.col("proxy_host")),
    "instance": columns.named(pl.col("upstream_addr")),
    "stamp": Stamp.END,
}
NGINX_JSON = LogFormat(
    **_NGINX,
    name="nginx-json",
    summary="nginx' variables as JSON, with msec (or a time with a fraction) and request_time",
    time=pl.coalesce("msec", "iso", "stash"),
    recognised=pl.col("has_duration") & (pl.col("has_msec") | _has_fraction),
)
NGINX_JSON_SECONDS = LogFormat(
    **_NGINX,
    name="nginx-json-seconds",
    summary="nginx' variables as JSON, with time_iso8601 or time_local, and request_time",
    time=pl.coalesce("iso", "stash", "local"),
    recognised=pl.col("has_duration") & ~pl.col("has_msec") & ~_has_fraction,
    resolution_ns=_SECOND_NS,
)
NGINX_JSON_UNTIMED = LogFormat(
    **{**_NGINX, "stamp": Stamp.START, "duration": None},
    name="nginx-json-untimed",
    summary="nginx' variables as JSON, without request_time",
    time=pl.coalesce("msec", "iso", "stash", "local", "own"),
    recognised=~pl.col("has_duration") & pl.col("has_request"),
    resolution_ns=_SECOND_NS,
)
RAILS = LogFormat(
    name="rails",
    summary="Rails' log as it is by default, several lines a request",
    layout=JsonLines(("timestamp", "duration_ms", "status", "method", "path"), header_keys=("rails",)),
    fields={
        "timestamp": fields.iso_time("timestamp"),
        "duration": fields.duration("duration_ms", fields.MILLISECOND),
        "path": fields.path("path"),
    },
    time=pl.col("timestamp"),
    duration=pl.col("duration"),
    status=columns.code(pl.col("status")),
    method=columns.http_method(pl.col("method")),
    path=pl.col("path"),
    stamp=Stamp.START,
    resolution_ns=_SECOND_NS,
    by_header=True,
    notes=("requests that started in Rails' log and did not complete there are invalid lines",),
)
