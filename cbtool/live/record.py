"""The run record's writer: a thread that encodes, writes, and flushes every second.

The engine only appends to a queue. A `kill -9` loses at most what came after the last flush.
"""

from __future__ import annotations

import gzip
import threading
import time
import zlib
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO, Self

import msgspec

from cbtool.errors import UnreachableError
from cbtool.live.record_lines import CallLine, Line

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType


FLUSH_EVERY = 1.0  # seconds; what a kill can lose
_WAKE_EVERY = 0.05  # seconds; small batches, so that encoding never holds up the engine's thread for long
_BATCH = 256  # lines encoded at once, about a third of a millisecond
LONGEST_QUEUE = 500_000  # lines (about 150 MB); beyond it, call lines are left out and counted


class RunRecorder:
    """Writes one run record; use it as a context manager.

    Args:
        path: `.ndjson`, or with `.gz` compressed, or `.parquet`, which is made at the end of the run.

    Raises:
        UnreachableError: the file cannot be created, or, on leaving, could not be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost = 0
        self._parquet = path.suffix == ".parquet"
        self._written = path.with_name(path.name + ".partial.ndjson") if self._parquet else path
        self._queue: deque[Line] = deque()
        self._closing = threading.Event()
        self._failure: OSError | None = None
        self._file = self._open()
        self._thread = threading.Thread(target=self._run, name="run-record", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()
        if self._failure is not None:
            if kind is None:
                raise _unwritable(self.path, self._failure) from None
            return
        if self._parquet:
            _to_parquet(self._written, self.path)

    def put(self, line: Line) -> None:
        """Queue a line; from the engine's thread."""
        if len(self._queue) >= LONGEST_QUEUE and isinstance(line, CallLine):
            self.lost += 1
        else:
            self._queue.append(line)

    def _open(self) -> BinaryIO | gzip.GzipFile:
        try:
            if self.path.suffix == ".gz":
                return gzip.GzipFile(self._written, "wb", compresslevel=1)
            return self._written.open("wb")
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def _run(self) -> None:
        encoder = msgspec.json.Encoder()
        flushed = time.monotonic()
        try:
            with self._file:
                while not self._closing.wait(_WAKE_EVERY):
                    self._drain(encoder)
                    if time.monotonic() - flushed >= FLUSH_EVERY:
                        self._flush()
                        flushed = time.monotonic()
                self._drain(encoder)
        except OSError as error:
            self._failure = error
            self._queue.clear()

    def _drain(self, encoder: msgspec.json.Encoder) -> None:
        queue = self._queue
        while waiting := min(len(queue), _BATCH):
            lines = list(islice(iter(queue.popleft, None), waiting))
            self._file.write(encoder.encode_lines(lines))

    def _flush(self) -> None:
        if isinstance(self._file, gzip.GzipFile):
            self._file.flush(zlib.Z_SYNC_FLUSH)
        self._file.flush()


def check_writable(path: Path) -> None:
    """Find out, without changing the file, whether a record can be written.

    Raises:
        UnreachableError: it cannot.
    """
    existed = path.exists()
    try:
        path.open("ab").close()
        if not existed:
            path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> UnreachableError:
    return UnreachableError(f"{path}: the run record cannot be written: {error.strerror or error}")


def _to_parquet(lines: Path, path: Path) -> None:
    """Turn a finished record into one table: a column a key, the header as JSON in a column of its own."""
    import polars as pl  # noqa: PLC0415  # only this format needs it

    with lines.open("rb") as file:
        header = file.readline()
    columns: dict[str, Any] = {
        "type": pl.String,
        "t": pl.Float64,
        "lag_ms": pl.Float64,
        "duration_ms": pl.Float64,
        "status": pl.Int64,
        "error": pl.String,
        "method": pl.String,
        "path": pl.String,
        "outcome": pl.String,
        "permitted": pl.Boolean,
        "state": pl.String,
        "instance": pl.Int64,
        "redirected": pl.Boolean,
        "dropped": pl.Int64,
        "from": pl.String,
        "to": pl.String,
        "reason": pl.String,
        "calls": pl.Int64,
        "failures": pl.Int64,
        "slow": pl.Int64,
        "detail": pl.String,
        "interrupted": pl.Boolean,
    }
    try:
        table = pl.read_ndjson(lines, schema=columns)
        first = pl.Series("header", [header.decode()], dtype=pl.String)
        table = table.with_columns(first.extend_constant(None, table.height - 1))
        table.write_parquet(path)
    except OSError as error:
        raise _unwritable(path, error) from None
    lines.unlink()
