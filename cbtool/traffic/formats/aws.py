"""Access logs of AWS' load balancers, and of S3.

The application load balancer stamps the moment at which it answered, the classic one that at which the
request came; both split the duration in three, each -1 where the request did not get so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.calls import UNKNOWN_DURATION
from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.layouts import DelimitedRows, JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Mapping

_TIMES = ("before", "within", "after")
_UNKNOWN = pl.lit(UNKNOWN_DURATION, pl.Int64)

_TEXT = r'(?:[^"\\]|\\.)*'
# What was no request of HTTP is written as `- http://name:80- `.
_REST = (
    r" [^ ]+ (?<instance>[^ ]+) (?<before>[-0-9.]+) (?<within>[-0-9.]+) (?<after>[-0-9.]+) "
    r"(?<status>[0-9]{3}|-) (?<target_status>[0-9]+|-) [-0-9]+ [-0-9]+ "
    rf'"(?:- |(?<method>[^ "\\-][^ "\\]*) (?<target>(?:[^ "\\]|\\.)*)){_TEXT}"'
)
_got_there = pl.min_horizontal(_TIMES) >= 0
_summed = columns.sane(pl.sum_horizontal(_TIMES, ignore_nulls=False))
_status = pl.when(pl.col("status") == "-").then(pl.lit(0, pl.Int16)).otherwise(columns.code(pl.col("status")))
_unanswered = pl.col("target_status").is_in(["-", "0"]).fill_null(value=False)
_FIELDS = {
    **{name: fields.duration(name, fields.SECOND, negative=UNKNOWN_DURATION) for name in _TIMES},
    "time": fields.iso_time("time"),
    "path": fields.path("target"),
    "host": fields.host("target"),
}
_BOTH: Mapping[str, Any] = {
    "time": pl.col("time"),
    "status": _status,
    # The balancer's own 504 is a timeout of the target, its 502 and 503 a connection that failed.
    "error": columns.kind_of(_unanswered & (_status == 504), _unanswered & _status.is_in([502, 503])),
    "method": columns.http_method(pl.col("method")),
    "path": pl.col("path"),
    "host": pl.col("host"),
    "instance": columns.named(pl.col("instance")),
}
_until_answered = pl.col("time") - pl.col("created")

ALB = LogFormat(
    **_BOTH,
    name="alb",
    summary="AWS application load balancer",
    layout=PatternLines(
        rf'^[a-z][a-z0-9]+ (?<time>[^ ]+) [^ ]+{_REST} "{_TEXT}" [^ ]+ [^ ]+ (?<upstream>[^ ]+)'
        r'(?: "[^"]*" "[^"]*" "[^"]*" [^ ]+ (?<created>[^ ]+))?'
    ),
    fields=_FIELDS | {"created": fields.iso_time("created")},
    # Where the parts do not tell, the time from the request's creation does.
    duration=pl.when(_got_there)
    .then(_summed)
    .when(_until_answered >= 0)
    .then(_until_answered)
    .when(~_got_there)
    .then(_UNKNOWN),
    upstream=pl.col("upstream").str.extract(r"targetgroup/([^/]+)"),
    stamp=Stamp.END,
)
_COLUMNS = (
    *("time", "target_ip", "request_processing_time", "target_processing_time", "response_processing_time"),
    *("elb_status_code", "target_status_code", "request_verb", "request_url", "target_group_arn"),
)
_TABLE: Mapping[str, Any] = {
    **_BOTH,
    "fields": {
        name: fields.duration(of, fields.SECOND, negative=UNKNOWN_DURATION)
        for name, of in zip(_TIMES, _COLUMNS[2:5], strict=True)
    }
    | {
        "time": fields.iso_time("time"),
        "path": fields.path("request_url"),
        "host": fields.host("request_url"),
        "status": fields.word("elb_status_code"),
        "target_status": fields.word("target_status_code"),
        "method": fields.word("request_verb"),
        "instance": fields.word("target_ip"),
        "known": fields.is_filled("target_processing_time"),
    },
    "duration": pl.when(~_got_there).then(_UNKNOWN).otherwise(_summed),
    "upstream": pl.col("target_group_arn").str.extract(r"targetgroup/([^/]+)"),
    "stamp": Stamp.END,
}
ALB_TABLE = LogFormat(
    **_TABLE,
    name="alb-table",
    summary="AWS application load balancer, as a table (Parquet, JSON) with Athena's columns",
    layout=JsonLines(_COLUMNS),
    recognised=pl.col("known"),
)
ALB_CSV = LogFormat(
    **_TABLE,
    name="alb-csv",
    summary="AWS application load balancer, as CSV that Athena exports",
    layout=DelimitedRows(
        _COLUMNS, tuple(frozenset({name}) for name in ("time", "elb_status_code", "target_processing_time"))
    ),
)
ELB = LogFormat(
    **_BOTH,
    name="elb",
    summary="AWS classic load balancer",
    # A listener of TCP has no request to tell of.
    layout=PatternLines(
        r'^(?:(?<other>#|[0-9]{4}-[^ ]+(?: [^ ]+){3}(?: [-0-9.]+){3} - - [0-9]+ [0-9]+ "- - - ")'
        rf"|(?<time>[0-9]{{4}}-[^ ]+) [^ ]+{_REST})"
    ),
    fields=_FIELDS | {"other": fields.is_named("other")},
    skipped=pl.col("other"),
    duration=pl.when(~_got_there).then(_UNKNOWN).otherwise(_summed),
    stamp=Stamp.START,
)
_no_target, _no_handshake = pl.col("instance").str.starts_with("-"), pl.col("handshake") == "-"
NLB = LogFormat(
    name="nlb",
    summary="AWS network load balancer, of whose TLS listeners alone there is a log: connections",
    layout=PatternLines(
        r"^tls [0-9.]+ (?<time>[^ ]+) net/[^ ]+ [^ ]+ [^ ]+ (?<instance>[^ ]+) (?<ms>[0-9]+|-) "
        r"(?<handshake>[0-9]+|-) [-0-9]+ [-0-9]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ (?<host>[^ ]+)(?: .*)?$"
    ),
    fields={"time": fields.iso_time("time"), "ms": fields.duration("ms", fields.MILLISECOND)},
    time=pl.col("time"),
    duration=pl.col("ms"),
    status=pl.when(_no_target)
    .then(pl.lit(0, pl.Int16))
    .when(_no_handshake)
    .then(pl.lit(499, pl.Int16))
    .otherwise(pl.lit(200, pl.Int16)),
    error=columns.kind_of(pl.lit(value=False), _no_target),
    host=columns.named(pl.col("host")),
    instance=columns.named(pl.col("instance")),
    resolution_ns=1_000_000_000,
    stamp=Stamp.END,
    notes=(
        (
            "the network load balancer's log has connections, not requests, and says nothing of answers: one"
            " with a TLS handshake counts as 200, one without as 499, one without a target as unanswered, and"
            " its duration is how long it was open"
        ),
    ),
)
S3 = LogFormat(
    name="s3",
    summary="Amazon S3's server access log",
    # Owner, bucket, time, address, requester, request, operation, key; what S3 does by itself has no status.
    layout=PatternLines(
        r"^[0-9a-f]+ (?<bucket>[^ ]+) \[(?<time>[^\]]{26})\] [^ ]+ [^ ]+ [^ ]+ [A-Z0-9]+\.[A-Z_.]+ [^ ]+ "
        rf'(?:(?<other>"?-"? - )|"(?<method>[^ "\\]*)(?: (?<target>(?:[^ "\\]|\\.)*){_TEXT})?" '
        r"(?<status>[0-9]{3}) [^ ]+ [^ ]+ [^ ]+ (?<ms>[0-9]+|-) )"
    ),
    fields={
        "time": fields.clf_time("time"),
        "ms": fields.duration("ms", fields.MILLISECOND),
        "path": fields.path("target"),
        "other": fields.is_named("other"),
    },
    time=pl.col("time"),
    duration=pl.col("ms"),
    status=columns.code(pl.col("status")),
    method=columns.http_method(pl.col("method")),
    path=pl.col("path"),
    upstream=columns.named(pl.col("bucket")),
    skipped=pl.col("other"),
    resolution_ns=1_000_000_000,
    stamp=Stamp.START,
)
