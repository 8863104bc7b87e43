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

_ROWS = 50_000  # at a time
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
        first = table.head(1).collect()
        if _HEADER in first.columns and first.schema[_HEADER] == pl.String and len(first):
            yield f"{first[_HEADER][0]}".encode().strip() + b"\n"
            table = table.filter(pl.col("type") == "call") if calls_only else table
            table = table.drop(_HEADER)
        elif not calls_only:
            return
        for rows in table.collect_batches(chunk_size=_ROWS, engine="streaming"):
            for part in rows.iter_slices(_ROWS):
                lines = io.BytesIO()
                part.write_ndjson(lines)
                yield lines.getvalue()
    except PolarsError as error:
        reason = str(error).partition("\n")[0][:60]
        raise WrongFormatError(f"{path}: not a readable Parquet file: {reason}") from None
