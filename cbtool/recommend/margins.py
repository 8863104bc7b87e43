"""Margins of a gate, 1 of which is a trip: the largest of very many, and how many trip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
