"""Our own plain formats: CSV and NDJSON with the same names, and the run record.

`timestamp` (Unix seconds or ISO 8601, the start), `duration_ms`, `status` (0 or empty: no answer), and, if
there, `method`, `path`, `instance` and `error` (`timeout` or `connection_error`). Without a status at all,
a call with no error was answered well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.layouts import DelimitedRows, JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = ("timestamp", "duration_ms", "status", "method", "path", "instance", "error")
_ANSWER = ("status", "error")
_OK = 200

_status_text = pl.col("status")
_status = (
    pl.when(columns.filled(_status_text))
    .then(columns.code(_status_text))
    .when(pl.col("has_status") | columns.filled(pl.col("error")))
    .then(pl.lit(0, pl.Int16))
    .when(pl.col("has_error"))
    .then(pl.lit(_OK, pl.Int16))
)
_PLAIN: Mapping[str, Any] = {
    "fields": {
        "timestamp": fields.plain_time("timestamp"),
        "duration_ms": fields.duration("duration_ms", fields.MILLISECOND),
        "path": fields.path("path"),
        "has_status": fields.is_named("status"),
        "has_error": fields.is_named("error"),
    },
    "time": pl.col("timestamp"),
    "duration": pl.col("duration_ms"),
    "status": _status,
    "error": columns.error_kind(pl.col("error"), _status),
    "method": pl.col("method"),
    "path": pl.col("path"),
    "instance": pl.when(columns.filled(pl.col("instance"))).then(pl.col("instance")),
    "stamp": Stamp.START,
}

CSV = LogFormat(
    **_PLAIN,
    name="csv",
    summary="rows under a header with timestamp, duration_ms, status",
    layout=DelimitedRows(_NAMES, (frozenset({"timestamp"}), frozenset(_ANSWER))),
)
NDJSON = LogFormat(
    **_PLAIN,
    name="ndjson",
    summary="a JSON object a line with timestamp, duration_ms, status",
    layout=JsonLines(_NAMES),
)

_RESULTS = ("duration_ms", "status", "error")
_result = pl.any_horizontal(f"has_{name}" for name in _RESULTS)
_record_status = columns.code(pl.coalesce("status", pl.lit("0")))

RECORD = LogFormat(
    name="record",
    summary="a run record that cbtool wrote (--output run.ndjson)",
    layout=JsonLines(
        ("type", "t", "lag_ms", "duration_ms", "status", "error", "method", "path"),
        header_keys=("cbtool", "epoch"),
        constants=("epoch",),
    ),
    fields={
        "epoch": fields.unix_time("epoch"),
        "t": fields.unix_time("t"),
        "lag": fields.duration("lag_ms", fields.MILLISECOND),
        "duration": fields.duration("duration_ms", fields.MILLISECOND),
        "path": fields.path("path"),
        **{f"has_{name}": fields.is_filled(name) for name in _RESULTS},
    },
    time=pl.col("epoch") + pl.col("t") + pl.when(pl.col("lag") > 0).then(pl.col("lag")).otherwise(0),
    duration=pl.col("duration"),
    status=_record_status,
    error=columns.error_kind(pl.col("error"), _record_status),
    method=pl.col("method"),
    path=pl.col("path"),
    # Transitions, the end, and calls that the breaker refused have no result to learn from.
    skipped=((pl.col("type") != "call") | ~_result).fill_null(value=False),
    stamp=Stamp.START,
    by_header=True,
)
