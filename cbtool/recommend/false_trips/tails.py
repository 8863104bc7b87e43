"""The tail of a margin: how often healthy traffic trips a gate, beyond what was seen."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cbtool.recommend.false_trips.margins import largest, meeting_pairs, tripping

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.false_trips.exposure import BlockMaxima, Exposure

_DAY = 86400.0
KEPT, MOST_KEPT = 10, 40
"""Blocks that a tail is read from; more where a burst may be among them more than once."""
_FULLEST = 400  # blocks
_MEETING = 400  # of the largest maxima, that may meet
_NEARLY = 1.0 + 1e-9
_SURE = 0.7  # that the tail's ratio is no larger


class FalseTrips(NamedTuple):
    """Trips a day on healthy traffic."""

    seen: float
    """As often as the background itself would have tripped."""
    likely: float
    """The best guess: seen, or by chance, or by the tail."""
    upper: float
    """The upper bound that the budget is held against."""

    def or_worse(self, other: FalseTrips) -> FalseTrips:
        """Return the worse of two views, number by number."""
        return FalseTrips(
            max(self.seen, other.seen), max(self.likely, other.likely), max(self.upper, other.upper)
        )


def fullest_of(margins: NDArray[Any]) -> NDArray[np.intp]:
    """Return which blocks tell the tail, the fullest last: those below are no tail, at any threshold.

    Args:
        margins: by block, how near it came to a trip, on any scale.
    """
    return np.argsort(margins, kind="stable")[-_FULLEST:]


def tail_of(
    maxima: BlockMaxima,
    errors: float,
    seconds: float,
    kept: int = KEPT,
    copies: float = 1.0,
    *,
    clusters: bool = True,
) -> FalseTrips:
    """Return trips a second from the block maxima of the margin, extrapolated by a geometric tail.

    Counted in errors: the excess over the largest maxima but a few falls geometrically, with a ratio ρ
    whose posterior is Beta(Σ excess + 1, n + 1), of a uniform prior. The bound takes its 70 % quantile; what
    is likely is the mean of the tail over it, which lies far above the tail at the mean, and below the bound:
    a mean that exceeds it is of those few flat tails that the prior holds possible. Poisson and binomial
    tails fall faster, so this errs on the safe side; clusters (Markov-modulated failures) fall just so.
    Further down lie single errors beside bursts: no one tail.

    Args:
        maxima: of the blocks.
        errors: that the gate asks for.
        seconds: that all blocks took.
        kept: how many of the largest maxima tell the tail, at most.
        copies: blocks that one and the same burst is in; so many of them count as one.
        clusters: whether bad calls were seen to come in clusters; where not, there is but one sort of maxima.
    """
    positive = maxima.positive
    seen = int(tripping(positive, 1.0)) / seconds
    if not len(positive):
        # One to expect (a uniform prior's mean), and three at most (the rule of three).
        one, three = (_falling(_Peaks(n, 1.0 / errors, 0.0), errors, copies / seconds) for n in (1.0, 3.0))
        return FalseTrips(seen, max(seen, min(one[0], three[1])), max(seen, three[1]))
    wide = clusters and kept < MOST_KEPT
    highest = largest(positive, _wanted(maxima, MOST_KEPT if wide else kept, copies))
    found = _beyond(maxima, highest, errors, seconds, kept, copies=copies, clusters=clusters)
    if wide:
        # Two at once are no part of so steep a tail.
        together = meetings(maxima, _MEETING) / seconds
        wider = _beyond(maxima, highest, errors, seconds, MOST_KEPT, copies=copies, clusters=True)
        found = max(found[0], min(wider[0], together)), max(found[1], min(wider[1], together))
    return FalseTrips(seen, max(seen, found[0]), max(seen, found[1]))


def errors_asked(exposure: Exposure, gate: Gate, threshold: float) -> float:
    """Return how many errors the gate asks for when the window is as full as it usually is."""
    return max(float(gate.errors), threshold * gate.holds(len(exposure) / exposure.seconds) / 100.0)


def exposed_tail(
    exposure: Exposure, gate: Gate, slow_from: float | None, threshold: float, kept: int, *, clusters: bool
) -> FalseTrips:
    """Return trips a day by the tail of a gate's own block maxima; see `tail_of`."""
    errors = errors_asked(exposure, gate, threshold)
    maxima = exposure.block_maxima(gate, slow_from, threshold)
    tail = tail_of(maxima, errors, exposure.seconds, kept, exposure.copies, clusters=clusters)
    return FalseTrips(*(_DAY * exposure.share * rate for rate in tail))


class _Peaks(NamedTuple):
    """Maxima over a level: how many, and by how many errors they exceed it together."""

    few: float
    level: float
    total: float


def _wanted(maxima: BlockMaxima, kept: int, copies: float) -> int:
    """Return how many of the largest maxima tell the tail."""
    wanted = min(kept, max(KEPT, int(maxima.blocks / copies) // 3))
    return max(1, min(round(wanted * copies), len(maxima.positive)))


def _beyond(
    maxima: BlockMaxima,
    highest: NDArray[np.float64],
    errors: float,
    seconds: float,
    kept: int,
    *,
    copies: float,
    clusters: bool,
) -> tuple[float, float]:
    """Return the best guess and the bound of the extrapolation, trips a second.

    Margins of whole errors tie. To leave some of those out that are no lower than the lowest one kept makes
    a tail look flatter than it is; to count them all makes it look steeper, where they are the single errors
    beside bursts. The latter are told by the peaks above them: the worse of the two holds.
    """
    highest = highest[-_wanted(maxima, kept, copies) :]
    level = float(highest[0])
    excess = float(((highest - level) * errors).sum())
    often = copies / seconds
    tied = _Peaks(tripping(maxima.positive, _NEARLY / level) / copies, level, excess / copies)
    all_of_them = _falling(tied, errors, often)
    if not clusters or tied.few * copies <= len(highest):
        return all_of_them
    few = _falling(_Peaks(len(highest) / copies, level, excess / copies), errors, often)
    above = highest[highest > level / _NEARLY]
    if not len(above):
        return few
    least = float(above[0])
    higher = _Peaks(len(above) / copies, least, float(((above - least) * errors).sum()) / copies)
    apart = _falling(higher, errors, often)
    return min(few[0], max(all_of_them[0], apart[0])), min(few[1], max(all_of_them[1], apart[1]))


def _falling(peaks: _Peaks, errors: float, often: float) -> tuple[float, float]:
    few, level, total = peaks
    beyond = max(0.0, 1.0 - level) * errors
    bound = often * (few + 2.0 * math.sqrt(few)) * _ratio_at_most(few, total) ** beyond
    return min(often * few * _mean_power(few, total, beyond), bound), bound


def _mean_power(few: float, total: float, power: float) -> float:
    """Return the mean of ρ^power where ρ is Beta(total + 1, few + 1), by its moments."""
    gamma, both = math.lgamma, few + total + 2.0
    return math.exp(gamma(total + 1.0 + power) - gamma(total + 1.0) + gamma(both) - gamma(both + power))


def meetings(maxima: BlockMaxima, most: int, factor: float = 1.0) -> float:
    """Return how many pairs of blocks' maxima to expect in one window that trip together.

    Two that fall anywhere share a window of half a block with a chance of one in as many blocks as there are.

    Args:
        maxima: of the blocks.
        most: of the largest maxima, that may meet.
        factor: the two together may be so many times as bad.
    """
    return float(meeting_pairs(maxima.positive, most, factor)) / 2.0 / maxima.blocks


@cache
def _inverse() -> Callable[[float, float, float], float]:
    from scipy.special import betaincinv  # noqa: PLC0415  # as in `chance`

    found: Callable[[float, float, float], float] = betaincinv
    return found


def _ratio_at_most(few: float, total: float) -> float:
    return float(_inverse()(total + 1.0, few + 1.0, _SURE))
