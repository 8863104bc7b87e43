"""W3C's extended log format: IIS and CloudFront. A `#Fields:` line names the columns of those below it.

Sources: W3C working draft WD-logfile; AWS, CloudFront Developer Guide, standard and real-time logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.traffic.formats import columns
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbtool.traffic.formats.log_format import Fields

_DIRECTIVE = "#Fields:"
_SECOND = 1_000_000_000
_MILLISECOND = 1_000_000
_GAVE_UP = 499


@dataclass(frozen=True, slots=True)
class DirectedRows:
    """Rows whose columns a line of `#Fields:` above them names, split at tabs or else at spaces.

    The fields are `columns`, null where a row's directive lacks them or the value is a dash, and `comment`.

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

    def opened_by(self, sample: Sequence[str]) -> Fields | None:
        """Return the splitter; None if no line of the sample is a directive that names what is required."""
        names = next((_named(line) for line in sample if line.startswith(_DIRECTIVE)), [])
        if not self.required.issubset(names):
            return None
        return lambda lines: self._taken(lines, names)

    def _taken(self, lines: pl.Series, names: list[str]) -> pl.DataFrame:
        """Take a block apart, each stretch below a directive by its own."""
        comments = lines.str.starts_with("#").fill_null(value=False)
        turns = lines.str.starts_with(_DIRECTIVE).fill_null(value=False).arg_true().to_list()
        parts, start = [], 0
        for turn in [*turns, len(lines)]:
            parts.append(self._split(lines.slice(start, turn - start), names))
            if turn < len(lines):
                names, start = _named(lines[turn]), turn
        return pl.concat(parts).with_columns(comments.alias("comment"))

    def _split(self, lines: pl.Series, names: list[str]) -> pl.DataFrame:
        tabs = lines.str.contains("\t", literal=True).any()
        values = lines.str.strip_chars_end("\r\n").str.split("\t" if tabs else " ")
        values = values.set(values.list.len() != len(names), None)
        taken = {
            name: values.list.get(names.index(name), null_on_oob=True)
            if name in names
            else pl.repeat(None, len(lines), dtype=pl.String, eager=True)
            for name in self.columns
        }
        return pl.DataFrame(taken).with_columns(pl.all().replace("-", None))


def _named(line: str) -> list[str]:
    return line.removeprefix(_DIRECTIVE).split()


_query = pl.col("cs-uri-query")
_stem = pl.col("cs-uri-stem")
_W3C: Mapping[str, Any] = {
    "time": columns.iso_time(pl.concat_str("date", pl.lit(" "), "time")),
    "method": columns.http_method(pl.col("cs-method")),
    "path": columns.path_of(
        pl.when(_query.is_null()).then(_stem).otherwise(pl.concat_str(_stem, pl.lit("?"), _query))
    ),
    "skipped": pl.col("comment"),
    "directive": _DIRECTIVE,
    "stamp": Stamp.END,
    "resolution_ns": _SECOND,
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
    duration=columns.duration(pl.col("time-taken"), _MILLISECOND),
    status=columns.code(pl.col("sc-status")),
    host=pl.col("cs-host"),
    upstream=pl.col("s-sitename"),
    instance=pl.coalesce("s-computername", "s-ip"),
    recognised=pl.col("sc-status").is_not_null(),
    notes=("IIS's times are taken for requests' ends, and its time-taken has the client's network in it",),
)


def _edge_status(text: pl.Expr) -> pl.Expr:
    """The status, where 000 is a viewer who closed the connection before there was an answer."""
    return pl.when(text == "000").then(pl.lit(_GAVE_UP, pl.Int16)).otherwise(columns.code(text))


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
    duration=columns.duration(pl.col("time-taken"), _SECOND),
    status=_edge_status(pl.col("sc-status")),
    host=pl.coalesce("x-host-header", "cs(Host)"),
    upstream=pl.col("cs(Host)"),
    instance=pl.col("x-edge-location"),
    recognised=pl.col("sc-status").is_not_null(),
)
_real_time_status = _edge_status(pl.col("status"))
CLOUDFRONT_REAL_TIME = LogFormat(
    name="cloudfront-real-time",
    summary="CloudFront's real-time logs, all fields or the first fourteen of them",
    layout=PatternLines(
        r"^(?<time>\d{10}(?:\.\d+)?)\t[^\t]*\t[^\t]*\t(?<status>\d{3})\t[^\t]*\t(?<method>[A-Z]+)\t[^\t]*"
        r"\t(?<domain>[^\t]*)\t(?<target>[^\t]*)\t[^\t]*\t(?<edge>[^\t]*)\t[^\t]*\t(?<host>[^\t]*)"
        r"\t(?<taken>[\d.]+)(?:\t|$)"
    ),
    time=columns.unix_seconds(pl.col("time")),
    duration=columns.duration(pl.col("taken"), _SECOND),
    status=_real_time_status,
    method=pl.col("method"),
    path=columns.path_of(pl.col("target")),
    host=columns.named(pl.col("host")),
    upstream=columns.named(pl.col("domain")),
    instance=columns.named(pl.col("edge")),
    stamp=Stamp.END,
)
