"""Parquet tables as lines: a run record as it was made, any other as one JSON object a row."""

from __future__ import annotations

import io
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


def table_lines(path: str) -> Iterator[bytes]:
    """Yield a table's rows; of a run record its lines, the header first.

    Raises:
        WrongFormatError: it is damaged.
    """
    try:
        table = pl.scan_parquet(path, glob=False)
        first = table.head(1).collect()
        if _HEADER in first.columns and first.schema[_HEADER] == pl.String and len(first):
            yield f"{first[_HEADER][0]}".encode().strip() + b"\n"
            table = table.filter(pl.col("type") == "call").drop(_HEADER)
        start = 0
        while len(rows := table.slice(start, _ROWS).collect()):
            lines = io.BytesIO()
            rows.write_ndjson(lines)
            yield lines.getvalue()
            start += _ROWS
    except PolarsError as error:
        reason = str(error).partition("\n")[0][:60]
        raise WrongFormatError(f"{path}: not a readable Parquet file: {reason}") from None
