"""Finding a moment among times in order, within compiled code."""

from __future__ import annotations

from typing import Any

from cbtool.jit import inlined


@inlined
def first_at(times: Any, at: int, low: int, end: int) -> int:
    """Return the first index from `low` whose time is at least `at`, or `end`; the nearer, the sooner."""
    step = 1
    high = low
    while high < end and times[high] < at:
        low = high + 1
        high += step
        step *= 2
    high = min(high, end)
    while low < high:
        middle = (low + high) >> 1
        if times[middle] < at:
            low = middle + 1
        else:
            high = middle
    return low
