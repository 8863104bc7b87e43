"""Lines in, a call's columns out: the one place where a format's expressions are evaluated."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from cbtool.traffic.calls import UNKNOWN_DURATION
from cbtool.traffic.formats.evaluation import evaluated
from cbtool.traffic.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from cbtool.traffic.formats.log_format import LogFormat, Parts
    from cbtool.traffic.scanning.lines import Lines

LONGEST_LINE = 64 * 1024
"""Bytes; a longer line is rejected unread, so that no line costs more than others."""

COUNTED = ("total", "failed", "interval")
_COLUMNS = ("time", "status", "duration", "error", *TEXTS, *COUNTED)
_DEFAULTS = {"duration": np.int64(UNKNOWN_DURATION), "error": np.uint8(0)}


class ParsedBlock(NamedTuple):
    """What became of a block of lines.

    Attributes:
        rows: the calls, in the lines' order: `time` and `duration` (Int64, nanoseconds), `status` (Int16),
            `error` (UInt8), and those of `TEXTS` that are wanted and of `COUNTED` that the format has.
        rejected: the indexes of the lines that did not parse.
        lines: how many lines were not blank; if strict, without those that are no calls of any format.
    """

    rows: pl.DataFrame
    rejected: NDArray[np.int64]
    lines: int


def parse_lines(
    log_format: LogFormat,
    parts: Parts,
    lines: Lines,
    *,
    strict: bool = False,
    texts: Collection[str] = TEXTS,
) -> ParsedBlock:
    """Return the calls in `lines`, and which of them did not parse.

    Args:
        log_format: what to evaluate.
        parts: what the format's layout returned for the file's first line.
        lines: n of them.
        strict: also reject lines that do not meet `log_format.recognised`.
        texts: those of `TEXTS` that are wanted; others cost no time and are not there.
    """
    chosen = _expressions(log_format, texts, strict=strict)
    spans = parts(lines.without_longer(LONGEST_LINE))
    made = evaluated(spans, log_format.fields, chosen, len(lines))
    for name, value in _DEFAULTS.items():
        if name not in made:
            made[name] = pl.Series(np.full(len(lines), value))
    called = np.ones(len(lines), np.bool_)
    if "skipped" in made:
        called = ~made["skipped"].to_numpy()
    if log_format.part is not None and "perhaps" in made and made["perhaps"].any():
        found = evaluated(spans, log_format.fields, {"part": log_format.part}, len(lines))
        called &= ~found["part"].to_numpy()
    sound = np.ones(len(lines), np.bool_)
    for name in ("time", "duration", "status", *COUNTED):
        if name in made and made[name].null_count():
            sound &= made[name].is_not_null().to_numpy()
    if "known" in made:
        sound &= made["known"].fill_null(value=False).to_numpy()
    rows = pl.DataFrame({name: made[name] for name in _COLUMNS if name in made})
    if not (sound & called).all():
        rows = rows.filter(pl.Series(sound & called))
    broken = np.flatnonzero(~sound & called)
    blank = lines[broken].blank()
    silent = int(blank.sum()) + _blank_among(lines, ~called)
    if strict:
        known = made["known"].fill_null(value=False).to_numpy() if "known" in made else called
        silent += int((~called & ~known).sum())
    return ParsedBlock(rows, broken[~blank], len(lines) - silent)


def _blank_among(lines: Lines, which: NDArray[np.bool_]) -> int:
    return int(lines[np.flatnonzero(which)].blank().sum()) if which.any() else 0


def _expressions(log_format: LogFormat, texts: Collection[str], *, strict: bool) -> dict[str, pl.Expr]:
    wanted = {name: name for name in _COLUMNS if name not in TEXTS or name in texts}
    wanted |= {"skipped": "skipped", "perhaps": "perhaps_part"}
    if strict:
        wanted["known"] = "recognised"
    found = {name: getattr(log_format, attribute) for name, attribute in wanted.items()}
    return {name: expression for name, expression in found.items() if expression is not None}
