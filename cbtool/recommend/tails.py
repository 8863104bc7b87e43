"""The tail of a margin: how often healthy traffic trips a gate, beyond what was seen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.margins import largest, tripping

if TYPE_CHECKING:
    from cbtool.recommend.exposure import BlockMaxima

KEPT, MOST_KEPT = 10, 40
"""Blocks that a tail is read from; more where a burst may be among them more than once."""
_MEETING = 400  # of the largest maxima, that may meet
_SURE = 0.7  # that the tail's ratio is no larger
_NEARLY = 1.0 + 1e-9


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
        return FalseTrips(*(max(a, b) for a, b in zip(self, other, strict=True)))


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

    Counted in errors: the excess over the largest maxima but a few falls geometrically, with ratio
    ρ = (Σ excess + 1) / (n + Σ excess + 2), a uniform prior's posterior mean, and its 70 %
    quantile at most. Poisson and binomial tails fall faster, so this errs on the safe side; clusters
    (Markov-modulated failures) fall just so. Further down lie single errors beside bursts: no one tail.

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
        found = _falling(_Peaks(3.0, 1.0 / errors, 0.0), errors, copies / seconds)  # the rule of three
    else:
        found = _beyond(maxima, errors, seconds, kept, copies, clusters=clusters)
    if clusters and kept < MOST_KEPT and len(positive):
        # Two at once are no part of so steep a tail.
        together = meetings(maxima, _MEETING) / seconds
        wider = _beyond(maxima, errors, seconds, MOST_KEPT, copies, clusters=True)
        found = max(found[0], min(wider[0], together)), max(found[1], min(wider[1], together))
    return FalseTrips(seen, *(max(seen, rate) for rate in found))


class _Peaks(NamedTuple):
    """Maxima over a level: how many, and by how many errors they exceed it together."""

    few: float
    level: float
    total: float


def _beyond(
    maxima: BlockMaxima, errors: float, seconds: float, kept: int, copies: float, *, clusters: bool
) -> tuple[float, float]:
    """Return the best guess and the bound of the extrapolation, trips a second.

    Margins of whole errors tie. To leave some of those out that are no lower than the lowest one kept makes
    a tail look flatter than it is; to count them all makes it look steeper, where they are the single errors
    beside bursts. The latter are told by the peaks above them: the worse of the two holds.
    """
    positive = maxima.positive
    wanted = min(kept, max(KEPT, int(maxima.blocks / copies) // 3))
    highest = largest(positive, max(1, min(round(wanted * copies), len(positive))))
    level = float(highest[0])
    excess = float(((highest - level) * errors).sum())
    often = copies / seconds
    tied = _Peaks(tripping(positive, _NEARLY / level) / copies, level, excess / copies)
    all_of_them = _falling(tied, errors, often)
    above = highest[highest > level / _NEARLY]
    if not clusters or tied.few * copies <= len(highest):
        return all_of_them
    few = _falling(_Peaks(len(highest) / copies, level, excess / copies), errors, often)
    if not len(above):
        return few
    least = float(above[0])
    higher = _Peaks(len(above) / copies, least, float(((above - least) * errors).sum()) / copies)
    apart = _falling(higher, errors, often)
    return min(few[0], max(all_of_them[0], apart[0])), min(few[1], max(all_of_them[1], apart[1]))


def _falling(peaks: _Peaks, errors: float, often: float) -> tuple[float, float]:
    few, level, total = peaks
    beyond = max(0.0, 1.0 - level) * errors
    ratio, at_most = (total + 1.0) / (few + total + 2.0), _ratio_at_most(few, total)
    return often * few * ratio**beyond, often * (few + 2.0 * math.sqrt(few)) * at_most**beyond


def meetings(maxima: BlockMaxima, most: int, factor: float = 1.0) -> float:
    """Return how many pairs of blocks' maxima to expect in one window that trip together.

    Two that fall anywhere share a window of half a block with a chance of one in as many blocks as there are.

    Args:
        maxima: of the blocks.
        most: of the largest maxima, that may meet.
        factor: the two together may be so many times as bad.
    """
    highest = factor * largest(maxima.positive, most)
    partner = np.searchsorted(highest, 1.0 - highest)
    return float((len(highest) - partner).sum()) / 2.0 / maxima.blocks


def _ratio_at_most(few: float, total: float) -> float:
    from scipy.special import betaincinv  # noqa: PLC0415  # as in `chance`

    return float(betaincinv(total + 1.0, few + 1.0, _SURE))
