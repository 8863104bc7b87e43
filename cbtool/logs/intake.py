"""Where parsed blocks go: they stay in memory while they are few, and are sorted on disk once they are many.

What `assemble` makes of few calls in memory is made here of any number in pieces: the same starts, the same
order, the same notes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from cbtool.logs.stored import StoredCalls
from cbtool.scratch import Sorter
from cbtool.traffic.calls import Calls
from cbtool.traffic.formats import starts_of
from cbtool.traffic.formats.assembly import CLIENT_GAVE_UP, NOBODY, notes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.formats import LogFormat
    from cbtool.traffic.selection import Selection

MANY = 4_000_000
"""Calls that stay in memory; with what a simulation makes of them, some 500 MB."""

_ROW = np.dtype(
    [
        ("key", np.int64),  # its time while its file is read, then its start
        ("position", np.int64),
        ("duration", np.int64),
        ("status", np.int16),
        ("error", np.uint8),
        ("fits", np.bool_),
    ]
)
_ASKED = ("path", "host", "method", "upstream", "instance")


class Intake:
    """Takes blocks of rows, file after file.

    Args:
        which: the calls that are wanted.
        many: how many calls stay in memory.
    """

    def __init__(self, which: Selection, many: int) -> None:
        self._which = which
        self._many = many
        self._rows = 0
        self._early: list[list[tuple[LogFormat, pl.DataFrame]]] = [[]]  # by file
        self._disk: _Disk | None = None

    @property
    def overflowed(self) -> bool:
        """Whether there were too many to stay in memory."""
        return self._disk is not None

    def take(self, log_format: LogFormat, frame: pl.DataFrame) -> None:
        """Take a block of a file."""
        self._rows += len(frame)
        if self._disk is None:
            self._early[-1].append((log_format, frame))
            if self._rows > self._many:
                self._overflow()
        else:
            self._disk.add(log_format, frame)

    def end_file(self) -> None:
        """Say that what comes next is of another file."""
        if self._disk is None:
            self._early.append([])
        else:
            self._disk.end_file()

    def frames(self) -> list[pl.DataFrame]:
        """Give away what each file gave, where it has not overflowed; a table without columns: nothing."""
        files, self._early = self._early[:-1], [[]]
        blocks = ([frame for _, frame in file] for file in files)
        return [pl.concat(file) if file else pl.DataFrame() for file in blocks]

    def _overflow(self) -> None:
        self._disk = _Disk(self._which)
        files, self._early = self._early, [[]]
        for number, file in enumerate(files):
            if number:
                self._disk.end_file()
            for log_format, frame in file:
                self._disk.add(log_format, frame)

    def calls(self) -> StoredCalls:
        """Return the calls, which have overflowed.

        Raises:
            ConfigurationError: the calls do not say what is asked for.
            InsufficientDataError: none is what is asked for.
        """
        assert self._disk is not None  # noqa: S101  # the caller has looked
        return self._disk.calls()

    def close(self) -> None:
        """Give the disk's room back."""
        if self._disk is not None:
            self._disk.close()


class _Disk:
    """Rows on disk."""

    def __init__(self, which: Selection) -> None:
        self._which = which
        self._known: set[str] = set()
        self._formats: list[LogFormat] = []
        self._format: LogFormat | None = None
        self._position = 0
        self._unknown = 0
        self._gave_up = 0
        self._by_start = Sorter(_ROW)
        self._by_time: Sorter | None = None

    def add(self, log_format: LogFormat, frame: pl.DataFrame) -> None:
        """Add a block."""
        if not len(frame):
            return
        if self._format is None:
            self._format = log_format
            self._formats.append(log_format)
            self._by_time = Sorter(_ROW) if log_format.resolution_ns > 1 else None
        rows = np.empty(len(frame), _ROW)
        rows["key"], rows["duration"] = frame["time"].to_numpy(), frame["duration"].to_numpy()
        rows["status"], rows["error"] = frame["status"].to_numpy(), frame["error"].to_numpy()
        rows["position"] = np.arange(self._position, self._position + len(frame))
        rows["fits"] = self._fits(frame)
        self._position += len(frame)
        self._unknown += int((rows["duration"] < 0).sum())
        self._gave_up += int((rows["status"] == CLIENT_GAVE_UP).sum())
        if self._by_time is None:
            self._place(rows, log_format)
        else:
            self._by_time.add(rows)

    def end_file(self) -> None:
        """Place the calls of a file whose equal times must all be known."""
        if self._by_time is not None and self._format is not None:
            for rows in self._by_time.sorted():
                self._place(rows, self._format)
            self._by_time.close()
        self._by_time = self._format = None

    def calls(self) -> StoredCalls:
        self._check_known()
        stored, first, shift = None, None, 0
        for rows in self._by_start.sorted():
            first = int(rows["key"][0]) if first is None else first
            calls = _columns(rows, first)
            keep = rows["fits"] & self._which.within(calls)
            if stored is None and keep.any():
                # As `rebased` does: times are counted from the first call that is wanted.
                shift = int(calls.start_ns[keep.argmax()])
                stored = StoredCalls(calls.epoch + shift / 1e9)
            if stored is not None:
                chosen = calls.take(keep)
                stored.append(replace(chosen, start_ns=chosen.start_ns - shift))
        if stored is None:
            raise self._which.nothing(self._position)
        asked = (self._which.note(len(stored), self._position),) if self._which else ()
        notes = notes_of(self._formats, self._position, self._unknown, self._gave_up)
        stored.notes = (*notes, *asked)
        stored.log_format = ", ".join(dict.fromkeys(each.name for each in self._formats))
        self._by_start.close()
        return stored

    def close(self) -> None:
        self._by_start.close()
        if self._by_time is not None:
            self._by_time.close()

    def _place(self, rows: NDArray[np.void], log_format: LogFormat) -> None:
        rows["key"] = starts_of(log_format, rows["key"], rows["duration"])
        self._by_start.add(rows)

    def _fits(self, frame: pl.DataFrame) -> NDArray[np.bool_]:
        """Return which rows are what is asked for; what this block does not say, another may."""
        if not self._which:
            return np.ones(len(frame), np.bool_)
        texts: dict[str, Any] = {}
        for name in _ASKED:
            known = name in frame.columns
            texts[name] = (
                frame[name] if known else pl.Series(name, [None], pl.String).new_from_index(0, len(frame))
            )
            if known and (name != "instance" or frame[name].null_count() < len(frame)):
                self._known.add(name)
        served = texts.pop("instance").cast(pl.String).fill_null(NOBODY)
        names = served.unique().sort()
        calls = Calls(
            start_ns=frame["time"].to_numpy(),
            duration_ns=frame["duration"].to_numpy(),
            status=frame["status"].to_numpy(),
            error=frame["error"].to_numpy(),
            instance=served.cast(pl.Enum(names)).to_physical().cast(pl.Int32).to_numpy(),
            instances=tuple(names),
            **texts,
        )
        return self._which.fits(calls)

    def _check_known(self) -> None:
        """Raise what `Selection` raises of calls that do not say what is asked for."""
        nothing = np.zeros(0, np.int64)
        known: dict[str, Any] = {name: pl.Series([], dtype=pl.String) for name in self._known - {"instance"}}
        served = nothing.astype(np.int32) if "instance" in self._known else None
        status, error = nothing.astype(np.int16), nothing.astype(np.uint8)
        if self._which:
            self._which.fits(Calls(nothing, nothing, status, error, instance=served, **known))


def _columns(rows: NDArray[np.void], first: int) -> Calls:
    return Calls(
        start_ns=rows["key"] - first,
        duration_ns=np.ascontiguousarray(rows["duration"]),
        status=np.ascontiguousarray(rows["status"]),
        error=np.ascontiguousarray(rows["error"]),
        epoch=first / 1e9,
        position=np.ascontiguousarray(rows["position"]),
    )
