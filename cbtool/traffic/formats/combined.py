"""nginx's and Apache's access logs: common or combined, with a request time behind them or none.

nginx stamps the request's end (ngx_http_log_module runs in the log phase, with the time cached then) and
writes `$request_time` in seconds with milliseconds. Apache's `%t` is the request's start, and its `%D`, `%T`
and `%{ms}T` are whole microseconds, seconds and milliseconds (mod_log_config). Both stamp whole seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECOND_NS = 1_000_000_000

# `host - user [time] "method target version" status`; Apache puts a backslash before quotes and backslashes.
_TEXT = r'(?:[^"\\]|\\.)*'
_WORD = r'(?:[^ "\\]|\\.)*'
_HEAD = rf'^(?<head>[^"]*)"(?<method>{_WORD})(?: (?<target>{_WORD}){_TEXT})?" (?<status>[0-9]{{3}})'
# Bytes, or texts in quotes such as referer, agent and addresses, of which a client writes what is within.
_MORE = rf'(?: (?:[0-9]+|-)| [^"]*"{_TEXT}")(?:[^"]*"{_TEXT}")*? "?'
_SECONDS = r"[0-9]+\.[0-9]+(?:(?:,| :) (?:[0-9]+\.[0-9]+|-))*"
# Behind the request time, further times (connect, header, upstream) that are not looked at.
_TRAILING = r'"?(?: [-0-9., :"p]*)?'

_COMMON: Mapping[str, Any] = {
    "time": pl.col("time"),
    "status": columns.code(pl.col("status")),
    "method": columns.http_method(pl.col("method")),
    "path": pl.col("path"),
    "resolution_ns": _SECOND_NS,
}
_FIELDS = {"time": fields.clf_time_behind("head"), "path": fields.path("target")}


def _apache(name: str, summary: str, unit: int, digits: str, **more: Any) -> LogFormat:
    return LogFormat(
        **_COMMON,
        name=name,
        summary=summary,
        layout=PatternLines(rf'{_HEAD}{_MORE}(?<number>[0-9]+)"?$'),
        fields={**_FIELDS, "duration": fields.duration("number", unit)},
        duration=pl.col("duration"),
        recognised=pl.col("number").str.contains(rf"^\d{digits}$"),
        stamp=Stamp.START,
        **more,
    )


NGINX = LogFormat(
    **_COMMON,
    name="nginx",
    summary="combined, then $request_time in seconds",
    layout=PatternLines(rf"{_HEAD}{_MORE}(?:(?<seconds>{_SECONDS}){_TRAILING}|-)$"),
    fields={**_FIELDS, "duration": fields.durations("seconds")},
    duration=pl.col("duration"),
    stamp=Stamp.END,
)
NGINX_KEYED = LogFormat(
    **_COMMON,
    name="nginx-keyed",
    summary="combined, then rt=, request_time= or urt= in seconds",
    # Behind the agent, where no client can write.
    layout=PatternLines(
        rf'{_HEAD}(?: (?:[0-9]+|-))?(?: [^"]*"{_TEXT}"[^"]*"{_TEXT}")?(?<pairs>(?: .*)?)$',
        pairs={
            "request": ("rt", "request_time"),
            "upstream": ("urt", "upstream_response_time", "upstream_time"),
        },
        lists=frozenset({"upstream"}),
    ),
    fields={
        **_FIELDS,
        "whole": fields.duration("request", fields.SECOND),
        "within": fields.durations("upstream"),
        "has_whole": fields.is_named("request"),
        "has_within": fields.is_named("upstream"),
    },
    # The whole request's time; where only the upstream's is logged, that.
    duration=pl.when("has_whole").then(pl.col("whole")).when("has_within").then(pl.col("within")),
    stamp=Stamp.END,
)
APACHE_MICROSECONDS = _apache(
    "apache-us",
    "combined, then %D in microseconds",
    fields.MICROSECOND,
    "{3,}",
    notes=("the number at the end of each line was taken as microseconds (Apache's %D)",),
)
APACHE_SECONDS = _apache(
    "apache-s",
    "combined, then %T in whole seconds",
    fields.SECOND,
    "{1,2}",
    notes=("durations are whole seconds (Apache's %T), too coarse for a slow-call threshold; log %D",),
)
APACHE_MILLISECONDS = _apache(
    "apache-ms", "combined, then %{ms}T in milliseconds", fields.MILLISECOND, "+", detected=False
)
COMBINED = LogFormat(
    **_COMMON,
    name="combined",
    summary="common or combined, without a request time",
    layout=PatternLines(rf"{_HEAD}(?<rest>(?: .*)?)$"),
    fields=_FIELDS,
    recognised=pl.col("rest").str.contains(r'"$|^ (?:\d+|-)$'),
    stamp=Stamp.START,
)
