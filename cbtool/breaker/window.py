# ruff: noqa: PLR0917, PLR1714  # runs compiled, too: arguments one by one, and no sets
"""The window policy: what is counted, when, and when it is forgotten. A window only counts.

Every window also knows the unbroken run of failures up to its newest result. The contents lie in a flat
store; `room` says how large. Kinds that count in buckets are in `buckets.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cbtool.breaker import average, buckets, chain, durations, stamped
from cbtool.breaker.policies import CountWhen, WindowKind

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import WindowPolicy


class Snapshot(NamedTuple):
    """What a window holds at one moment."""

    calls: int
    """Results counted (ignored ones never are)."""
    failures: int
    """Of these, the failed ones, slow or not."""
    slow: int
    """Of these, the slow ones, failed or not."""
    run: int
    """Failures in an unbroken row up to the newest result."""

    @property
    def failure_rate(self) -> float:
        """Percent of the calls that failed; 0 when there are none."""
        return 100.0 * self.failures / self.calls if self.calls else 0.0

    @property
    def slow_call_rate(self) -> float:
        """Percent of the calls that were slow; 0 when there are none."""
        return 100.0 * self.slow / self.calls if self.calls else 0.0


def room(p: WindowPolicy) -> int:
    """Return how many numbers the store must hold; a `TIME` window needs `2` more for each result in it."""
    if p.kind == WindowKind.CALLS or p.kind == WindowKind.ERRORS:
        return p.size
    if p.kind == WindowKind.GRID or p.kind == WindowKind.FLOATING or p.kind == WindowKind.STAMPED:
        return buckets.CELLS * (p.size + 1) + durations.CELLS * p.slices
    return average.ROOM if p.kind == WindowKind.AVERAGE else 32


def add(  # noqa: C901  # a line a kind
    m: Memory, w: Any, p: WindowPolicy, outcome: int, now: int, admitted: int
) -> None:
    """Count a result.

    Args:
        m: the breaker's memory.
        w: its store.
        p: the policy.
        outcome: an `Outcome` that is not ignored.
        now: when it completed.
        admitted: when its call started.
    """
    failed = outcome & 1
    slow = outcome >> 1
    if p.slices:
        durations.add(m, w, p, slow, now)
    if p.kind == WindowKind.GRID or p.kind == WindowKind.FLOATING:
        buckets.add(m, w, p, failed, slow, now, admitted)
        return
    m.run = m.run + 1 if failed else 0
    if p.kind == WindowKind.RUN:
        m.calls = m.failures = m.run
        m.slow = m.slow + slow if failed else 0
        return
    if p.kind == WindowKind.STAMPED:
        stamped.add(m, w, p, failed, slow, now)
        return
    if p.kind == WindowKind.AVERAGE:
        average.add(m, w, p, failed, now)
        return
    if p.kind == WindowKind.CHAIN:
        chain.add(m, w, failed, now)
        return
    if p.kind == WindowKind.ERRORS:
        if failed:
            _remember_error(m, w, p, now)
        return
    if p.kind == WindowKind.CALLS:
        if m.calls == p.size:
            oldest = w[m.head]
            m.failures -= oldest & 1
            m.slow -= oldest >> 1
            m.calls -= 1
        w[m.head] = outcome
        m.head = m.head + 1 if m.head + 1 < p.size else 0
    else:
        slot = 2 * ((m.head + m.held) % (len(w) // 2))
        w[slot] = now
        w[slot + 1] = outcome
        m.held += 1
    m.calls += 1
    m.failures += failed
    m.slow += slow


def expire(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Forget what is too old at `now`."""
    if p.kind == WindowKind.TIME:
        slots = len(w) // 2
        while m.held and now - w[2 * m.head] >= p.length:
            outcome = w[2 * m.head + 1]
            m.failures -= outcome & 1
            m.slow -= outcome >> 1
            m.calls -= 1
            m.held -= 1
            m.head = m.head + 1 if m.head + 1 < slots else 0
        m.run = min(m.run, m.calls)
    elif p.kind == WindowKind.GRID or p.kind == WindowKind.FLOATING:
        buckets.expire(m, w, p, now)


def visible(m: Memory, w: Any, p: WindowPolicy) -> tuple[int, int, int]:
    """Return the calls, failures and slow calls that a verdict may see."""
    if p.lingers:
        return buckets.lingering(m, w, p)
    if p.calls_at_admission:
        return m.noted, m.failures, m.slow
    if p.partial:
        return m.calls, m.failures, m.slow
    return m.calls - w[m.at], m.failures - w[m.at + 1], m.slow - w[m.at + 2]


def admitted(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Note a call that starts."""
    if p.kind == WindowKind.CHAIN:
        chain.started(m, w, p, now)
    if p.counts == CountWhen.ADMITTED or p.counts == CountWhen.ATTEMPTED:
        buckets.count_call(m, w, p, 0, now)
        m.noted = m.calls


def refused(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Note a call that is not permitted."""
    if refusals_count(p):
        buckets.count_call(m, w, p, int(p.refusals_fail), now)


def refusals_count(p: WindowPolicy) -> bool:
    """Return whether a refused call is counted."""
    return p.counts == CountWhen.ATTEMPTED or p.counts == CountWhen.ANSWERED


def clear(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Forget everything."""
    m.calls = m.failures = m.slow = m.run = m.head = m.held = 0
    if p.slices:
        durations.clear(m, w, p, now)
    if p.kind == WindowKind.GRID or p.kind == WindowKind.FLOATING:
        buckets.clear(m, w, p, now)
    elif p.kind == WindowKind.AVERAGE:
        average.clear(m, w, now)
    elif p.kind == WindowKind.STAMPED:
        stamped.clear(m, w, p, now)


def last_error(m: Memory, w: Any, p: WindowPolicy) -> int:
    """Return when the last failure happened that an `ERRORS` window remembers; it remembers one."""
    at: int = w[(m.head + m.held - 1) % p.size]
    return at


def _remember_error(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    while p.length and m.held and now - w[m.head] > p.length:
        m.head = (m.head + 1) % p.size
        m.held -= 1
    if m.held == 0 or w[(m.head + m.held - 1) % p.size] <= now - p.lumping:
        if m.held == p.size:
            m.head = (m.head + 1) % p.size
            m.held -= 1
        w[(m.head + m.held) % p.size] = now
        m.held += 1
    m.calls = m.failures = m.held
