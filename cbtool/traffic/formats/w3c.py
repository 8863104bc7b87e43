"""W3C's extended log format: IIS and CloudFront. A `#Fields:` line names the columns of those below it.

Sources: W3C working draft WD-logfile; AWS, CloudFront Developer Guide, standard and real-time logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.dated import DatedLines
from cbtool.traffic.formats.directed_rows import DirectedRows, moment
from cbtool.traffic.formats.layouts import JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbtool.traffic.formats.log_format import Parts
    from cbtool.traffic.scanning.lines import Spans

_DIRECTIVE = "#Fields:"
_SECOND_NS = 1_000_000_000
_GAVE_UP = 499


_query, _stem = pl.col("query"), pl.col("stem")
_W3C: Mapping[str, Any] = {
    "time": pl.col("moment"),
    "duration": pl.col("duration"),
    "method": columns.http_method(pl.col("cs-method")),
    "path": pl.when(_query.is_null()).then(_stem).otherwise(pl.concat_str(_stem, pl.lit("?"), _query)),
    "skipped": pl.col("comment"),
    "directive": _DIRECTIVE,
    "stamp": Stamp.END,
    "resolution_ns": _SECOND_NS,
}
_FIELDS = {
    "moment": fields.iso_time("moment"),
    "stem": fields.path("cs-uri-stem"),
    "query": fields.text("cs-uri-query"),
    "comment": fields.is_named("comment"),
}
IIS = LogFormat(
    **_W3C,
    name="iis",
    summary="IIS (W3C extended)",
    layout=DirectedRows(
        (
            *("date", "time", "cs-method", "cs-uri-stem", "cs-uri-query", "sc-status", "time-taken"),
            *("cs-host", "s-sitename", "s-ip", "s-computername"),
        ),
        frozenset({"date", "time", "sc-status", "cs-uri-stem"}),
    ),
    fields=_FIELDS | {"duration": fields.duration("time-taken", fields.MILLISECOND)},
    status=columns.code(pl.col("sc-status")),
    host=pl.col("cs-host"),
    upstream=pl.col("s-sitename"),
    instance=pl.coalesce("s-computername", "s-ip"),
    recognised=pl.col("comment") | pl.col("sc-status").is_not_null(),
    notes=("IIS's times are taken for requests' ends, and its time-taken has the client's network in it",),
)


IIS_NATIVE = LogFormat(
    name="iis-native",
    summary="IIS' own format, which has commas and no directives",
    layout=DatedLines(
        PatternLines(
            r"^[^,]+, [^,]*, (?<month>[0-9]{1,2})/(?<day>[0-9]{1,2})/(?:20)?(?<years>[0-9]{2}), "
            r"(?<hour>[0-9]{1,2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2}), (?<upstream>[^,]+), [^,]*, "
            r"(?<instance>[^,]*), (?<ms>[0-9]+), [0-9]+, [0-9]+, (?<status>[0-9]{3}), [0-9]+, "
            r"(?<method>[A-Z]+), (?<target>[^,]*), .*$"
        )
    ),
    fields={
        "moment": fields.iso_time("moment"),
        "duration": fields.duration("ms", fields.MILLISECOND),
        "path": fields.path("target"),
    },
    time=pl.col("moment"),
    duration=pl.col("duration"),
    status=columns.code(pl.col("status")),
    method=pl.col("method"),
    path=pl.col("path"),
    upstream=pl.col("upstream"),
    instance=columns.named(pl.col("instance")),
    stamp=Stamp.END,
    resolution_ns=_SECOND_NS,
    notes=("IIS' own format has the server's local time and no zone: times were taken as UTC",),
)


def _edge_status(text: pl.Expr) -> pl.Expr:
    """The status, where 000 (0 in a table) is a viewer who left before there was an answer."""
    return pl.when(text.is_in(["000", "0"])).then(pl.lit(_GAVE_UP, pl.Int16)).otherwise(columns.code(text))


CLOUDFRONT = LogFormat(
    **_W3C,
    name="cloudfront",
    summary="CloudFront's standard logs",
    layout=DirectedRows(
        (
            *("date", "time", "x-edge-location", "cs-method", "cs(Host)", "cs-uri-stem", "cs-uri-query"),
            *("sc-status", "x-host-header", "time-taken"),
        ),
        frozenset({"date", "time", "x-edge-location", "sc-status", "cs-uri-stem"}),
    ),
    fields=_FIELDS | {"duration": fields.duration("time-taken", fields.SECOND)},
    status=_edge_status(pl.col("sc-status")),
    host=pl.coalesce("x-host-header", "cs(Host)"),
    upstream=pl.col("cs(Host)"),
    instance=pl.col("x-edge-location"),
    recognised=pl.col("comment") | pl.col("sc-status").is_not_null(),
)


_SPELLED = (
    *("date", "time", "x-edge-location", "cs-method", "cs(Host)", "cs-uri-stem", "cs-uri-query"),
    *("sc-status", "x-host-header", "time-taken"),
)


def _with_underscores(name: str) -> str:
    """A field's name as tables spell it, in which only letters, digits and underscores may be."""
    return name.replace("(", "_").replace(")", "").replace("-", "_").lower()


@dataclass(frozen=True, slots=True)
class DatedObjects:
    """JSON lines whose date and time are values of their own; the part `moment` is both together.

    The parts are those of `_SPELLED`, which tables (Parquet) spell otherwise.
    """

    objects: JsonLines

    @property
    def header(self) -> bool:
        """These files have none."""
        return False

    def opened_by(self, sample: Sequence[str]) -> Parts | None:
        """Return the reader; None if there is no JSON object."""
        taken = self.objects.opened_by(sample)
        return None if taken is None else lambda lines: self._dated(taken(lines))

    @staticmethod
    def _dated(parts: Mapping[str, Spans]) -> dict[str, Spans]:
        found = {
            name: parts[name] if parts[name].named.any() else parts[_with_underscores(name)]
            for name in _SPELLED
        }
        return {**found, "moment": moment(found["date"], found["time"])}


_json_query = columns.named(pl.col("query"))
CLOUDFRONT_JSON = LogFormat(
    name="cloudfront-json",
    summary="CloudFront's standard logs (v2) as JSON or Parquet",
    layout=DatedObjects(JsonLines(tuple(dict.fromkeys((*_SPELLED, *map(_with_underscores, _SPELLED)))))),
    fields={
        "moment": fields.iso_time("moment"),
        "stem": fields.path("cs-uri-stem"),
        "query": fields.text("cs-uri-query"),
        "duration": fields.duration("time-taken", fields.SECOND),
        "edge": fields.is_filled("x-edge-location"),
    },
    time=pl.col("moment"),
    duration=pl.col("duration"),
    status=_edge_status(pl.col("sc-status")),
    method=columns.http_method(pl.col("cs-method")),
    path=pl.when(_json_query.is_null())
    .then(pl.col("stem"))
    .otherwise(pl.concat_str("stem", pl.lit("?"), "query")),
    host=columns.named(pl.coalesce("x-host-header", "cs(Host)")),
    upstream=columns.named(pl.col("cs(Host)")),
    instance=columns.named(pl.col("x-edge-location")),
    recognised=pl.col("edge"),
    stamp=Stamp.END,
    resolution_ns=_SECOND_NS,
)
_real_time_status = _edge_status(pl.col("status"))
CLOUDFRONT_REAL_TIME = LogFormat(
    name="cloudfront-real-time",
    summary="CloudFront's real-time logs, all fields or the first fourteen of them",
    layout=PatternLines(
        r"^(?<time>[0-9]{10}(?:\.[0-9]+)?)\t[^\t]*\t[^\t]*\t(?<status>[0-9]{3})\t[^\t]*\t(?<method>[A-Z]+)\t[^\t]*"
        r"\t(?<domain>[^\t]*)\t(?<target>[^\t]*)\t[^\t]*\t(?<edge>[^\t]*)\t[^\t]*\t(?<host>[^\t]*)"
        r"\t(?<taken>[0-9.]+)(?:\t|$)"
    ),
    fields={
        "time": fields.unix_time("time"),
        "duration": fields.duration("taken", fields.SECOND),
        "target": fields.path("target"),
    },
    time=pl.col("time"),
    duration=pl.col("duration"),
    status=_real_time_status,
    method=pl.col("method"),
    path=pl.col("target"),
    host=columns.named(pl.col("host")),
    upstream=columns.named(pl.col("domain")),
    instance=columns.named(pl.col("edge")),
    stamp=Stamp.END,
)
