"""W3C's extended log format: IIS and CloudFront. A `#Fields:` line names the columns of those below it.

Sources: W3C working draft WD-logfile; AWS, CloudFront Developer Guide, standard and real-time logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.dated import DatedLines
from cbtool.traffic.formats.layouts import JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines
from cbtool.traffic.scanning.lines import ABSENT, NULL, Spans
from cbtool.traffic.scanning.rows import split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.traffic.formats.log_format import Parts
    from cbtool.traffic.scanning.lines import Lines

_DIRECTIVE = "#Fields:"
_SECOND_NS = 1_000_000_000
_COMMENT, _TAB, _DASH = b"#\t-"
_GAVE_UP = 499


@dataclass(frozen=True, slots=True)
class DirectedRows:
    """Rows whose columns a line of `#Fields:` above them names, split at tabs or else at spaces.

    The parts are `columns`, absent where a row's directive lacks them, and null where the value is a dash;
    `comment`, on the lines that are one; and `moment`, the date and the time together.

    Attributes:
        columns: the columns to take, as the directive spells them.
        required: columns without which it is another program's log.
    """

    columns: tuple[str, ...]
    required: frozenset[str]

    @property
    def header(self) -> bool:
        """The directives stand among the rows."""
        return False

    def opened_by(self, sample: Sequence[str]) -> Parts | None:
        """Return what finds the parts; None if no line is a directive that names what is required."""
        names = next((_named(line) for line in sample if line.startswith(_DIRECTIVE)), [])
        if not self.required.issubset(names):
            return None
        return lambda lines: self._taken(lines, names)

    def _taken(self, lines: Lines, names: list[str]) -> dict[str, Spans]:
        """Take a block apart, each stretch below a directive by its own."""
        comments = lines.begin_with(_COMMENT)
        turns = [at for at in np.flatnonzero(comments).tolist() if lines.text(at).startswith(_DIRECTIVE)]
        stretches, start = [], 0
        for turn in [*turns, len(lines)]:
            stretches.append(self._split(lines[start:turn], names))
            if turn < len(lines):
                names, start = _named(lines.text(turn)), turn
        parts = {
            name: Spans(
                lines.data,
                np.concatenate([stretch[name].start for stretch in stretches]),
                np.concatenate([stretch[name].end for stretch in stretches]),
            )
            for name in self.columns
        }
        comment = np.where(comments, lines.start, ABSENT)
        return parts | {
            "comment": Spans(lines.data, comment, lines.end),
            "moment": _moment(parts["date"], parts["time"]),
        }

    def _split(self, lines: Lines, names: list[str]) -> dict[str, Spans]:
        delimiter = "\t" if lines.contain(_TAB) else " "
        found = split(lines, delimiter, names, self.columns, quotes=False, exact=True)
        absent = Spans.nowhere(len(lines))
        return {name: _without_dash(found[name]) if name in found else absent for name in self.columns}


def _named(line: str) -> list[str]:
    return line.removeprefix(_DIRECTIVE).split()


def _without_dash(spans: Spans) -> Spans:
    dash = spans.filled & (spans.end - spans.start == 1)
    dash[dash] = spans.data[spans.start[dash]] == _DASH
    return spans._replace(start=np.where(dash, NULL, spans.start)) if dash.any() else spans


def _moment(date: Spans, time: Spans) -> Spans:
    """A date and a time that stand in two columns, as one text."""
    sound = _long(date, len("2026-11-24")) & _long(time, len("10:00:00"))
    text = np.full((len(sound), len("2026-11-24 10:00:00")), ord(" "), np.uint8)
    for spans, place in ((date, 0), (time, len("2026-11-24 "))):
        size = min(text.shape[1] - place, len("2026-11-24"))
        text[sound, place : place + size] = spans.data[spans.start[sound, None] + np.arange(size)]
    start = np.arange(len(sound), dtype=np.int32) * np.int32(text.shape[1])
    text.flags.writeable = False  # as all other bytes are, so that one compilation does for both
    return Spans(text.ravel(), np.where(sound, start, ABSENT), start + np.int32(text.shape[1]))


def _long(spans: Spans, length: int) -> NDArray[np.bool_]:
    fits: NDArray[np.bool_] = (spans.start >= 0) & (spans.end - spans.start == length)
    return fits


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
        return {**found, "moment": _moment(found["date"], found["time"])}


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
