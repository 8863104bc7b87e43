# ruff: noqa: PLR0917, PLR1714  # runs compiled, too: arguments one by one, and no sets
"""Windows that count in buckets of time: on a fixed grid, or each begun by the first event after the last.

The store holds `CELLS` numbers a bucket: calls, failures, slow calls, and when a floating one began, or the
run of failures within one on a grid.
`m.calls`, `m.failures` and `m.slow` are the sums over all buckets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker.policies import Anchor, CountWhen, WindowKind

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import WindowPolicy

CELLS = 4


def clear(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Empty every bucket; a grid that is anchored at the entry to closed begins anew."""
    for cell in range(CELLS * (p.size + 1)):
        w[cell] = 0
    if p.kind == WindowKind.GRID:
        if p.anchor == Anchor.EPOCH:
            m.anchor = m.epoch
        elif p.anchor == Anchor.CLOSED or m.generation == 0:
            m.anchor = -now
        m.bucket = (now + m.anchor) // p.width
        _fill(m, p)
    elif p.tumbles:
        w[3] = now
        m.held = 1
        m.at = 0


def _fill(m: Memory, p: WindowPolicy) -> None:
    """Note what would cost a division each time: where the bucket of a grid is and when it is full."""
    m.at = CELLS * (m.bucket % (p.size + 1))
    m.turns = (m.bucket + 1) * p.width - m.anchor
    m.judged = 0


def expire(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Move on to the bucket of `now` and forget those that are too old."""
    if p.kind == WindowKind.GRID:
        if now >= m.turns:
            _turn_grid(m, w, p, now)
    elif p.length:
        while m.held and now - w[CELLS * m.head + 3] >= p.length:
            _drop(m, w, CELLS * m.head)
            m.head = m.head + 1 if m.head < p.size else 0
            m.held -= 1


def add(m: Memory, w: Any, p: WindowPolicy, failed: int, slow: int, now: int, admitted: int) -> None:
    """Count a result in its bucket; in none if that has left the window."""
    at = _cell(m, w, p, now)
    if p.booked_at_admission and p.kind == WindowKind.GRID:
        index = (admitted + m.anchor) // p.width
        if index <= m.bucket - p.size:
            return
        at = CELLS * (index % (p.size + 1))
    if p.counts == CountWhen.COMPLETED or p.counts == CountWhen.ANSWERED:
        w[at] += 1
        m.calls += 1
    m.run = m.run + 1 if failed else 0
    if p.kind == WindowKind.GRID:
        w[at + 3] = w[at + 3] + 1 if failed else 0
    w[at + 1] += failed
    w[at + 2] += slow
    m.failures += failed
    m.slow += slow


def count_call(m: Memory, w: Any, p: WindowPolicy, failed: int, now: int) -> None:
    """Count a call that starts or is refused."""
    at = _cell(m, w, p, now)
    w[at] += 1
    m.calls += 1
    w[at + 1] += failed
    m.failures += failed


def turn(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Begin a tumbling window anew where it is too old, which starts a new generation."""
    if now - w[m.at + 3] > p.width:
        _drop(m, w, m.at)
        w[m.at + 3] = now
        m.run = 0
        m.generation += 1


def move_on(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Begin the bucket of `now`, if it has not begun, and forget those that are too old."""
    _cell(m, w, p, now)


def oldest_at(m: Memory, p: WindowPolicy) -> int:
    """Return where in the store the oldest bucket of a grid lies."""
    oldest = m.at + 2 * CELLS
    return oldest if oldest <= CELLS * p.size else oldest - CELLS * (p.size + 1)


def lingering(m: Memory, w: Any, p: WindowPolicy) -> tuple[int, int, int]:
    """Return the calls, failures and slow calls, of which the oldest bucket's go with the newest's first."""
    oldest = oldest_at(m, p)
    calls = m.calls - (w[oldest] if w[m.at] else 0)
    failures = m.failures - (w[oldest + 1] if w[m.at + 1] else 0)
    return calls, failures, m.slow


def _cell(m: Memory, w: Any, p: WindowPolicy, now: int) -> int:
    """Return where in the store the bucket of `now` lies, in which something is about to be counted."""
    if p.partial:
        m.judged = 0
    if p.kind == WindowKind.GRID:
        if now >= m.turns:
            _turn_grid(m, w, p, now)
        return m.at
    if not p.tumbles and (m.held == 0 or now - w[m.at + 3] >= p.width):
        if m.held == p.size and not p.length:  # pushed out by number rather than by age
            _drop(m, w, CELLS * m.head)
            m.head = m.head + 1 if m.head < p.size else 0
            m.held -= 1
        m.at = CELLS * ((m.head + m.held) % (p.size + 1))
        m.held += 1
        w[m.at + 3] = now
    expire(m, w, p, now)
    return m.at


def _turn_grid(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    slots = p.size + 1
    index = (now + m.anchor) // p.width
    steps = index - m.bucket
    if p.reanchors and steps > p.size:
        m.anchor = -now
        index = 0
    for step in range(min(steps, slots)):
        _leave(m, w, p, CELLS * ((m.bucket + 1 + step) % slots))
    m.bucket = index
    _fill(m, p)
    # The extra slot is the oldest bucket that a window without its filling one still sees.
    if p.partial:
        _leave(m, w, p, CELLS * ((index + 1) % slots))
    if p.run_leaves and steps >= p.size:
        m.run = 0


def _leave(m: Memory, w: Any, p: WindowPolicy, at: int) -> None:
    """Forget a bucket of a grid; where all that the window holds is one run, the run gets shorter."""
    if p.run_leaves and m.run == w[at + 3] + m.failures - w[at + 1]:
        m.run = max(0, m.run - w[at + 3])
    w[at + 3] = 0
    _drop(m, w, at)


def _drop(m: Memory, w: Any, at: int) -> None:
    m.calls -= w[at]
    m.failures -= w[at + 1]
    m.slow -= w[at + 2]
    w[at] = w[at + 1] = w[at + 2] = 0
