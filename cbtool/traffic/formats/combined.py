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
_GAVE_UP, _LONG = 499, 3

# `host - user [time] "method target version" status`; Apache puts a backslash before quotes and backslashes.
_TEXT = r'(?:[^"\\]|\\.)*'
_WORD = r'(?:[^ "\\]|\\.)*'
_HEAD = rf'(?<head>[^"]*)"(?<method>{_WORD})(?: (?<target>{_WORD}){_TEXT})?" (?<status>[-0-9]{{1,3}})'
# A line of the server's error log, where both go to one place.
_OTHER = (
    r"(?<other>[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9:]{8} \[[a-z]+\] [0-9]"
    r"|\[[A-Z][a-z]{2} [A-Z][a-z]{2} [0-9]{2} [0-9:.]+ [0-9]{4}\] \[)"
)
# Bytes, or texts in quotes such as referer, agent and addresses, of which a client writes what is within.
_MORE = rf'(?: (?:[0-9]+|-)| [^"]*"{_TEXT}")(?:[^"]*"{_TEXT}")*? "?'
_SECONDS = r"[0-9]+\.[0-9]+(?:(?:,| :) (?:[0-9]+\.[0-9]+|-))*"
_DASHES = r'(?:-"?(?:,| :)? "?)*'  # of servers that were not asked
# Further times (connect, header, upstream, request), statuses and addresses.
_VALUE = r"[-0-9][-0-9.:]*(?:(?:,| :) [-0-9.:]+)*"
_FURTHER = rf'(?: "?{_VALUE}"?)*? "?(?<last>{_VALUE})"?'
_PIPE = r'(?: "?[.p]"?)? ?'  # $pipe: whether a connection carried several requests

_COMMON: Mapping[str, Any] = {
    "time": pl.col("time"),
    # A dash: morgan's, of a request whose client left before there was an answer.
    "status": pl.when(pl.col("status") == "-")
    .then(pl.lit(_GAVE_UP, pl.Int16))
    .when(pl.col("status").str.len_bytes() == _LONG)
    .then(columns.code(pl.col("status"))),
    "method": columns.http_method(pl.col("method")),
    "path": pl.col("path"),
    "skipped": pl.col("other"),
    "resolution_ns": _SECOND_NS,
}
_FIELDS = {
    "time": fields.time_behind("head"),
    "path": fields.path("target"),
    "other": fields.is_named("other"),
}


def _lines(behind: str, **more: Any) -> PatternLines:
    """Lines that go on like this behind the status."""
    return PatternLines(rf"^(?:{_HEAD}{behind}$|{_OTHER})", **more)


def _apache(name: str, summary: str, unit: int, digits: str, **more: Any) -> LogFormat:
    return LogFormat(
        **_COMMON,
        name=name,
        summary=summary,
        layout=_lines(rf'{_MORE}(?:[0-9]+/)?(?<number>[0-9]+)"?'),
        fields={**_FIELDS, "duration": fields.duration("number", unit)},
        duration=pl.col("duration"),
        recognised=pl.col("number").str.contains(rf"^\d{digits}$"),
        stamp=Stamp.START,
        **more,
    )


# nginx rounds each down to its clock's milliseconds, and may look at it in between.
_ROUNDED = 1_000_000
NGINX = LogFormat(
    **_COMMON,
    name="nginx",
    summary="combined, then $request_time in seconds",
    layout=_lines(rf'{_MORE}(?:{_DASHES}(?<seconds>{_SECONDS})"?(?:{_FURTHER})?{_PIPE}|-)'),
    fields={**_FIELDS, "duration": fields.durations("seconds"), "last": fields.durations("last")},
    duration=pl.col("duration"),
    # Of several times the whole request's is the longest.
    recognised=(pl.col("duration") + _ROUNDED >= pl.col("last")).fill_null(value=True),
    stamp=Stamp.END,
)
NGINX_LAST = LogFormat(
    **_COMMON,
    name="nginx-last",
    summary="combined, then an upstream's times, and $request_time in seconds at the end",
    layout=_lines(rf'{_MORE}(?<seconds>-|(?:-(?:,| :) )*{_SECONDS})"?{_FURTHER}{_PIPE}'),
    fields={**_FIELDS, "first": fields.durations("seconds"), "duration": fields.durations("last")},
    duration=pl.col("duration"),
    # Of a line that has none, a dash may be anything.
    recognised=((pl.col("duration") >= 0) & (pl.col("duration") + _ROUNDED >= pl.col("first"))).fill_null(
        value=False
    ),
    stamp=Stamp.END,
    notes=(
        (
            "of the times at each line's end the last was taken for the request's, for the first is never"
            " longer; if the first is, say --log-format nginx"
        ),
    ),
)
NGINX_KEYED = LogFormat(
    **_COMMON,
    name="nginx-keyed",
    summary="combined, then rt=, request_time= or urt= in seconds",
    # Behind the agent, where no client can write.
    layout=_lines(
        rf'(?: (?:[0-9]+|-))?(?: [^"]*"{_TEXT}"[^"]*"{_TEXT}")?(?<pairs>(?: .*)?)',
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
INGRESS_NGINX = LogFormat(
    **_COMMON,
    name="ingress-nginx",
    summary="the log of Kubernetes' ingress-nginx, as it is by default",
    layout=_lines(
        rf' [0-9]+ "{_TEXT}" "{_TEXT}" [0-9]+ (?<seconds>[0-9]+\.[0-9]+) '
        r"\[(?<upstream>[^\]]*)\] (?:\[[^\]]*\] )?(?<instance>[^ ,]+(?:(?:,| :) [^ ,]+)*) .*"
    ),
    fields={**_FIELDS, "duration": fields.duration("seconds", fields.SECOND)},
    duration=pl.col("duration"),
    upstream=columns.named(pl.col("upstream")),
    # Of several that were tried, the last one answered.
    instance=columns.named(pl.col("instance").str.extract(r"([^, ]+)$")),
    stamp=Stamp.END,
)
APACHE_MICROSECONDS = _apache(
    "apache-us",
    "combined, then %D in microseconds",
    fields.MICROSECOND,
    "{3,}",
    notes=(
        (
            "the number at the end of each line was taken as microseconds (Apache's %D);"
            " if it is milliseconds, say --log-format apache-ms"
        ),
    ),
)
APACHE_SECONDS = _apache(
    "apache-s",
    "combined, then %T in whole seconds",
    fields.SECOND,
    "{1,2}",
    notes=(
        (
            "durations were taken as whole seconds (Apache's %T), too coarse for a slow-call threshold:"
            " log %D; if they are milliseconds, say --log-format apache-ms"
        ),
    ),
)
APACHE_MILLISECONDS = _apache(
    "apache-ms", "combined, then %{ms}T in milliseconds", fields.MILLISECOND, "+", detected=False
)
COMBINED = LogFormat(
    **_COMMON,
    name="combined",
    summary="common or combined, without a request time",
    layout=_lines(r"(?<rest>(?: .*)?)"),
    fields=_FIELDS,
    recognised=pl.col("rest").str.contains(r'"$|^ (?:\d+|-)$'),
    stamp=Stamp.START,
)
