"""Text logs of proxies: Envoy's and Istio's, Traefik's, NPM's, Heroku's, Squid's; and Gin's."""

from __future__ import annotations

import polars as pl

from cbtool.traffic.calls import UNKNOWN_DURATION
from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.dated import DatedLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

_SECOND_NS = 1_000_000_000
_CLIENT_GAVE_UP = pl.lit(499, pl.Int16)
_NO_ANSWER = pl.lit(0, pl.Int16)


def flagged_error(flags: pl.Expr) -> pl.Expr:
    """UInt8 `ErrorKind` from Envoy's response flags, `%RESPONSE_FLAGS%`."""
    return columns.kind_of(
        flags.str.contains(r"\b(?:UT|SI|DT|UMSDR)\b"), flags.str.contains(r"\b(?:UF|UC|UR|LR|UH|UPE)\b")
    )


def flagged_status(status: pl.Expr, flags: pl.Expr) -> pl.Expr:
    """Int16 status, 499 where Envoy's flags say that the client left before there was one."""
    number = columns.code(status)
    left = (number == 0) & flags.str.contains(r"\b(?:DC|DR)\b").fill_null(value=False)
    return pl.when(left).then(_CLIENT_GAVE_UP).otherwise(number)


_ENVOY = PatternLines(
    r'^\[(?<start>[^\]]+)\] "(?<method>[^ "]+) (?<target>[^ "]*)(?: [^"]*)?" '
    r'(?<status>[0-9]+) (?<flags>[^ ]+) [^ ]+ [^ ]+ (?:"[^"]*" [^ ]+ [^ ]+ )?'
    r'(?<ms>[0-9]+|-) (?:[0-9]+|-) "[^"]*" "[^"]*" "[^"]*" '
    r'"(?<host>[^"]*)" "(?<instance>[^"]*)"(?: (?<upstream>[^ ]+))?'
)
ENVOY = LogFormat(
    name="envoy",
    summary="Envoy's default access log, and Istio's",
    layout=_ENVOY,
    fields={
        "start": fields.iso_time("start"),
        "ms": fields.duration("ms", fields.MILLISECOND),
        "target": fields.path("target"),
    },
    time=pl.col("start"),
    duration=pl.col("ms"),
    status=flagged_status(pl.col("status"), pl.col("flags")),
    error=flagged_error(pl.col("flags")),
    method=columns.http_method(pl.col("method")),
    path=pl.col("target"),
    host=columns.named(pl.col("host")),
    upstream=columns.named(pl.col("upstream")),
    instance=columns.named(pl.col("instance")),
    stamp=Stamp.START,
)

TRAEFIK = LogFormat(
    name="traefik",
    summary="Traefik's common log format",
    layout=PatternLines(
        # Nothing protects the quotes that a client writes.
        r"^[^ ]+ [^ ]+ [^\[]*\[(?<time>[^\]]{26})\] "
        r'"(?<method>[^ "]+) (?<target>[^ "]*(?:"[^ "][^ "]*)*).*?" (?<status>[0-9]{3}) [0-9-]+ '
        r'".*?" (?:[0-9]+|-) "(?<upstream>[^"]*)" "(?<instance>[^"]*)" '
        r"(?<ms>[0-9]+)ms$"
    ),
    fields={
        "time": fields.clf_time("time"),
        "ms": fields.duration("ms", fields.MILLISECOND),
        "target": fields.path("target"),
    },
    time=pl.col("time"),
    duration=pl.col("ms"),
    status=columns.code(pl.col("status")),
    method=columns.http_method(pl.col("method")),
    path=pl.col("target"),
    upstream=columns.named(pl.col("upstream")),
    instance=columns.named(pl.col("instance")),
    resolution_ns=_SECOND_NS,
    stamp=Stamp.START,
)

NPM = LogFormat(
    name="npm",
    summary="Nginx Proxy Manager's log",
    layout=PatternLines(
        # The answers of its cache and of those that were tried stand before the status, where it asks others.
        r"^\[(?<time>[^\]]{26})\] (?:[^ ]+ (?:[0-9]{3}|-)(?:(?:,| :) (?:[0-9]{3}|-))* )?"
        r'(?<status>[0-9]{3}) - (?<method>[^ ]+) [^ ]+ (?<host>[^ ]+) "(?<target>[^"]*)" \[Client [^\]]*\] '
        r"\[Length [^\]]*\] \[Gzip [^\]]*\] (?:\[Sent-to (?<instance>[^\]]*)\] )?.*$"
    ),
    fields={"time": fields.clf_time("time"), "target": fields.path("target")},
    time=pl.col("time"),
    status=columns.code(pl.col("status")),
    method=columns.http_method(pl.col("method")),
    path=pl.col("target"),
    host=columns.named(pl.col("host")),
    instance=columns.named(pl.col("instance")),
    resolution_ns=_SECOND_NS,
    stamp=Stamp.END,
)

SQUID = LogFormat(
    name="squid",
    summary="Squid's native access log, and that of Cisco's web appliance",
    layout=PatternLines(
        r"^(?:Info: )?(?<time>[0-9]{9,10}\.[0-9]{3}) +(?<ms>-?[0-9]+) [^ ]+ (?<result>[A-Z_]+)"
        r"/(?<status>[0-9]{3}) [0-9-]+ (?<method>[^ ]+) (?<url>[^ ]+) [^ ]+ [A-Z_]+/(?<peer>[^ ]+)"
    ),
    fields={
        "time": fields.unix_time("time"),
        "ms": fields.duration("ms", fields.MILLISECOND, negative=0),
        "path": fields.path("url"),
        "host": fields.host("url"),
    },
    time=pl.col("time"),
    duration=pl.col("ms"),
    # 000: the client left before there was an answer, or there was none.
    status=pl.when((pl.col("status") == "000") & pl.col("result").str.contains("ABORTED"))
    .then(_CLIENT_GAVE_UP)
    .otherwise(columns.code(pl.col("status"))),
    error=columns.kind_of(pl.col("result").str.contains("TIMEOUT"), pl.lit(value=False)),
    method=columns.http_method(pl.col("method")),
    path=pl.col("path"),
    host=columns.named(pl.col("host")),
    instance=columns.named(pl.col("peer")),
    stamp=Stamp.END,
    notes=("what Squid answered from its cache counts as calls, too",),
)

GIN = LogFormat(
    name="gin",
    summary="the log of Go's Gin, as its Logger writes it",
    layout=DatedLines(
        PatternLines(
            r"\[GIN\] (?<year>[0-9]{4})/(?<month>[0-9]{2})/(?<day>[0-9]{2}) - "
            r"(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2}) \|(?:[^ m]*m)? *"
            r"(?<status>[0-9]{3})[^|]*\| *"
            r'(?<took>[^ |]+) *\| *[^ |]+ *\|[^A-Z]*(?<method>[A-Z]+)[^"]*"(?<target>[^"]*)"'
        )
    ),
    fields={
        "moment": fields.iso_time("moment"),
        "took": fields.timed("took"),
        "target": fields.path("target"),
    },
    time=pl.col("moment"),
    duration=pl.col("took"),
    status=columns.code(pl.col("status")),
    method=columns.http_method(pl.col("method")),
    path=pl.col("target"),
    resolution_ns=_SECOND_NS,
    stamp=Stamp.END,
    notes=("Gin's times have no time zone: they were taken as UTC",),
)

# An application's own lines stand in the same stream; syslog's priority and length may stand in front.
_HEROKU = PatternLines(
    r"(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}T\S+) "
    r"(?:(?:heroku\[router\]:|(?:\S+ )?heroku router) (?<pairs>.*)$|(?:app|heroku)\[)",
    pairs={
        key: (key,)
        for key in ("at", "code", "method", "path", "host", "dyno", "connect", "service", "status")
    },
)
_service, _connect = pl.col("service"), pl.col("connect")
_heroku_status = columns.code(pl.col("status"))
HEROKU = LogFormat(
    name="heroku",
    summary="Heroku's router log lines, among others or alone",
    layout=_HEROKU,
    fields={
        "time": fields.iso_time("time"),
        "service": fields.duration("service", fields.MILLISECOND, suffix="ms"),
        "connect": fields.duration("connect", fields.MILLISECOND, suffix="ms"),
        "path": fields.path("path"),
        "called": fields.is_named("at"),
        "fits": fields.is_named("time"),
    },
    time=pl.col("time"),
    duration=pl.when(_service < 0).then(UNKNOWN_DURATION).otherwise(_service + _connect.clip(0)),
    status=pl.when(_heroku_status.is_null()).then(_NO_ANSWER).otherwise(_heroku_status),
    # Timeouts: request, idle, backend connection, boot. Broken: crash, backlog, closed, refused and the like.
    error=columns.kind_of(
        pl.col("code").is_in(["H12", "H15", "H19", "H20"]),
        pl.col("code").is_in(["H10", "H11", "H13", "H14", "H18", "H21", "H22", "H26", "H99"]),
    ),
    method=columns.http_method(pl.col("method")),
    path=pl.col("path"),
    host=pl.col("host"),
    instance=pl.col("dyno"),
    skipped=pl.col("fits") & ~pl.col("called"),
    recognised=pl.col("called"),
    stamp=Stamp.END,
)
