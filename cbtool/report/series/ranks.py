"""Percentiles of whole numbers that come in pieces, any number of times: numpy's, bit for bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Pieces = Callable[[], Iterable[NDArray[np.int64]]]

_AT_ONCE = 1 << 20  # ranges that are told apart in one go


def percentiles(
    pieces: Pieces, n: int, most: int, percents: Sequence[float], unit: float
) -> tuple[float, ...]:
    """Return `numpy.percentile` of n values divided by a unit; empty where there is none.

    Args:
        pieces: gives the values, none below 0; it is asked a few times.
        n: how many there are.
        most: the largest of them.
        percents: 0 to 100.
        unit: by which each is divided.
    """
    if not n:
        return ()
    places = [(n - 1) * (percent / 100.0) for percent in percents]
    below = [int(np.floor(place)) for place in places]
    value = _ranked(pieces, most, sorted({rank for at in below for rank in (at, min(at + 1, n - 1))}))
    return tuple(
        float(np.quantile([value[at] / unit, value[min(at + 1, n - 1)] / unit], place - at))
        for place, at in zip(places, below, strict=True)
    )


def _ranked(pieces: Pieces, most: int, ranks: Sequence[int]) -> dict[int, int]:
    """Return the values that stand at ranks, from 0 for the smallest."""
    # By rank: where a range of values begins that holds it, and how many smaller values there are.
    found = dict.fromkeys(ranks, (0, 0))
    width = most + 1
    while width > 1:
        step = -(-width // _AT_ONCE)
        bins = -(-width // step)
        counts: dict[int, Any] = dict.fromkeys((low for low, _ in found.values()), 0)
        for values in pieces():
            inside = {low: values[(values >= low) & (values < low + width)] for low in counts}
            counts = {
                low: count + np.bincount((inside[low] - low) // step, minlength=bins)
                for low, count in counts.items()
            }
        for rank, (low, smaller) in found.items():
            upto = np.cumsum(counts[low])
            at = int(np.searchsorted(upto, rank - smaller, side="right"))
            found[rank] = (low + at * step, smaller + (int(upto[at - 1]) if at else 0))
        width = step
    return {rank: low for rank, (low, _) in found.items()}
