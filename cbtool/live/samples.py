"""The answered calls of a run as columns, so that a recommendation can follow it. Bounded memory."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import numpy as np

from cbtool.traffic.calls import Calls

if TYPE_CHECKING:
    from cbtool.traffic.error_kind import ErrorKind

MOST_CALLS = 5_000_000
"""Calls kept, at 19 bytes each; later ones are left out, with a note."""


class Samples:
    """Grows by one call at a time."""

    def __init__(self) -> None:
        self._start_ns = array("q")
        self._duration_ns = array("q")
        self._status = array("h")
        self._error = array("B")
        self.left_out = 0

    def add(self, sent: float, duration: float, status: int, error: ErrorKind) -> None:
        """Keep a call that was sent at `sent` seconds and took `duration`."""
        if len(self._status) >= MOST_CALLS:
            self.left_out += 1
            return
        self._start_ns.append(int(sent * 1e9 + 0.5))
        self._duration_ns.append(int(duration * 1e9 + 0.5))
        self._status.append(status)
        self._error.append(error)

    def calls(self, epoch: float) -> Calls:
        """Return what was kept, by start.

        Args:
            epoch: Unix seconds of the run's start.
        """
        start = np.array(self._start_ns, dtype=np.int64)
        order = np.argsort(start, kind="stable")
        first = int(start[order[0]]) if len(start) else 0
        notes = (f"the last {self.left_out:,} calls of the run were not kept",) if self.left_out else ()
        return Calls(
            start_ns=start[order] - first,
            duration_ns=np.array(self._duration_ns, dtype=np.int64)[order],
            status=np.array(self._status, dtype=np.int16)[order],
            error=np.array(self._error, dtype=np.uint8)[order],
            epoch=epoch + first / 1e9,
            notes=notes,
        )
