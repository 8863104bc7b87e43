"""A run record that was saved as Parquet, as the lines it was made from."""

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


def record_lines(path: str) -> Iterator[bytes]:
    """Yield the record's lines, the header first.

    Raises:
        WrongFormatError: it is a table of something else, or damaged.
    """
    try:
        table = pl.scan_parquet(path, glob=False)
        first = table.head(1).collect()
        if _HEADER not in first.columns or first.schema[_HEADER] != pl.String or not len(first):
            raise WrongFormatError(f"{path}: a Parquet table that is no run record; export its calls as CSV")
        yield f"{first[_HEADER][0]}".encode().strip() + b"\n"
        calls = table.filter(pl.col("type") == "call").drop(_HEADER)
        start = 0
        while len(rows := calls.slice(start, _ROWS).collect()):
            lines = io.BytesIO()
            rows.write_ndjson(lines)
            yield lines.getvalue()
            start += _ROWS
    except PolarsError as error:
        reason = str(error).partition("\n")[0][:60]
        raise WrongFormatError(f"{path}: not a readable Parquet file: {reason}") from None
