"""From each file's rows to `Calls`: starts derived, equal times spread, files merged, what lacks noted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from cbtool.traffic.calls import Calls
from cbtool.traffic.formats.placing import in_order, order_of, starts_of
from cbtool.traffic.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.traffic.formats.log_format import LogFormat

NOBODY = "-"
CLIENT_GAVE_UP = 499  # nginx's own status for a client that closed the connection before the answer


@dataclass(slots=True)
class Rows:
    """The calls of one file, in its lines' order, as `parse_lines` gives them."""

    log_format: LogFormat
    frame: pl.DataFrame

    def taken(self) -> pl.DataFrame:
        """Return the calls, and keep none."""
        taken, self.frame = self.frame, self.frame.clear()
        return taken


def assemble(files: Sequence[Rows]) -> Calls:
    """Return the calls of all files in the order of their starts, at least one; the files' rows are taken.

    A time that is a request's end becomes its start by taking the duration off. Of m calls with the same
    time in a log that stamps whole seconds, the k-th line (from 0) is placed k/m of a second into it: their
    order and rate stay what the log says. Equal starts keep the order of files and lines.
    """
    columns = _Columns([rows.taken() for rows in files])
    starts = columns.starts([rows.log_format for rows in files])
    columns.order = order = order_of(starts)
    if order is not None:
        starts = starts[order]
    epoch_ns = int(starts[0])
    starts -= epoch_ns
    asked = [name for name in TEXTS if name in columns]
    with ThreadPoolExecutor(2) as pool:  # of more, more columns would be there twice
        found = pool.map(columns.texts, asked)
        duration, status, error = pool.map(columns.numbers, ("duration", "status", "error"))
    texts: dict[str, Any] = dict(zip(asked, found, strict=True))
    instance, instances = _instances(texts.pop("instance", None))
    calls = Calls(
        start_ns=starts,
        duration_ns=duration,
        status=status,
        error=error,
        epoch=epoch_ns / 1e9,
        instance=instance,
        instances=instances,
        position=None if order is None else order.view(np.int32),
        log_format=", ".join(dict.fromkeys(rows.log_format.name for rows in files)),
        **texts,
    )
    unknown = int((calls.duration_ns < 0).sum())
    gave_up = int((calls.status == CLIENT_GAVE_UP).sum())
    return calls.noting(notes_of([rows.log_format for rows in files], len(calls), unknown, gave_up))


class _Columns:
    """The columns of several tables, which give each away in order, so that little is there twice."""

    def __init__(self, frames: Sequence[pl.DataFrame]) -> None:
        self.order: NDArray[np.uint32] | None = None
        self._lengths = [len(frame) for frame in frames]
        names = dict.fromkeys(name for frame in frames for name in frame.columns)
        self._parts = {
            name: [frame[name] if name in frame.columns else None for frame in frames] for name in names
        }

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def starts(self, formats: Sequence[LogFormat]) -> NDArray[np.int64]:
        """Return when the calls of tables of these formats started, as they stand; their times go."""
        placed = []
        read = zip(formats, self._parts.pop("time"), self._parts["duration"], strict=True)
        for log_format, times, durations in read:
            placed.append(starts_of(log_format, _array([times]), _array([durations])))
        return placed[0] if len(placed) == 1 else np.concatenate(placed)

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column of numbers."""
        column = _array(self._parts.pop(name))
        return column if self.order is None else column[self.order]

    def texts(self, name: str) -> pl.Series:
        """Return a column of texts, null where a table has it not."""
        parts = [
            pl.repeat(None, length, dtype=pl.String, eager=True) if part is None else part
            for part, length in zip(self._parts.pop(name), self._lengths, strict=True)
        ]
        return pl.concat(list(in_order(parts, self.order)))


def _array(columns: Sequence[pl.Series | None]) -> NDArray[Any]:
    """Return a copy in numpy's memory, which goes back to the system; polars keeps what it once took."""
    chunks = (chunk for column in columns if column is not None for chunk in column.get_chunks())
    return np.concatenate([chunk.to_numpy() for chunk in chunks])


def _instances(names: pl.Series | None) -> tuple[NDArray[np.int32] | None, tuple[str, ...]]:
    if names is None or names.null_count() == len(names):
        return None, ()
    filled = names.fill_null(NOBODY)
    known = filled.unique().sort()
    return filled.cast(pl.Enum(known)).to_physical().cast(pl.Int32).to_numpy(), tuple(known)


def notes_of(formats: Sequence[LogFormat], calls: int, unknown: int, gave_up: int) -> tuple[str, ...]:
    """Return what to tell the user of calls from files of these formats.

    Args:
        formats: one a file.
        calls: how many there are.
        unknown: how many of them have no duration.
        gave_up: how many have status `CLIENT_GAVE_UP`.
    """
    notes = [note for log_format in formats for note in log_format.notes]
    if any(log_format.resolution_ns > 1 for log_format in formats):
        notes.append("times are whole seconds: calls of the same second were spread evenly over it")
    if unknown == calls:
        notes.append("the log has no durations: slow calls cannot be told, and calls count as instantaneous")
    elif unknown:
        notes.append(f"{unknown:,} of {calls:,} calls have no duration, and count as instantaneous")
    if gave_up:
        notes.append(
            f"{gave_up:,} calls have status 499 (the client gave up waiting); "
            'they count as failures only if the outcome rules list "499"'
        )
    return tuple(dict.fromkeys(notes))
