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
    maxima: BlockMaxima, errors: float, seconds: float, kept: int = KEPT, copies: float = 1.0
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
    """
    positive = maxima.positive
    seen = int(tripping(positive, 1.0)) / seconds
    found = _beyond(maxima, errors, seconds, kept, copies)
    if kept < MOST_KEPT and len(positive):
        # Two at once are no part of so steep a tail.
        together = _meetings(maxima) / seconds
        wider = _beyond(maxima, errors, seconds, MOST_KEPT, copies)
        found = tuple(max(a, min(b, together)) for a, b in zip(found, wider, strict=True))
    return FalseTrips(seen, *(max(seen, rate) for rate in found))


def _beyond(
    maxima: BlockMaxima, errors: float, seconds: float, kept: int, copies: float
) -> tuple[float, ...]:
    """Return the best guess and the bound of the extrapolation, trips a second."""
    positive = maxima.positive
    if not len(positive):
        few, level, total = 3.0, 1.0 / errors, 0.0  # the rule of three
    else:
        wanted = min(kept, max(KEPT, int(maxima.blocks / copies) // 3))
        highest = largest(positive, max(1, min(round(wanted * copies), len(positive))))
        level = float(highest[0])
        few, total = len(highest) / copies, float(((highest - level) * errors).sum()) / copies
    beyond = max(0.0, 1.0 - level) * errors
    ratio, at_most = (total + 1.0) / (few + total + 2.0), _ratio_at_most(few, total)
    often = copies / seconds
    return often * few * ratio**beyond, often * (few + 2.0 * math.sqrt(few)) * at_most**beyond


def _meetings(maxima: BlockMaxima) -> float:
    """Return how many pairs of blocks' maxima to expect in one window that trip together.

    Two that fall anywhere share a window of half a block with a chance of one in as many blocks as there are.
    """
    highest = largest(maxima.positive, _MEETING)
    partner = np.searchsorted(highest, 1.0 - highest)
    return float((len(highest) - partner).sum()) / 2.0 / maxima.blocks


def _ratio_at_most(few: float, total: float) -> float:
    from scipy.special import betaincinv  # noqa: PLC0415  # as in `chance`

    return float(betaincinv(total + 1.0, few + 1.0, _SURE))
