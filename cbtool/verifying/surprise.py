"""By how much two estimates differ, in standard errors."""

from __future__ import annotations

import math

Z99 = 2.5758293035489004
"""Standard errors that chance exceeds once in a hundred times, on either side."""
_Z90 = 1.6448536269514722  # half of a 90 % interval, in standard errors

Interval = tuple[float, float | None, float | None]
"""A value, and the ends of its 90 % interval; None where it has none."""


def surprise(one: Interval, other: Interval) -> float:
    """Return how many standard errors two estimates differ by, on a logarithmic scale."""
    if one[0] <= 0 or other[0] <= 0:
        return 0.0
    error = math.hypot(_error(*one), _error(*other))
    difference = abs(math.log(one[0] / other[0]))
    return difference / error if error else (math.inf if difference else 0.0)


def _error(value: float, low: float | None, high: float | None) -> float:
    """Return the standard error of a logarithm, from a 90 % interval's wider half; 0 without one."""
    if low is None or high is None or high <= 0:
        return 0.0
    up = math.log(max(high, value) / value)
    down = math.log(value / low) if low > 0 else up
    return max(up, down) / _Z90
