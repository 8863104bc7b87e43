"""The run record: NDJSON written by a thread, so that the engine never waits for a disk.

Lines: one header, then calls and transitions as they happen, and one end. The file is flushed every second,
so a killed process loses at most that; every reader accepts a record without its end.
"""

from __future__ import annotations

import gzip
import queue
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

import msgspec

from cbtool.errors import UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT_VERSION = 1
FLUSH_EVERY = 1.0  # seconds
BATCH = 5000  # lines encoded before the writer looks at the clock again


class CallLine(msgspec.Struct, omit_defaults=True, tag_field="type", tag="call"):
    """One call. Times are seconds since the run's start, or milliseconds where the name says so."""

    t: float
    lag_ms: float | None = None
    duration_ms: float | None = None
    status: int | None = None
    error: str | None = None
    method: str | None = None
    path: str | None = None
    outcome: str | None = None
    permitted: bool | None = None
    state: str = ""
    instance: int | None = None
    redirected: bool = False


class Recorder(Protocol):
    """What the engine writes to."""

    def call(self, line: CallLine) -> None:
        """Record a call."""

    def event(self, line: Mapping[str, Any]) -> None:
        """Record a header, a transition or the end."""


class RunRecorder:
    """Writes a record from a thread of its own.

    Args:
        path: `.ndjson`, `.ndjson.gz`, or `.parquet`, which is converted when the run is over.

    Raises:
        UnreachableError: the file cannot be created.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._parquet = path.suffix == ".parquet"
        self._written = path.with_suffix(".ndjson.part") if self._parquet else path
        self._queue: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._error: OSError | None = None
        try:
            self._file = _open(self._written)
        except OSError as error:
            raise UnreachableError(f"{path}: cannot be written: {error.strerror or error}") from None
        self._thread = threading.Thread(target=self._write_all, name="run-record", daemon=True)
        self._thread.start()

    def call(self, line: CallLine) -> None:
        """Record a call."""
        self._queue.put(line)

    def event(self, line: Mapping[str, Any]) -> None:
        """Record a header, a transition or the end."""
        self._queue.put(line)

    def close(self) -> None:
        """Write what is left, and convert to Parquet where that was asked for.

        Raises:
            UnreachableError: the disk refused some of it.
        """
        self._stop.set()
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise UnreachableError(f"{self.path}: cannot be written: {self._error.strerror or self._error}")
        if self._parquet:
            _to_parquet(self._written, self.path)

    def _write_all(self) -> None:
        try:
            with self._file:
                while not self._stop.is_set():
                    self._drain(wait=FLUSH_EVERY)
                self._drain(wait=None)
        except OSError as error:
            # A full disk must not end the run; close() tells.
            self._error = error

    def _drain(self, wait: float | None) -> None:
        """Write what is queued; with `wait`, let lines gather for so long first, for large writes."""
        if wait is not None:
            self._stop.wait(wait)
        encoder, buffer = msgspec.json.Encoder(), bytearray()
        for _ in range(self._queue.qsize()):
            line = self._queue.get()
            if line is None:
                continue
            buffer += encoder.encode(line)
            buffer += b"\n"
            if len(buffer) > BATCH * 200:
                self._file.write(buffer)
                buffer.clear()
        self._file.write(buffer)
        self._file.flush()


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        # gzip's flush ends a deflate block, so that what is flushed can be read back after a kill.
        return cast("IO[bytes]", gzip.open(path, "wb", compresslevel=4))
    return path.open("wb")


def _to_parquet(source: Path, target: Path) -> None:
    import polars as pl  # noqa: PLC0415  # only for Parquet

    pl.scan_ndjson(source, infer_schema_length=None).sink_parquet(target)
    source.unlink()
