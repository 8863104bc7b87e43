"""Zeek's http.log, as its table or as JSON: what it saw of requests on the wire.

`ts` is when the request was seen. A request without a status is one whose answer was not seen. There are no
durations. Source: the Zeek manual, http.log and log formats.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.directed_rows import DirectedRows
from cbtool.traffic.formats.layouts import JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp

if TYPE_CHECKING:
    from collections.abc import Mapping

_DIRECTIVE = "#fields"
_NO_ANSWER = pl.lit(0, pl.Int16)
_status = pl.col("status_code")
_ZEEK: Mapping[str, Any] = {
    "time": pl.col("ts"),
    "status": pl.when(columns.filled(_status)).then(columns.code(_status)).otherwise(_NO_ANSWER),
    "method": columns.http_method(pl.col("method")),
    "path": pl.col("uri"),
    "host": columns.named(pl.col("host")),
    "stamp": Stamp.START,
    "notes": ("Zeek's requests without an answer that it saw count as unanswered",),
}
ZEEK = LogFormat(
    **_ZEEK,
    name="zeek",
    summary="Zeek's http.log",
    layout=DirectedRows(
        ("ts", "method", "host", "uri", "status_code", "id.resp_h"),
        frozenset({"ts", "uid", "method", "host", "uri", "status_code"}),
        directive=_DIRECTIVE,
    ),
    fields={
        "ts": fields.plain_time("ts"),
        "uri": fields.path("uri"),
        "comment": fields.is_named("comment"),
    },
    instance=pl.col("id.resp_h"),
    skipped=pl.col("comment"),
    recognised=pl.col("comment") | pl.col("ts").is_not_null(),
    directive=_DIRECTIVE,
)
ZEEK_JSON = LogFormat(
    **_ZEEK,
    name="zeek-json",
    summary="Zeek's http.log as JSON, alone or among its other logs",
    layout=JsonLines(
        ("_path", "ts", "uid", "trans_depth", "method", "host", "uri", "status_code", "id..resp_h")
    ),
    fields={
        "ts": fields.plain_time("ts"),
        "uri": fields.path("uri"),
        "has_uid": fields.is_filled("uid"),
        "has_depth": fields.is_filled("trans_depth"),
    },
    instance=columns.named(pl.col("id..resp_h")),
    # Others have neither; SMTP's log, which has the depth too, says whose it is where all are together.
    skipped=~pl.col("has_depth") | (pl.col("_path") != "http").fill_null(value=False),
    recognised=pl.col("has_uid") & pl.col("has_depth"),
)
