"""Equal stretches of time with a round length, to count calls in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST = 600
"""Bins, at most: about a point a pixel."""
_FEWEST = 24
_REST = 0.25  # of a bin
_CALLS_A_BIN = 20  # fewer, and a bin's failure rate is noise
_ROUND = (1.0, 2.0, 5.0)
_CLOCK = (10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1200.0, 1800.0, 3600.0)


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins from the first call on; bin i covers [i · width, (i + 1) · width), the last one up to the end.

    Attributes:
        width: seconds.
        count: how many.
        end: seconds; the last bin may be shorter than the others, or a little longer.
    """

    width: float
    count: int
    end: float

    @property
    def edges(self) -> NDArray[np.float64]:
        """The bins' starts, and the end."""
        return np.append(np.arange(self.count) * self.width, self.end)

    @property
    def starts(self) -> list[float]:
        """Each bin's start, in seconds."""
        return [round(i * self.width, 6) for i in range(self.count)]

    def index(self, seconds: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the bin of each time; what lies past the last bin counts to it."""
        return np.clip((seconds / self.width).astype(np.int64), 0, self.count - 1)


def bins_over(span: float, calls: int) -> Bins:
    """Return bins for so many calls over so many seconds: round lengths, and calls in most of them."""
    if span <= 0 or not calls:
        return Bins(1.0, 1, 1.0)
    end = span * calls / max(calls - 1, 1)  # the last call, too, has its gap
    wanted = min(MOST, max(_FEWEST, calls // _CALLS_A_BIN))
    width = _round_up(span / wanted)
    # A rest that is too short to say much belongs to the bin before it.
    return Bins(width, max(1, math.ceil(end / width - _REST)), end)


def _round_up(seconds: float) -> float:
    """Return the next length that people count in: 0.2 s, 15 s, 5 minutes, 2 hours."""
    for step in _CLOCK if _CLOCK[0] / 2 < seconds <= _CLOCK[-1] else ():
        if step >= seconds:
            return step
    unit = 3600.0 if seconds > 3600.0 else 1.0
    scale = 10.0 ** math.floor(math.log10(seconds / unit))
    for factor in (*_ROUND, 10.0):
        if factor * scale * unit >= seconds * (1 - 1e-9):
            return float(factor * scale * unit)
    raise AssertionError  # 10 times the power of ten below a number is above it
