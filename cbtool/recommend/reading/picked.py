"""Some of a trace's calls, which need not be in memory: those in ranges of them, in order."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbtool.recommend.reading.columns import Column, TraceColumns


class Range(NamedTuple):
    """Calls from `first` on, up to `behind`, that one not included."""

    first: int
    behind: int


def length_of(ranges: Iterable[Range]) -> int:
    """Return how many calls ranges hold, none of which overlaps another."""
    return sum(each.behind - each.first for each in ranges)


class Picked:
    """A column's values in ranges.

    Args:
        column: of all calls.
        ranges: in order, none overlapping another, none empty.
    """

    def __init__(self, column: Column, ranges: Sequence[Range]) -> None:
        self._column = column
        self._ranges = ranges
        self._before = np.cumsum([0, *(each.behind - each.first for each in ranges)]).tolist()

    def __len__(self) -> int:
        return int(self._before[-1])

    def __getitem__(self, where: Any) -> Any:
        if not isinstance(where, slice):
            at = bisect_right(self._before, where) - 1
            return self._column[self._ranges[at].first + int(where) - self._before[at]]
        first, behind, _ = where.indices(len(self))
        found = []
        at = max(0, bisect_right(self._before, first) - 1)
        while at < len(self._ranges) and self._before[at] < behind:
            begin, before = self._ranges[at].first, self._before[at]
            end = min(self._ranges[at].behind, begin + behind - before)
            found.append(self._column[begin + max(0, first - before) : end])
            at += 1
        return found[0] if len(found) == 1 else np.concatenate(found or [self._column[0:0]])


class PickedTrace:
    """The same of all columns of a trace, at the calls' own times; see `columns.TraceColumns`."""

    def __init__(self, trace: TraceColumns, ranges: Sequence[Range]) -> None:
        self.start = Picked(trace.start, ranges)
        self.duration = Picked(trace.duration, ranges)
        self.failed = Picked(trace.failed, ranges)
        self.knows_durations = trace.knows_durations
        self._trace = trace
        self._ranges = ranges

    def __len__(self) -> int:
        return len(self.start)

    @property
    def span(self) -> float:
        """Seconds from the first start to the last."""
        return float(self.start[len(self) - 1] - self.start[0]) / 1e9 if len(self) else 0.0

    def slower_than(self, seconds: float) -> Picked:
        """Return which calls took longer."""
        return Picked(self._trace.slower_than(seconds), self._ranges)
