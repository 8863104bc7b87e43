# runs compiled, too: arguments one by one, and no sets
"""How many calls were slow, in slices that only a result moves on: a quantile of durations against a limit.

A quantile exceeds the limit where fewer calls than it spans were as fast; so two counts a slice are enough.
The slices are the last cells of the window's store: results and slow ones, each. They are beside the window,
whatever its kind, and reach back as far as results kept coming: a silence forgets nothing.
Source: oxy's memmetrics/histogram.go (`RollingHDRHistogram`), and HdrHistogram's `ValueAtPercentile`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import TripPolicy, WindowPolicy

CELLS = 2


def add(m: Memory, w: Any, p: WindowPolicy, slow: int, now: int) -> None:
    """Count a result, in the next slice where this one is `slice_length` old or older."""
    first = len(w) - CELLS * p.slices
    if now - m.sliced >= p.slice_length:
        m.sliced = now
        m.slice = m.slice + 1 if m.slice + 1 < p.slices else 0
        at = first + CELLS * m.slice
        m.timed -= w[at]
        m.timed_slow -= w[at + 1]
        w[at] = w[at + 1] = 0
    at = first + CELLS * m.slice
    w[at] += 1
    w[at + 1] += slow
    m.timed += 1
    m.timed_slow += slow


def clear(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Forget every result; the first slice ever begins with the first result."""
    m.timed = m.timed_slow = m.slice = 0
    m.sliced = now - p.slice_length if m.generation == 0 else now
    for cell in range(len(w) - CELLS * p.slices, len(w)):
        w[cell] = 0


def exceeds(m: Memory, p: TripPolicy) -> bool:
    """Return whether the quantile is among the slow calls."""
    return int(p.slow_quantile * m.timed + 0.5) > m.timed - m.timed_slow
