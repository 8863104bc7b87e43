"""What the calls of documents mean, once `cbtool.logs.documents` has made a line of each."""

from __future__ import annotations

import polars as pl

from cbtool.traffic.formats import columns
from cbtool.traffic.formats.layouts import JsonLines
from cbtool.traffic.formats.load_tests import jmeter_error, jmeter_skipped, jmeter_status
from cbtool.traffic.formats.log_format import LogFormat, Stamp

_MILLISECOND = 1_000_000
_url = pl.col("url")

_har_status = columns.code(pl.col("status"))
HAR = LogFormat(
    name="har",
    summary="HTTP Archive, as browsers and proxies save it",
    layout=JsonLines(
        ("time", "duration", "status", "error", "method", "url", "server"), header_keys=("har",)
    ),
    time=columns.iso_time(pl.col("time")),
    duration=columns.duration(pl.col("duration"), _MILLISECOND),
    status=_har_status,
    # Browsers write status 0 where there was no answer, and their own words for why.
    error=columns.error_kind(
        pl.when(_har_status == 0).then(
            pl.when(columns.filled(pl.col("error"))).then(pl.col("error")).otherwise(pl.lit("no answer"))
        ),
        _har_status,
    ),
    method=columns.http_method(pl.col("method")),
    path=columns.path_of(_url),
    host=columns.host_of(_url),
    instance=columns.named(pl.col("server")),
    stamp=Stamp.START,
    by_header=True,
)
JMETER_XML = LogFormat(
    name="jmeter-xml",
    summary="JMeter's results as XML (.jtl)",
    layout=JsonLines(
        ("time", "duration", "code", "message", "success", "url", "method"), header_keys=("jmeter-xml",)
    ),
    time=pl.col("time").cast(pl.Int64, strict=False) * _MILLISECOND,
    duration=columns.duration(pl.col("duration"), _MILLISECOND),
    status=jmeter_status(pl.col("code")),
    error=jmeter_error(pl.col("code"), pl.col("message")),
    skipped=jmeter_skipped(pl.col("code"), pl.col("message"), pl.col("success")),
    method=pl.col("method"),
    path=columns.path_of(_url),
    host=columns.host_of(_url),
    stamp=Stamp.START,
    by_header=True,
)
_begun, _ended = (pl.col(name).cast(pl.Int64, strict=False) for name in ("begun", "ended"))
_span_status = columns.code(pl.col("status"))
OTLP = LogFormat(
    name="otlp",
    summary="OpenTelemetry spans as OTLP JSON (the collector's file exporter)",
    layout=JsonLines(
        (*("begun", "ended", "status", "error", "method", "path", "host", "upstream", "instance"),),
        header_keys=("otlp",),
    ),
    time=pl.when(_begun > 0).then(_begun),
    duration=columns.span((_ended - _begun).cast(pl.Float64), 1),
    status=_span_status,
    error=columns.error_kind(pl.col("error"), _span_status),
    method=pl.col("method"),
    path=pl.coalesce(columns.path_of(pl.col("path")), pl.lit("/") + pl.col("path")),
    host=pl.coalesce(columns.host_of(pl.col("path")), pl.col("host")),
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
