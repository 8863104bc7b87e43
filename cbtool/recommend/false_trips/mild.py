"""Mild stretches: minutes at a level that is worse than usual and no incident, as one bad instance of eight.

Their level is known, and so is how often chance alone fills a gate at it. Few such stretches say nothing of a
tail: the next may last longer than those that were seen, and comes at any load, by day as by night.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.false_trips.chance import Levels, trips_in_stretches
from cbtool.recommend.incidents.incidents import A_TAIL
from cbtool.recommend.incidents.segments import LEAST_BAD_CALLS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.incidents.segments import Segment
    from cbtool.recommend.model import Regime
    from cbtool.recommend.reading.trace import Trace

_LEAST_CALLS, _LEAST_SECONDS = 200, 10.0  # else it was a burst, whose level is no level
_LEAST_RUNS = 8  # of bad calls, good ones between them, unless the calls are so many: no bursts have so many
_MANY_CALLS = 1_000  # tell a level however soon they came
_SURE = 2.0  # standard errors, by which there may be more of them than were seen


@dataclass(frozen=True, slots=True)
class Mild:
    """The mild stretches of a log.

    Attributes:
        stretches: the calls of each, of all breakers together.
        seconds: of all healthy time.
        breakers: that share the calls.
        regimes: of load, as one breaker sees it, at any of which such a stretch may come.
    """

    stretches: tuple[Trace, ...]
    seconds: float
    breakers: int = 1
    regimes: tuple[Regime, ...] = ()
    _known: dict[float | None, Levels] = field(default_factory=dict)

    def levels(self, slow_from: float | None) -> Levels:
        """Return the stretches' loads as one breaker sees them, and their shares of slow (failed) calls.

        Those of all stretches as they were come first; then, of few, those at each regime's load.
        """
        if slow_from not in self._known:
            self._known[slow_from] = self._levels(slow_from)
        return self._known[slow_from]

    def _levels(self, slow_from: float | None) -> Levels:
        seconds = np.array([stretch.span for stretch in self.stretches])
        calls = np.array([len(stretch) for stretch in self.stretches])
        bad = np.array(
            [
                stretch.failed.mean() if slow_from is None else stretch.slower_than(slow_from).mean()
                for stretch in self.stretches
            ]
        )
        rate = np.concatenate([calls / seconds / self.breakers, *(0 * seconds + r.rate for r in self._loads)])
        views = 1 + len(self._loads)
        return Levels(rate, np.tile(bad, views), np.tile(seconds, views) / self.seconds, {})

    @property
    def _loads(self) -> tuple[Regime, ...]:
        """The loads at which they are looked at beside their own."""
        return self.regimes if len(self.regimes) > 1 and len(self.stretches) < A_TAIL else ()

    def trips(
        self, gate: Gate, slow_from: float | None, threshold: float, usual: float
    ) -> tuple[float, float]:
        """Return how often a second of healthy time such stretches trip, and how often at most.

        They may come as they came, or at any load: the worse counts.

        Args:
            gate: when the breaker opens.
            slow_from: bad calls are slow ones; None: failed ones.
            threshold: of the rate of such, percent.
            usual: share of bad calls around the stretches.
        """
        levels, number = self.levels(slow_from), len(self.stretches)
        each = trips_in_stretches(levels, gate, threshold, self.seconds * levels.time, usual)
        by_view = each.reshape(-1, number).sum(axis=1) / self.seconds
        elsewhere = sum(r.share_of_time * trips for r, trips in zip(self._loads, by_view[1:], strict=True))
        likely = max(float(by_view[0]), float(elsewhere))
        return likely, likely * (1.0 + _SURE / math.sqrt(number))


def mild_stretches(
    trace: Trace,
    ridden: Sequence[Segment],
    bad: NDArray[np.bool_],
    seconds: float,
    *,
    breakers: int,
    regimes: Sequence[Regime] = (),
) -> Mild | None:
    """Return those of the stretches to be ridden through that last; None where none does.

    Args:
        trace: the calls.
        ridden: the mild ones. Where they are few, no tail tells of them, and fewer calls tell a level.
        bad: which of all calls failed or were slow.
        seconds: of healthy time.
        breakers: that share the calls.
        regimes: of load, as one breaker sees it.
    """
    least_runs = LEAST_BAD_CALLS if len(ridden) < A_TAIL else _LEAST_RUNS * breakers

    def lasts(segment: Segment) -> bool:
        mine = bad[segment.first : segment.last + 1]
        runs = int(np.count_nonzero(mine[1:] & ~mine[:-1])) + int(mine[0])
        return len(mine) >= _LEAST_CALLS * breakers or runs >= least_runs

    taken = [_part(trace, segment) for segment in ridden if lasts(segment)]
    many = _MANY_CALLS * breakers
    lasting = tuple(part for part in taken if part.span >= _LEAST_SECONDS or len(part) >= many)
    return Mild(lasting, seconds, breakers, tuple(regimes)) if lasting else None


def _part(trace: Trace, segment: Segment) -> Trace:
    part = slice(segment.first, segment.last + 1)
    return replace(trace, start=trace.start[part], duration=trace.duration[part], failed=trace.failed[part])
