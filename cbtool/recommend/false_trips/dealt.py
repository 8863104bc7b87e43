"""What one of several breakers sees of bursts that the whole log shows: each call is dealt to it by chance.

The breakers of a few deals tell little of how unlucky a deal may be; that most calls of a burst go to one
breaker has odds that are known (a binomial).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.false_trips.chance import SAFETY
from cbtool.recommend.false_trips.last_calls import LastCalls, at_least
from cbtool.recommend.false_trips.tails import FalseTrips, fullest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.false_trips.exposure import Exposure, Peaks

    Floats = NDArray[np.floating]

_FAR = 6.0  # standard deviations, beyond which nothing is
_HARDLY = 1e-9  # a chance that is none


class Pooled(NamedTuple):
    """The traffic of all breakers together, before it is dealt out among them."""

    exposure: Exposure
    breakers: int

    copies: float = 1.0
    """Blocks that one and the same burst is in."""

    def bad(self, slow_from: float | None) -> NDArray[np.bool_]:
        """Return which calls are slow; which failed, where `slow_from` is None."""
        return self.exposure.bad(slow_from)

    def peaks(self, gate: Gate, slow_from: float | None) -> Peaks:
        """Return the peaks of the window over all calls: a breaker's, or of as many times its calls."""
        whole = gate._replace(window=gate.window * self.breakers) if gate.counted else gate
        return self.exposure.peaks(whole, slow_from)

    def trips(self, gate: Gate, slow_from: float | None, threshold: float, margin: float = 1.0) -> Floats:
        """Return for each of the fullest blocks how likely one breaker trips in it.

        Args:
            gate: when the breaker opens.
            slow_from: bad calls are slow ones; None: failed ones.
            threshold: of the rate of such, percent.
            margin: times as many bad calls as were seen.
        """
        peaks = self.peaks(gate, slow_from)
        if not len(peaks.block):
            return np.zeros(0)
        blocks = self.fullest(gate, slow_from)
        mine = np.isin(peaks.block, blocks)
        bad = peaks.bad[mine]
        begins = np.flatnonzero(np.diff(peaks.block[mine], prepend=-1))
        if gate.counted:
            need = max(gate.errors, math.ceil(threshold * gate.window / 100.0 - 1e-9))
            asked = LastCalls(
                self.exposure.bad_calls(slow_from),
                self.exposure.breaks(),
                round(gate.window),
                need,
                1.0 / self.breakers,
            )
            return self._of_counts(asked, blocks, np.maximum.reduceat(bad, begins), margin)
        good = (peaks.calls[mine] - bad).astype(np.float64)
        return np.maximum.reduceat(self._of_time(gate, threshold, margin * bad, good), begins)

    def fullest(self, gate: Gate, slow_from: float | None) -> NDArray[np.int64]:
        """Return which blocks hold the most bad calls, in order: those in which a trip needs least luck."""
        peaks = self.peaks(gate, slow_from)
        begins = np.flatnonzero(np.diff(peaks.block, prepend=-1))
        return peaks.block[begins[np.sort(fullest_of(peaks.bad[begins]))]].astype(np.int64)

    def _of_counts(
        self, asked: LastCalls, blocks: NDArray[np.int64], most: NDArray[np.int32], margin: float
    ) -> Floats:
        """Return the same of windows of calls, exactly, for blocks that hold at most so many bad calls."""
        chance = at_least(asked.need, margin * most, asked.share)
        likely = np.flatnonzero(chance > _HARDLY)
        if not len(likely):
            return chance
        begins = blocks[likely] * 2 * asked.window * self.breakers
        firsts = np.searchsorted(asked.places, begins)
        behind = np.searchsorted(asked.places, begins + 2 * asked.window * self.breakers)
        ends = np.concatenate([np.arange(a, b) for a, b in zip(firsts, behind, strict=True)])
        of = np.repeat(likely, behind - firsts)
        chance[likely] = 0.0
        if margin > 1.0:
            np.maximum.at(chance, of, asked.full(ends, margin))
        else:
            np.add.at(chance, of, asked.reached(ends))
        return chance

    def _of_time(self, gate: Gate, threshold: float, bad: Floats, good: Floats) -> Floats:
        share = 1.0 / self.breakers
        chance = at_least(gate.errors, bad, share)
        likely = np.flatnonzero(chance > _HARDLY)
        if not len(likely):
            return chance
        bad, good = bad[likely], good[likely]
        mean = float((bad * share).max())
        most = int(max(gate.errors, mean) + _FAR * math.sqrt(mean) + _FAR)
        reached = np.zeros(len(likely))
        above = chance[likely]
        for errors in range(gate.errors, most + 1):
            further = at_least(errors + 1, bad, share)
            others = math.floor(errors * (100.0 / threshold - 1.0) + 1e-9)
            few = 1.0 - at_least(others + 1, good, share)
            if gate.calls > errors:
                few = np.maximum(0.0, few - (1.0 - at_least(gate.calls - errors, good, share)))
            reached += (above - further) * few
            above = further
        chance[likely] = reached
        return chance


def dealt_trips(
    pooled: Pooled, gate: Gate, slow_from: float | None, threshold: float, margin: float
) -> FalseTrips:
    """Return how often a second one of the breakers trips on bursts as the log's, and at most.

    The bound: a standard error more, and one burst more that is `margin` times as bad as the worst.

    Args:
        pooled: the traffic of all breakers.
        gate: when a breaker opens.
        slow_from: bad calls are slow ones; None: failed ones.
        threshold: of the rate of such, percent.
        margin: times as bad as the worst burst that the next may be.
    """
    seconds, copies = pooled.exposure.seconds, pooled.copies
    chance, worst = _chances(pooled, gate, slow_from, threshold, margin)
    likely = float(chance.sum())
    error = math.sqrt(copies * float((chance**2).sum()))
    return FalseTrips(0.0, likely / seconds, (likely + error + copies * worst) / seconds)


def dealt_bounds(
    pooled: Pooled, gates: Sequence[Gate], margin: float, draws: int, seed: Sequence[int]
) -> Floats:
    """Return the same bound of failures on resamples: Poisson weights of the blocks; shape (draws, gates)."""
    found = np.empty((draws, len(gates)))
    for column, gate in enumerate(gates):
        chance, worst = _chances(pooled, gate, None, gate.threshold, margin)
        weights = np.random.default_rng(seed).poisson(1.0, (draws, len(chance)))
        error = np.sqrt(pooled.copies * (weights @ chance**2))
        found[:, column] = (weights @ chance + error + pooled.copies * worst) / pooled.exposure.seconds
    return found


def _chances(
    pooled: Pooled, gate: Gate, slow_from: float | None, threshold: float, margin: float
) -> tuple[Floats, float]:
    """Return how likely one breaker trips in each block, and in one that is worse than all."""
    safety = 1.0 if gate.counted else SAFETY
    worst = pooled.trips(gate, slow_from, threshold, margin).max(initial=0.0)
    return safety * pooled.trips(gate, slow_from, threshold), float(worst)
