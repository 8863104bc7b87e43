"""nginx's and Apache's access logs: common or combined, with a request time behind them or none.

nginx stamps the request's end (ngx_http_log_module runs in the log phase, with the time cached then) and
writes `$request_time` in seconds with milliseconds. Apache's `%t` is the request's start, and its `%D`, `%T`
and `%{ms}T` are whole microseconds, seconds and milliseconds (mod_log_config). Both stamp whole seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.calls import UNKNOWN_DURATION
from cbtool.traffic.formats import columns
from cbtool.traffic.formats.layouts import QuotedLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECOND = 1_000_000_000
_MILLISECOND = 1_000_000
_MICROSECOND = 1_000

# What stands before the time: the agent's closing quote, or status and bytes where there is no agent.
_BEFORE = r'(?:" |^ \d{3} (?:\d+|-) )'
_UPSTREAM = r"\d+\.\d+(?:(?:,| :) (?:\d+\.\d+|-))*"
# The request time, then any number of further times (connect, header, upstream) that are not looked at.
_TRAILING = rf'{_BEFORE}"?({_UPSTREAM})"?(?: "?(?:-|[\d., :]+|[.p])"?)*$'
_KEY = r'(?:^|[ ,;|"])(?:{keys})="?'

_rest = pl.col("rest")

_COMMON: Mapping[str, Any] = {
    "layout": QuotedLines(),
    "time": columns.clf_time(pl.col("head")),
    "status": columns.three_digits(_rest),
    "method": columns.http_method(pl.col("method")),
    "path": columns.path_of(pl.col("target")),
    "resolution_ns": _SECOND,
}


def _keyed(keys: str, value: str) -> pl.Expr:
    """The value of `key=value` behind the agent, where no client can write."""
    parts = _rest.str.splitn('"', 5).struct
    behind = pl.coalesce(parts.field("field_4"), pl.when(parts.field("field_1").is_null()).then(_rest))
    return behind.str.extract(f"{_KEY.format(keys=keys)}({value})")


def _duration(none: pl.Expr) -> pl.Expr:
    """Nanoseconds from the extracted `seconds`; unknown where `none` holds."""
    nothing = pl.when(none).then(pl.lit(UNKNOWN_DURATION, pl.Int64))
    return pl.coalesce(nothing, columns.span(columns.seconds_summed(pl.col("seconds")), _SECOND))


def _apache(name: str, summary: str, unit_ns: int, digits: str, **more: Any) -> LogFormat:
    number = pl.col("number")
    return LogFormat(
        **_COMMON,
        name=name,
        summary=summary,
        extracted={"number": _rest.str.extract(rf'{_BEFORE}"?(\d+)"?$')},
        duration=columns.span(number.cast(pl.Float64, strict=False), unit_ns),
        recognised=number.str.contains(rf"^\d{digits}$"),
        stamp=Stamp.START,
        **more,
    )


NGINX = LogFormat(
    **_COMMON,
    name="nginx",
    summary="combined, then $request_time in seconds",
    extracted={"seconds": _rest.str.extract(_TRAILING)},
    duration=_duration(_rest.str.ends_with('" -')),
    stamp=Stamp.END,
)
NGINX_KEYED = LogFormat(
    **_COMMON,
    name="nginx-keyed",
    summary="combined, then rt=, request_time= or urt= in seconds",
    # The whole request's time; where only the upstream's is logged, that.
    extracted={
        "seconds": pl.coalesce(
            _keyed("rt|request_time", r"\d+(?:\.\d+)?"),
            _keyed("urt|upstream_response_time|upstream_time", r"[\d., :-]+").str.strip_chars(" ,:"),
        )
    },
    duration=_duration(pl.col("seconds") == "-"),
    stamp=Stamp.END,
)
APACHE_MICROSECONDS = _apache(
    "apache-us",
    "combined, then %D in microseconds",
    _MICROSECOND,
    "{3,}",
    notes=("the number at the end of each line was taken as microseconds (Apache's %D)",),
)
APACHE_SECONDS = _apache(
    "apache-s",
    "combined, then %T in whole seconds",
    _SECOND,
    "{1,2}",
    notes=("durations are whole seconds (Apache's %T), too coarse for a slow-call threshold; log %D",),
)
APACHE_MILLISECONDS = _apache(
    "apache-ms", "combined, then %{ms}T in milliseconds", _MILLISECOND, "+", detected=False
)
COMBINED = LogFormat(
    **_COMMON,
    name="combined",
    summary="common or combined, without a request time",
    recognised=_rest.str.contains(r'"$|^ \d{3} (?:\d+|-)$'),
    stamp=Stamp.START,
)
