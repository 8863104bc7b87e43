# ruff: noqa: PLR0917  # runs compiled, too: arguments one by one
"""A ring of buckets, each stamped with when it began; the running one is left when it is too old.

A ring that was left alone for longer than it reaches back begins anew with all its stamps in a row from now
on. Then the bucket after the first is stamped one whole window too late when its turn comes, and the ring
stands still until that time. That is Failsafe's TimedCircuitStats.java, and is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.buckets import CELLS

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import WindowPolicy

_NEVER = -1


def clear(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Begin with one bucket at `now` and the rest never used."""
    for bucket in range(p.size):
        _empty(w, CELLS * bucket, _NEVER)
    w[3] = now
    m.bucket = 0


def add(m: Memory, w: Any, p: WindowPolicy, failed: int, slow: int, now: int) -> None:
    """Count a result in the running bucket."""
    at = _move_on(m, w, p, now)
    w[at] += 1
    w[at + 1] += failed
    w[at + 2] += slow
    m.calls += 1
    m.failures += failed
    m.slow += slow


def _move_on(m: Memory, w: Any, p: WindowPolicy, now: int) -> int:
    """Return where the result goes: into the running bucket, or where all began anew, the one before."""
    at = CELLS * m.bucket
    age = now - w[at + 3]
    if age < p.width:
        return at
    moves = age // p.width
    if moves > p.size:
        for bucket in range(p.size):
            _empty(w, CELLS * bucket, now + bucket * p.width)
        m.calls = m.failures = m.slow = m.bucket = 0
        return at
    for _ in range(moves):
        left = w[CELLS * m.bucket + 3]
        m.bucket = m.bucket + 1 if m.bucket + 1 < p.size else 0
        at = CELLS * m.bucket
        m.calls -= w[at]
        m.failures -= w[at + 1]
        m.slow -= w[at + 2]
        _empty(w, at, left + p.width if w[at + 3] == _NEVER else w[at + 3] + p.length)
    return at


def _empty(w: Any, at: int, began: int) -> None:
    w[at] = w[at + 1] = w[at + 2] = 0
    w[at + 3] = began
