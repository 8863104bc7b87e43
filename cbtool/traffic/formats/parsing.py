"""Lines in, a call's columns out: the one place where a format's expressions are evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from cbtool.traffic.calls import UNKNOWN_DURATION

if TYPE_CHECKING:
    from cbtool.traffic.formats.log_format import Fields, LogFormat

LONGEST_LINE = 64 * 1024
"""Bytes; a longer line is rejected unread, so that no line costs more than others."""

COUNTED = ("total", "failed", "interval")
TEXTS = ("method", "path", "host", "upstream", "instance")
_OPTIONAL = {
    "duration": pl.lit(UNKNOWN_DURATION, pl.Int64),
    "error": pl.lit(0, pl.UInt8),
    "skipped": pl.lit(value=False),
}


class ParsedBlock(NamedTuple):
    """What became of a block of lines.

    Attributes:
        rows: the calls, in the lines' order: `time` and `duration` (Int64, nanoseconds), `status` (Int16),
            `error` (UInt8), and those of `TEXTS` and `COUNTED` that the format has.
        rejected: UInt32, the indexes of the lines that did not parse.
        lines: how many lines were not blank.
    """

    rows: pl.DataFrame
    rejected: pl.Series
    lines: int


def parse_lines(
    log_format: LogFormat, fields: Fields, lines: pl.Series, *, strict: bool = False
) -> ParsedBlock:
    """Return the calls in `lines`, and which of them did not parse.

    Args:
        log_format: what to evaluate.
        fields: what the format's layout returned for the file's first line.
        lines: String, without their ends.
        strict: also reject lines that do not meet `log_format.recognised`.
    """
    readable = lines.set(lines.str.len_bytes() > LONGEST_LINE, None)
    texts = fields(readable).lazy().with_columns(**log_format.extracted)
    columns = texts.select(_expressions(log_format, strict=strict)).collect()
    needed = [name for name in ("time", "duration", "status", "known", *COUNTED) if name in columns.columns]
    sound = pl.all_horizontal(pl.col(needed).is_not_null())
    rows = columns.filter(sound & ~pl.col("skipped")).drop("skipped", "known")
    broken = columns.select((~sound & ~pl.col("skipped")).arg_true()).to_series()
    blank = lines.gather(broken).str.contains(r"^\s*$")
    return ParsedBlock(rows, broken.filter(~blank), len(lines) - int(blank.sum()))


def _expressions(log_format: LogFormat, *, strict: bool) -> list[pl.Expr]:
    chosen = {"time": log_format.time, "status": log_format.status}
    for name, default in _OPTIONAL.items():
        expression: pl.Expr | None = getattr(log_format, name)
        chosen[name] = default if expression is None else expression
    for name in (*TEXTS, *COUNTED):
        expression = getattr(log_format, name)
        if expression is not None:
            chosen[name] = expression
    known = log_format.recognised if strict else None
    chosen["known"] = pl.lit(1) if known is None else pl.when(known).then(1)
    return [expression.alias(name) for name, expression in chosen.items()]
