"""Calls that do not fit in memory: their columns on disk, by start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.scratch import Scratch
from cbtool.traffic.calls import Calls
from cbtool.traffic.parts import PART
from cbtool.traffic.thinning import share_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.traffic.parts import LongCalls

_COLUMNS: dict[str, Any] = {
    "start_ns": np.int64,
    "duration_ns": np.int64,
    "status": np.int16,
    "error": np.uint8,
    "position": np.int64,
}


class StoredCalls:
    """Calls on disk; see `cbtool.traffic.parts.LongCalls`. Its files vanish when it does.

    Args:
        epoch: Unix seconds of time 0.

    Attributes:
        notes: what the source lacks or had wrong, a sentence each.
        log_format: the name of the format that they were read from.
    """

    def __init__(self, epoch: float) -> None:
        self.epoch = epoch
        self.notes: tuple[str, ...] = ()
        self.log_format = ""
        self.span = 0.0
        self.knows_durations = False
        self._columns = {name: Scratch(dtype) for name, dtype in _COLUMNS.items()}

    def __len__(self) -> int:
        return len(self._columns["start_ns"])

    def append(self, calls: Calls) -> None:
        """Add calls that start no earlier than those before; they must have a `position`."""
        if len(calls):
            for name, column in self._columns.items():
                column.append(getattr(calls, name))
            self.span = calls.span
            self.knows_durations = self.knows_durations or calls.knows_durations

    def parts(self, size: int = PART) -> Iterator[Calls]:
        """Yield all calls, at most `size` at a time."""
        for first in range(0, len(self), size):
            columns: dict[str, Any] = {
                name: column.read(first, first + size) for name, column in self._columns.items()
            }
            yield Calls(**columns, epoch=self.epoch)

    def noting(self, notes: tuple[str, ...]) -> StoredCalls:
        """Add notes, and return itself."""
        self.notes = (*self.notes, *notes)
        return self

    def close(self) -> None:
        """Give the disk's room back."""
        for column in self._columns.values():
            column.close()


def thinned(calls: LongCalls, load: float, seed: int) -> StoredCalls:
    """Return a random share of calls, the same as `cbtool.traffic.thinning.thin` chooses.

    Raises:
        InvalidSettingError: the share is not over 0 and at most 1.
    """
    chosen = StoredCalls(calls.epoch)
    chosen.notes, chosen.log_format = calls.notes, calls.log_format
    for part, keep in share_of(calls.parts(), load, seed):
        chosen.append(part.take(keep))
    return chosen
