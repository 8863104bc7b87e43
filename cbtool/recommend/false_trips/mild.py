"""Mild stretches: minutes at a level that is worse than usual and no incident, as one bad instance of eight.

Their level is known, and so is how often chance alone fills a gate at it. Few such stretches say nothing of a
tail, and the next may last longer than those that were seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.false_trips.chance import Levels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.incidents.segments import Segment
    from cbtool.recommend.reading.trace import Trace

_LEAST_CALLS, _LEAST_SECONDS = 200, 10.0  # else it was a burst, whose level is no level
_LEAST_RUNS = 8  # of bad calls, good ones between them, unless the calls are so many: no bursts have so many
_MANY_CALLS = 1_000  # tell a level however soon they came


@dataclass(frozen=True, slots=True)
class Mild:
    """The mild stretches of a log.

    Attributes:
        stretches: the calls of each, of all breakers together.
        seconds: of all healthy time.
        breakers: that share the calls.
    """

    stretches: tuple[Trace, ...]
    seconds: float
    breakers: int = 1

    def levels(self, slow_from: float | None) -> Levels:
        """Return the stretches' loads as one breaker sees them, and their shares of slow (failed) calls."""
        seconds = np.array([stretch.span for stretch in self.stretches])
        calls = np.array([len(stretch) for stretch in self.stretches])
        bad = [
            stretch.failed.mean() if slow_from is None else stretch.slower_than(slow_from).mean()
            for stretch in self.stretches
        ]
        return Levels(calls / seconds / self.breakers, np.array(bad), seconds / seconds.sum())

    @property
    def share(self) -> float:
        """Share of the healthy time that they take."""
        return sum(stretch.span for stretch in self.stretches) / self.seconds


def mild_stretches(
    trace: Trace, ridden: Sequence[Segment], bad: NDArray[np.bool_], seconds: float, breakers: int
) -> Mild | None:
    """Return those of the stretches to be ridden through that last; None where none does.

    Args:
        trace: the calls.
        ridden: the mild ones.
        bad: which of all calls failed or were slow.
        seconds: of healthy time.
        breakers: that share the calls.
    """

    def lasts(segment: Segment) -> bool:
        mine = bad[segment.first : segment.last + 1]
        runs = int(np.count_nonzero(mine[1:] & ~mine[:-1]))
        return len(mine) >= _LEAST_CALLS * breakers or runs >= _LEAST_RUNS * breakers

    taken = [_part(trace, segment) for segment in ridden if lasts(segment)]
    many = _MANY_CALLS * breakers
    lasting = tuple(part for part in taken if part.span >= _LEAST_SECONDS or len(part) >= many)
    return Mild(lasting, seconds, breakers) if lasting else None


def _part(trace: Trace, segment: Segment) -> Trace:
    part = slice(segment.first, segment.last + 1)
    return replace(trace, start=trace.start[part], duration=trace.duration[part], failed=trace.failed[part])
