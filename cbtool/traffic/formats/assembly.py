"""From each file's rows to `Calls`: starts derived, equal times spread, files merged, what lacks noted."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from cbtool.traffic.calls import Calls
from cbtool.traffic.formats.placing import in_order, order_of, starts_of
from cbtool.traffic.texts import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    duration, status, error = (columns.numbers(name) for name in ("duration", "status", "error"))
    instance, instances = _instances(columns.texts("instance") if "instance" in columns else None)
    asked = [name for name in TEXTS if name != "instance" and name in columns]
    texts: dict[str, Any] = {name: columns.texts(name) for name in asked}
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
        self._frames = frames
        self._lengths = [len(frame) for frame in frames]

    def __contains__(self, name: str) -> bool:
        return any(name in frame.columns for frame in self._frames)

    def starts(self, formats: Sequence[LogFormat]) -> NDArray[np.int64]:
        """Return when the calls of tables of these formats started, as they stand; their times go."""
        placed = []
        for log_format, frame in zip(formats, self._frames, strict=True):
            durations = _array(frame["duration"])
            placed.append(starts_of(log_format, _array(frame.drop_in_place("time")), durations))
        return placed[0] if len(placed) == 1 else np.concatenate(placed)

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column of numbers."""
        pieces = self._pieces(name)
        first = next(pieces)
        made = np.empty(sum(self._lengths), first.to_numpy().dtype)
        at = 0
        for piece in chain([first], pieces):
            made[at : at + len(piece)] = piece.to_numpy()
            at += len(piece)
        return made

    def texts(self, name: str) -> pl.Series:
        """Return a column of texts, null where a table has it not."""
        return pl.concat(list(self._pieces(name)))

    def _pieces(self, name: str) -> Iterator[pl.Series]:
        parts = [
            frame.drop_in_place(name)
            if name in frame.columns
            else pl.repeat(None, length, dtype=pl.String, eager=True)
            for frame, length in zip(self._frames, self._lengths, strict=True)
        ]
        return in_order(parts, self.order)


def _array(column: pl.Series) -> NDArray[np.int64]:
    """Return a copy in numpy's memory, which goes back to the system; polars keeps what it once took."""
    return np.concatenate([chunk.to_numpy() for chunk in column.get_chunks()])


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
