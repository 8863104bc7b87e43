"""Calls that lie with a cluster's workers."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.cluster.parsing import seen_of
from cbtool.logs.row_arrays import columns_of
from cbtool.logs.stored import StoredCalls
from cbtool.logs.text_codes import Decoded
from cbtool.traffic.parts import PART

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.cluster.connection import Connection
    from cbtool.logs.text_codes import TextCodes
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
        codes: what numbers their texts, by name.
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
        codes: Mapping[str, TextCodes],
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
        self.codes = codes
        self._decoded = {name: Decoded(code) for name, code in codes.items() if code.known}

    def __len__(self) -> int:
        return self._length

    def parts(self, size: int = PART, texts: Collection[str] = ()) -> Iterator[Calls]:
        """Yield all calls, at most `size` at a time, with those of `texts` that are known."""
        for part, numbers in self.numbered(size, [name for name in texts if name in self._decoded]):
            columns: dict[str, Any] = {}
            for name, own in numbers.items():
                columns |= self._decoded[name].columns(own)
            yield replace(part, **columns)

    def numbered(
        self, size: int = PART, names: Collection[str] | None = None
    ) -> Iterator[tuple[Calls, dict[str, NDArray[np.int32]]]]:
        """Yield the same, without texts, each with the numbers of those that are named; None: of all."""
        wanted = [name for name in self._decoded if names is None or name in names]
        for part in self.where:
            [rows] = self._connection.results([part])
            for first in range(0, len(rows), size):
                some = rows[first : first + size]
                numbers = {name: np.ascontiguousarray(some[name]) for name in wanted}
                yield replace(columns_of(some, self.origin), epoch=self.epoch), numbers

    def counts(self, name: str) -> dict[str, int]:
        """Return how many calls have each text; empty where it is not known, or there were too many."""
        if name not in self._decoded or self.codes[name].full:
            return {}
        begun = [self._connection.begin(seen_of, part, name) for part in self.where]
        found: Counter[str] = Counter()
        for numbers, counts in self._connection.results(begun):
            texts = (self.codes[name].texts[number] for number in numbers.tolist())
            found.update(dict(zip(texts, counts.tolist(), strict=True)))
        return dict(found)

    def like(self, epoch: float) -> StoredCalls:
        """Return room on this machine's disk for some of these calls."""
        others = StoredCalls(epoch, self.codes)
        others.notes, others.log_format = self.notes, self.log_format
        return others

    def noting(self, notes: tuple[str, ...]) -> ClusterCalls:
        """Add notes, and return itself."""
        self.notes = (*self.notes, *notes)
        return self
