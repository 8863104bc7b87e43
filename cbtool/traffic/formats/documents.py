"""What the calls of documents mean, once `cbtool.logs.documents` has made a line of each."""

from __future__ import annotations

import polars as pl

from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.layouts import ReadyParts
from cbtool.traffic.formats.load_tests import jmeter_error, jmeter_skipped, jmeter_status
from cbtool.traffic.formats.log_format import LogFormat, Stamp

_URL = {"path": fields.path("url"), "host": fields.host("url")}

HAR = LogFormat(
    name="har",
    summary="HTTP Archive, as browsers and proxies save it",
    layout=ReadyParts("har"),
    fields={
        **_URL,
        "time": fields.iso_time("time"),
        "duration": fields.duration("duration", fields.MILLISECOND),
    },
    time=pl.col("time"),
    duration=pl.col("duration"),
    status=columns.code(pl.col("status")),
    # An answer that broke off has its status and yet an error.
    error=columns.broken_off(pl.col("error")),
    # Pages' own data, caches, and what a blocker held back.
    skipped=(pl.col("sent") == "false").fill_null(value=False),
    method=columns.http_method(pl.col("method")),
    path=pl.col("path"),
    host=pl.col("host"),
    instance=columns.named(pl.col("server")),
    stamp=Stamp.START,
    by_header=True,
    notes=("what came from a browser's caches, was blocked, or is data of the page itself is no call",),
)
JMETER_XML = LogFormat(
    name="jmeter-xml",
    summary="JMeter's results as XML (.jtl)",
    layout=ReadyParts("jmeter-xml"),
    fields={
        **_URL,
        "time": fields.unix_time("time", fields.MILLISECOND),
        "duration": fields.duration("duration", fields.MILLISECOND),
    },
    time=pl.col("time"),
    duration=pl.col("duration"),
    status=jmeter_status(pl.col("code"), pl.lit(None, pl.String)),
    error=jmeter_error(pl.col("code"), pl.col("message"), pl.lit(None, pl.String)),
    skipped=jmeter_skipped(pl.col("code"), pl.col("message"), pl.col("success")),
    method=pl.col("method"),
    path=pl.col("path"),
    host=pl.col("host"),
    stamp=Stamp.START,
    by_header=True,
)
_failed = pl.col("failed")
_span_status = columns.code(
    # A call over another protocol that went wrong had no answer, or none that counts.
    pl.when(pl.col("status") != "")
    .then(pl.col("status"))
    .otherwise(pl.when(_failed).then(pl.lit("0")).otherwise(pl.lit("200")))
)
_grpc = pl.when(pl.col("status").is_null()).then(pl.col("grpc"))
_span_error = (
    pl.when(~_failed)
    .then(None)
    .when(_grpc == "4")
    .then(pl.lit("timeout"))
    .when(_grpc == "14")
    .then(pl.lit(ErrorKind.CONNECTION_ERROR.label))
    .otherwise(
        pl.coalesce(
            *(pl.when(pl.col(name) != "").then(pl.col(name)) for name in ("error", "message")),
            pl.lit("error"),
        )
    )
)
OTLP = LogFormat(
    name="otlp",
    summary="OpenTelemetry spans as OTLP JSON (the collector's file exporter)",
    layout=ReadyParts("otlp"),
    fields={
        "begun": fields.unix_time("begun", fields.NANOSECOND),
        "ended": fields.unix_time("ended", fields.NANOSECOND),
        "failed": fields.is_filled("failed"),
        "target": fields.path("path"),
        "server": fields.host("path"),
        "name": fields.text("path"),
    },
    time=pl.when(pl.col("begun") > 0).then(pl.col("begun")),
    duration=columns.sane(pl.col("ended") - pl.col("begun")),
    status=_span_status,
    error=columns.error_kind(_span_error, _span_status),
    method=pl.col("method"),
    path=pl.coalesce("target", pl.lit("/") + pl.col("name")),
    host=pl.coalesce("server", "host"),
    upstream=columns.named(pl.col("upstream")),
    instance=columns.named(pl.col("instance")),
    stamp=Stamp.START,
    by_header=True,
    notes=(
        (
            "the calls are client spans, or server spans where the file begins without any client's; a"
            " failed span without a status counts as unanswered"
        ),
    ),
)
