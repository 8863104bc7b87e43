"""Parquet tables as lines: a run record as it was made, any other as one JSON object a row."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PolarsError

from cbtool.errors import WrongFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

PARQUET = b"PAR1"
"""What a Parquet file begins with."""

_VALUES, _USUAL = 2_000_000, 5  # that are decoded at a time, in rows of at least so many
_ROWS, _BYTES = 50_000, 16 << 20  # of them that become lines at a time, at most
_FEW = 1_000_000
_MOST_A_BYTE = 64  # rows; above it all are alike, times with them, and what follows costs minutes
_HEADER = "header"  # the column whose first value is the record's header line


def is_table(path: str) -> bool:
    """Return whether a file is a Parquet table."""
    with Path(path).open("rb") as file:
        return file.read(len(PARQUET)) == PARQUET


def record_rows(path: str) -> Iterator[bytes]:
    """Yield a run record's header and all its rows as lines; nothing of another table.

    Raises:
        WrongFormatError: it is damaged.
    """
    yield from _lines(path, calls_only=False)


def table_lines(path: str) -> Iterator[bytes]:
    """Yield a table's rows; of a run record its lines, the header first.

    Raises:
        WrongFormatError: it is damaged.
    """
    yield from _lines(path, calls_only=True)


def _lines(path: str, *, calls_only: bool) -> Iterator[bytes]:
    try:
        table = pl.scan_parquet(path, glob=False)
        length = int(table.select(pl.len()).collect().item())
        if length > max(_FEW, _MOST_A_BYTE * Path(path).stat().st_size):
            raise WrongFormatError(
                f"{path}: {length:,} rows in {Path(path).stat().st_size:,} bytes: no log is all alike"
            )
        first = table.head(1).collect()
        with_header = _HEADER in first.columns and first.schema[_HEADER] == pl.String and bool(length)
        if with_header:
            yield f"{first[_HEADER][0]}".encode().strip() + b"\n"
        elif not calls_only:
            return
        step = max(_VALUES // max(len(first.columns), _USUAL), _ROWS)
        for at in range(0, length, step):
            # By their numbers: a stream of batches holds whole row groups, and a file may be one.
            rows = table.slice(at, step)
            if with_header:
                rows = (rows.filter(pl.col("type") == "call") if calls_only else rows).drop(_HEADER)
            yield from _written(rows.collect(engine="streaming"))
    except PolarsError as error:
        reason = str(error).partition("\n")[0][:60]
        raise WrongFormatError(f"{path}: not a readable Parquet file: {reason}") from None


def _written(rows: pl.DataFrame) -> Iterator[bytes]:
    """Yield rows as JSON, few bytes at a time: a long text may be in all of them, and be stored once."""
    size = int(rows.estimated_size()) // max(len(rows), 1) + 1
    for part in rows.iter_slices(max(min(_BYTES // size, _ROWS), 1)):
        lines = io.BytesIO()
        part.write_ndjson(lines)
        yield lines.getvalue()
