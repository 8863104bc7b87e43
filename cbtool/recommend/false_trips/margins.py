"""Margins of a gate, 1 of which is a trip: the largest of very many, how many trip, and the room for bursts.

How much room is left above the worst of a few bursts is a trade (`tests/recommend/test_burst_margin.py`). For
6 bursts seen and 24 to come: sizes that lie anywhere between one and three exceed 1.4 times the worst in one
log of 36, and 1.6 times in one of 170; sizes that are alike exceed neither; exponential ones exceed both in
every other log. No rule that reads the sizes' spread did better in simulation than a multiple of the worst: a
few bursts do not tell how they vary.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


_OF_MANY, _OF_ONE = 1.15, 0.6
_UNHURRIED = (1.3, 0.7)


def burst_margin(bursts: int, *, hurried: bool) -> float:
    """Return how many times as bad as the worst of so many bursts the next may be: 1.15 + 0.6 / √n.

    Args:
        bursts: that were seen, at least one and too few to tell a tail from.
        hurried: whether any incident was seen, which each further error waited for would cost something in;
            else the margin is 1.3 + 0.7 / √n.
    """
    of_many, of_one = (_OF_MANY, _OF_ONE) if hurried else _UNHURRIED
    return of_many + of_one / math.sqrt(bursts)


def steps_up_to(most: int) -> NDArray[np.int32]:
    """Return for each number of bad calls its step: exact up to 16, then an eighth apart."""
    number = np.arange(most + 1)
    coarse = 16 + np.floor(np.log(np.maximum(number, 16) / 16) / np.log(1.125)).astype(np.int64)
    return np.where(number <= 16, number, coarse).astype(np.int32)


@compiled()
def tripping(margins: NDArray[np.float64], factor: float) -> int:
    """Return how many margins reach 1 when they are so many times as large."""
    found = 0
    for margin in margins:
        found += margin * factor >= 1.0
    return found


@compiled()
def largest(margins: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """Return the largest margins, at most so many, the smallest of them first."""
    found = np.empty(min(most, len(margins)), np.float64)
    kept = 0
    for margin in margins:
        if kept == len(found) and margin <= found[0]:
            continue
        if kept < len(found):
            place = kept
            while place > 0 and found[place - 1] > margin:
                found[place] = found[place - 1]
                place -= 1
            kept += 1
        else:
            place = 0
            while place + 1 < kept and found[place + 1] < margin:
                found[place] = found[place + 1]
                place += 1
        found[place] = margin
    return found


@compiled()
def meeting_pairs(margins: NDArray[np.float64], most: int, factor: float) -> int:
    """Return how many ordered pairs of the largest margins, each so many times as large, reach 1 together.

    Those that do not even reach it with the largest are left out first: mostly that leaves a few.
    """
    top = 0.0
    for margin in margins:
        top = max(top, factor * margin)
    near = np.empty(len(margins), np.float64)
    count = 0
    for margin in margins:
        own = factor * margin
        if own >= 1.0 - top or 1.0 - own <= top:  # rounded, the two may differ
            near[count] = own
            count += 1
    highest = largest(near[:count], most)
    found, partner = 0, len(highest)
    for margin in highest:
        while partner > 0 and highest[partner - 1] >= 1.0 - margin:
            partner -= 1
        found += len(highest) - partner
    return found
