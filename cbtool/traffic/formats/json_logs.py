"""Servers' own JSON access logs: Caddy's, Traefik's, Envoy's and Istio's, and nginx' under its usual names.

Caddy writes a line when a request has been handled, with `ts` then (Unix seconds, or ISO 8601 where so
configured) and `duration` in seconds. Traefik's `StartUTC` is the start and `Duration` nanoseconds. Istio's
JSON (`accessLogEncoding: JSON`) has Envoy's fields by name, as text or as numbers. nginx has no JSON log of
its own: `log_format … escape=json` writes its variables under names that users choose, mostly the
variables' own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.formats import columns
from cbtool.traffic.formats.layouts import JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.proxies import flagged_error, flagged_status

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECOND, _MILLISECOND = 1_000_000_000, 1_000_000

CADDY = LogFormat(
    name="caddy",
    summary="Caddy's JSON access log",
    layout=JsonLines(("ts", "duration", "status", "logger", "request.method", "request.host", "request.uri")),
    time=columns.plain_time(pl.col("ts")),
    duration=columns.duration(pl.col("duration"), _SECOND),
    # 0: the connection was taken over or broke off before there was an answer.
    status=columns.code(pl.col("status")),
    method=columns.http_method(pl.col("request.method")),
    path=columns.path_of(pl.col("request.uri")),
    host=columns.named(pl.col("request.host")),
    # Caddy's own messages, where they go to the same place.
    skipped=~pl.col("logger").str.starts_with("http.log.access").fill_null(value=True)
    & pl.col("request.uri").is_null(),
    recognised=columns.filled(pl.col("request.uri")) & columns.filled(pl.col("ts")),
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
    time=columns.iso_time(pl.col("StartUTC")),
    duration=columns.duration(pl.col("Duration"), 1),
    status=columns.code(pl.col("DownstreamStatus")),
    method=columns.http_method(pl.col("RequestMethod")),
    path=columns.path_of(pl.col("RequestPath")),
    host=columns.named(pl.col("RequestHost")),
    upstream=columns.named(pl.col("ServiceName")),
    instance=columns.named(pl.coalesce("ServiceAddr", columns.host_of(pl.col("ServiceURL")))),
    recognised=columns.filled(pl.col("StartUTC")),
    stamp=Stamp.START,
)
ENVOY_JSON = LogFormat(
    name="envoy-json",
    summary="Istio's JSON access log, and Envoy's with the same names",
    layout=JsonLines(
        (
            *("start_time", "duration", "response_code", "response_flags", "method", "path"),
            *("authority", "upstream_cluster", "upstream_host"),
        )
    ),
    time=columns.iso_time(pl.col("start_time")),
    duration=columns.duration(pl.col("duration"), _MILLISECOND),
    status=flagged_status(pl.col("response_code"), pl.col("response_flags")),
    error=flagged_error(pl.col("response_flags")),
    method=columns.http_method(pl.col("method")),
    path=columns.path_of(pl.col("path")),
    host=columns.named(pl.col("authority")),
    upstream=columns.named(pl.col("upstream_cluster")),
    instance=columns.named(pl.col("upstream_host")),
    recognised=columns.filled(pl.col("start_time")) & columns.filled(pl.col("response_code")),
    stamp=Stamp.START,
)

_words = pl.col("request").str.splitn(" ", 3).struct
_iso = pl.coalesce("time_iso8601", "@timestamp")
_WHOLE = r"\.\d"
_NGINX: Mapping[str, Any] = {
    "layout": JsonLines(
        (
            *("msec", "time_iso8601", "@timestamp", "time_local", "request_time", "status"),
            *("request_method", "request_uri", "uri", "request"),
            *("http_host", "host", "server_name", "proxy_host", "upstream_addr"),
        )
    ),
    "duration": columns.duration(pl.col("request_time"), _SECOND),
    "status": columns.code(pl.col("status")),
    "method": columns.http_method(pl.coalesce("request_method", _words.field("field_0"))),
    "path": columns.path_of(pl.coalesce("request_uri", "uri", _words.field("field_1"))),
    "host": columns.named(pl.coalesce("http_host", "host", "server_name")),
    "upstream": columns.named(pl.col("proxy_host")),
    "instance": columns.named(pl.col("upstream_addr")),
    "stamp": Stamp.END,
}
NGINX_JSON = LogFormat(
    **_NGINX,
    name="nginx-json",
    summary="nginx' variables as JSON, with msec (or a time with a fraction) and request_time",
    time=pl.coalesce(columns.unix_seconds(pl.col("msec")), columns.iso_time(_iso)),
    recognised=columns.filled(pl.col("request_time"))
    & (columns.filled(pl.col("msec")) | _iso.str.contains(_WHOLE).fill_null(value=False)),
)
NGINX_JSON_SECONDS = LogFormat(
    **_NGINX,
    name="nginx-json-seconds",
    summary="nginx' variables as JSON, with time_iso8601 or time_local, and request_time",
    time=pl.coalesce(columns.iso_time(_iso), columns.clf_time(pl.col("time_local") + "] ")),
    recognised=columns.filled(pl.col("request_time"))
    & ~columns.filled(pl.col("msec"))
    & ~_iso.str.contains(_WHOLE).fill_null(value=False),
    resolution_ns=_SECOND,
)
