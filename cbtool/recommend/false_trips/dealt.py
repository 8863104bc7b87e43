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


class Chances(NamedTuple):
    """How likely one breaker trips in each block that may matter."""

    block: NDArray[np.int64]
    times: NDArray[np.int64]
    """How many blocks it stands for."""
    chance: Floats

    @property
    def total(self) -> float:
        """Trips to expect."""
        return float(self.times @ self.chance)

    @property
    def squares(self) -> float:
        """Their variance, were each burst to come by chance."""
        return float(self.times @ self.chance**2)

    @property
    def worst(self) -> float:
        """The chance in the worst block."""
        return float(self.chance.max(initial=0.0))


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

    def trips(self, gate: Gate, slow_from: float | None, threshold: float, margin: float = 1.0) -> Chances:
        """Return for each block that may matter how likely one breaker trips in it.

        Args:
            gate: when the breaker opens.
            slow_from: bad calls are slow ones; None: failed ones.
            threshold: of the rate of such, percent.
            margin: times as many bad calls as were seen.
        """
        blocks, times = self._looked_at(gate, slow_from, threshold, margin)
        if not len(blocks):
            return Chances(blocks, times, np.zeros(0))
        if gate.counted:
            chance = self._of_counts(gate, slow_from, threshold, blocks, margin=margin)
            return Chances(blocks, times, chance)
        peaks = self.peaks(gate, slow_from)
        mine = np.isin(peaks.block, blocks)
        bad, good = peaks.bad[mine], (peaks.calls - peaks.bad)[mine].astype(np.float64)
        begins = np.flatnonzero(np.diff(peaks.block[mine], prepend=-1))
        chance = np.maximum.reduceat(self._of_time(gate, threshold, margin * bad, good), begins)
        return Chances(blocks, times, chance)

    def _looked_at(
        self, gate: Gate, slow_from: float | None, threshold: float, margin: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the fullest blocks and, of the others that can trip, some; with how many each stands for."""
        peaks = self.peaks(gate, slow_from)
        begins = np.flatnonzero(np.diff(peaks.block, prepend=-1))
        most = peaks.bad[begins]
        numbers = margin * np.arange(int(most.max(initial=0)) + 1)
        possible = at_least(_needed(gate, threshold), numbers, 1.0 / self.breakers) > _HARDLY
        likely = np.flatnonzero(possible[most])
        fullest = fullest_of(most[likely])
        others = np.argsort(most[likely], kind="stable")[: len(likely) - len(fullest)]
        every = max(1, math.ceil(len(others) / max(1, len(fullest))))
        times = np.zeros(len(likely), np.int64)
        times[others[every // 2 :: every]] = every
        times[fullest] = 1
        taken = times > 0
        return peaks.block[begins[likely[taken]]].astype(np.int64), times[taken]

    def _of_counts(
        self,
        gate: Gate,
        slow_from: float | None,
        threshold: float,
        blocks: NDArray[np.int64],
        *,
        margin: float,
    ) -> Floats:
        """Return for each of some blocks how likely a window of calls fills in it, exactly."""
        places, window = self.exposure.bad_calls(slow_from), round(gate.window)
        asked = LastCalls(
            places, self.exposure.breaks(), window, _needed(gate, threshold), 1.0 / self.breakers
        )
        length = 2 * window * self.breakers
        firsts, behind = np.searchsorted(places, (blocks * length, (blocks + 1) * length))
        ends = np.concatenate([np.arange(a, b) for a, b in zip(firsts, behind, strict=True)])
        of = np.repeat(np.arange(len(blocks)), behind - firsts)
        chance = np.zeros(len(blocks))
        if margin > 1.0:
            np.maximum.at(chance, of, asked.full(ends, margin))
        else:
            np.add.at(chance, of, asked.reached(ends))
        return chance

    def _of_time(self, gate: Gate, threshold: float, bad: Floats, good: Floats) -> Floats:
        share = 1.0 / self.breakers
        chance = at_least(gate.errors, bad, share)  # of peaks beside a block's fullest, it may be none
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


def _needed(gate: Gate, threshold: float) -> int:
    """Return how many bad calls a window must hold at least to trip."""
    share = threshold * gate.window / 100.0 if gate.counted else 0.0
    return max(gate.errors, math.ceil(share - 1e-9))


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
    seen, worst = _chances(pooled, gate, slow_from, threshold, margin)
    error = math.sqrt(copies * seen.squares)
    return FalseTrips(0.0, seen.total / seconds, (seen.total + error + copies * worst) / seconds)


def dealt_bounds(
    pooled: Pooled, gates: Sequence[Gate], margin: float, draws: int, seed: Sequence[int]
) -> Floats:
    """Return the same bound of failures on resamples: Poisson weights of the blocks; shape (draws, gates)."""
    found = np.empty((draws, len(gates)))
    for column, gate in enumerate(gates):
        seen, worst = _chances(pooled, gate, None, gate.threshold, margin)
        weights = np.random.default_rng(seed).poisson(seen.times, (draws, len(seen.times)))
        error = np.sqrt(pooled.copies * (weights @ seen.chance**2))
        found[:, column] = (weights @ seen.chance + error + pooled.copies * worst) / pooled.exposure.seconds
    return found


def _chances(
    pooled: Pooled, gate: Gate, slow_from: float | None, threshold: float, margin: float
) -> tuple[Chances, float]:
    """Return how likely one breaker trips in each block, and in one that is worse than all."""
    safety = 1.0 if gate.counted else SAFETY
    worst = pooled.trips(gate, slow_from, threshold, margin).worst
    seen = pooled.trips(gate, slow_from, threshold)
    return seen._replace(chance=safety * seen.chance), worst
