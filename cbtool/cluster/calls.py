"""Calls that lie with a cluster's workers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cbtool.logs.row_arrays import columns_of
from cbtool.traffic.parts import PART

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from cbtool.cluster.connection import Connection
    from cbtool.traffic.calls import Calls


class ClusterCalls:
    """See `cbtool.traffic.parts.LongCalls`; who looks at them here gets one part after the other.

    Args:
        connection: to the cluster.
        parts: name arrays of `logs.row_arrays.ROW`, in order.
        length: how many calls there are.
        origin: Unix nanoseconds that the rows' keys count from.
        epoch: the same in seconds, as it is told.
        span: seconds from the first start to the last.
        knows_durations: whether any call says how long it took.
        notes: what the source lacks or had wrong, a sentence each.
        log_format: the name of the format that they were read from.
    """

    def __init__(
        self,
        connection: Connection,
        parts: Sequence[Any],
        length: int,
        *,
        origin: int,
        epoch: float,
        span: float,
        knows_durations: bool,
        notes: tuple[str, ...],
        log_format: str,
    ) -> None:
        self._connection = connection
        self._length = length
        self.where = parts
        self.origin = origin
        self.epoch = epoch
        self.span = span
        self.rate = (length - 1) / span if span else 0.0
        self.knows_durations = knows_durations
        self.notes = notes
        self.log_format = log_format

    def __len__(self) -> int:
        return self._length

    def parts(self, size: int = PART, _: Collection[str] = ()) -> Iterator[Calls]:
        """Yield all calls, at most `size` at a time, without texts."""
        for part in self.where:
            [rows] = self._connection.results([part])
            for first in range(0, len(rows), size):
                yield replace(columns_of(rows[first : first + size], self.origin), epoch=self.epoch)

    def counts(self, _: str) -> dict[str, int]:
        """Return nothing: texts are not kept."""
        return {}

    def noting(self, notes: tuple[str, ...]) -> ClusterCalls:
        """Add notes, and return itself."""
        self.notes = (*self.notes, *notes)
        return self
