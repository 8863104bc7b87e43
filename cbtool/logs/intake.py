"""Where parsed blocks go: they stay in memory while they are few, and are sorted on disk once they are many.

What `assemble` makes of few calls in memory is made here of any number in pieces: the same starts, the same
order, the same notes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from cbtool.logs.asked import Asked
from cbtool.logs.pieces import Pieces
from cbtool.logs.row_arrays import Facts, check_known, columns_of, row_of, rows_of
from cbtool.logs.rule_codes import RULE, RuleCodes
from cbtool.logs.stored import StoredCalls
from cbtool.logs.text_codes import codes_of
from cbtool.scratch import Sorter
from cbtool.traffic.formats import starts_of
from cbtool.traffic.formats.assembly import notes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cbtool.breaker.refusal import Guard
    from cbtool.logs.text_codes import TextCodes
    from cbtool.traffic.formats import LogFormat
    from cbtool.traffic.selection import Selection

MANY = 4_000_000
"""Calls that stay in memory; with what a simulation makes of them, some 500 MB."""

_BLOCK = 100_000  # calls that go to the disk at a time


class Intake:
    """Takes blocks of rows, file after file.

    Args:
        which: the calls that are wanted.
        many: how many calls stay in memory.
        texts: those that are kept of more calls; of paths, the endpoints.
        requests: whether what each call asked for is kept, too, whole.
        guard: whose rules are asked about each, of more calls; None: there is none.
    """

    def __init__(
        self,
        which: Selection,
        many: float,
        texts: Collection[str] = (),
        *,
        requests: bool = False,
        guard: Guard | None = None,
    ) -> None:
        self._requests = requests
        self._guard = guard
        self._which = which
        self._texts = texts
        self._many = many
        self._rows = 0
        self._early: list[tuple[LogFormat, Pieces] | None] = [None]  # by file
        self._disk: _Disk | None = None

    @property
    def overflowed(self) -> bool:
        """Whether there were too many to stay in memory."""
        return self._disk is not None

    def take(self, log_format: LogFormat, frame: pl.DataFrame) -> None:
        """Take a block of a file."""
        self._rows += len(frame)
        if self._disk is None:
            early = self._early[-1] or (log_format, Pieces())
            early[1].add(frame)
            self._early[-1] = early
            if self._rows > self._many:
                self._overflow()
        else:
            self._disk.add(log_format, frame)

    def end_file(self) -> None:
        """Say that what comes next is of another file."""
        if self._disk is None:
            self._early.append(None)
        else:
            self._disk.end_file()

    def frames(self) -> list[pl.DataFrame]:
        """Give away what each file gave, where it has not overflowed; a table without columns: nothing."""
        files, self._early = self._early[:-1], [None]
        return [pl.DataFrame() if file is None else file[1].taken() for file in files]

    def _overflow(self) -> None:
        codes = codes_of(self._texts)
        if self._guard is not None:
            codes[RULE] = RuleCodes(self._guard)
        self._disk = _Disk(self._which, codes, Asked() if self._requests else None)
        files, self._early = self._early, [None]
        for number, file in enumerate(files):
            if number:
                self._disk.end_file()
            if file is not None:
                log_format, pieces = file
                for frame in pieces.taken().iter_slices(_BLOCK):
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

    def __init__(self, which: Selection, codes: dict[str, TextCodes], asked: Asked | None) -> None:
        self._which = which
        self._asked = asked
        self._codes = codes
        self._formats: list[LogFormat] = []
        self._format: LogFormat | None = None
        self._facts = Facts()
        self._by_start = Sorter(row_of(codes))
        self._by_time: Sorter | None = None

    def add(self, log_format: LogFormat, frame: pl.DataFrame) -> None:
        """Add a block."""
        if not len(frame):
            return
        if self._format is None:
            self._format = log_format
            self._formats.append(log_format)
            self._by_time = Sorter(row_of(self._codes)) if log_format.resolution_ns > 1 else None
        rows, facts = rows_of(frame, self._which, self._facts.calls, self._codes)
        self._facts = self._facts.and_of(facts)
        if self._asked is not None:
            self._asked.add(frame)
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
        check_known(self._which, self._facts)
        stored, first, shift = None, None, 0
        for rows in self._by_start.sorted():
            first = int(rows["key"][0]) if first is None else first
            calls = columns_of(rows, first)
            keep = rows["fits"] & self._which.within(calls)
            if stored is None and keep.any():
                # As `rebased` does: times are counted from the first call that is wanted.
                shift = int(calls.start_ns[keep.argmax()])
                stored = StoredCalls(calls.epoch + shift / 1e9, self._codes, self._asked)
            if stored is not None:
                chosen = calls.take(keep)
                numbers = {name: rows[name][keep] for name in self._codes}
                stored.append(replace(chosen, start_ns=chosen.start_ns - shift), numbers)
        if stored is None:
            raise self._which.nothing(self._facts.calls)
        stored.notes = described(self._formats, self._facts, self._which, len(stored))
        stored.log_format = names_of(self._formats)
        self._by_start.close()
        return stored

    def close(self) -> None:
        self._by_start.close()
        if self._by_time is not None:
            self._by_time.close()

    def _place(self, rows: NDArray[np.void], log_format: LogFormat) -> None:
        rows["key"] = starts_of(log_format, rows["key"], rows["duration"])
        self._by_start.add(rows)


def described(formats: Sequence[LogFormat], facts: Facts, which: Selection, chosen: int) -> tuple[str, ...]:
    """Return what to tell the user of calls.

    Args:
        formats: one a file.
        facts: of all rows.
        which: what was asked for.
        chosen: how many calls are it.
    """
    asked = (which.note(chosen, facts.calls),) if which else ()
    return (*notes_of(formats, facts.calls, facts.unknown, facts.gave_up), *asked)


def names_of(formats: Sequence[LogFormat]) -> str:
    """Return the formats' names, each once."""
    return ", ".join(dict.fromkeys(each.name for each in formats))
