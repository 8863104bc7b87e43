"""Whether bad calls come in clusters: some windows are fuller than chance fills any, or not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.chance import trips_per_second

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.false_trips.chance import Levels
    from cbtool.recommend.false_trips.exposure import Exposure

HARDLY = 0.001
"""A chance that is none."""
_UNSEEN_CLUSTERS = 0.05  # how likely it is that bad calls come in clusters, before the log is looked at
_LOOKED_AT = (5, 20, 100, 500)  # calls in a window


def clusters_after(chance: float) -> float:
    """Return how likely clusters are, after windows as full as chance alone has them so often.

    The odds before, times the most that such a chance p can speak for them, −1 / (e p ln p) (Sellke,
    Bayarri and Berger 2001).
    """
    against = (1.0 - _UNSEEN_CLUSTERS) / _UNSEEN_CLUSTERS
    if chance < math.exp(-1.0):
        against *= -math.e * chance * math.log(max(chance, 1e-300))
    return 1.0 / (1.0 + against)


def chance_of_fullest(
    exposure: Exposure, levels: Levels, slow_from: float | None, windows: Sequence[int] = _LOOKED_AT
) -> float:
    """Return the smallest chance, of any length of window, that independent bad calls fill so many.

    Args:
        exposure: healthy traffic.
        levels: its load and its share of bad calls.
        slow_from: bad calls are slow ones; None: failed ones.
        windows: in calls.
    """
    fitting = [calls for calls in windows if calls <= len(exposure) / 20]
    return min((_chance_of(exposure, levels, calls, slow_from) for calls in fitting), default=1.0)


def _chance_of(exposure: Exposure, levels: Levels, calls: int, slow_from: float | None) -> float:
    """Return the smallest chance, of any number of bad calls, that so many windows hold so many."""
    from scipy.special import pdtrc  # noqa: PLC0415  # as in `chance`

    gate = Gate(float(calls), 1e-9, 1, 1, counted=True)
    peaks = exposure.peaks(gate, slow_from)
    if not len(peaks.block):
        return 1.0
    fullest = peaks.bad[np.flatnonzero(np.diff(peaks.block, prepend=-1))]
    smallest = 1.0
    for bad in range(2, int(fullest.max()) + 1):
        seen = int((fullest >= bad).sum())
        expected = exposure.seconds * trips_per_second(levels, gate._replace(errors=bad, calls=bad), 1e-9)
        if expected < peaks.blocks / 4:
            smallest = min(smallest, float(pdtrc(seen - 1, expected)))
            if smallest < HARDLY:
                break
    return smallest
