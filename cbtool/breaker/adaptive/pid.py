# runs compiled, too: arguments one by one, and no sets
"""Semian's controller: P = d − (1 − d) · refused, where d is the excess of the error rate over the usual one.

The share refused moves by kp · P + ki · ∑P + kd · ΔP at each tick and stays within 0 and 1. The usual error
rate is smoothed from error rates up to a cap: slowly upwards, some forty times as fast downwards, and twice
as fast in the first half hour (pid_controller.rb, simple_exponential_smoother.rb).

The store holds two rings of times, of errors and of successes, each of at most 200 a second of the window:
what exceeds that forgets the oldest. Before them: where each ring begins and how many it holds, and how many
error rates were smoothed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbtool.breaker.adaptive.policy import ThrottlePolicy
    from cbtool.breaker.memory import Memory

_A_SECOND = 200
_ERRORS, _SUCCESSES, _SMOOTHED, _RINGS = 0, 2, 4, 5
_UP_EARLY, _DOWN_EARLY = 0.0017, 0.078
_UP, _DOWN = 0.0009, 0.039
_EARLY = 1800  # seconds
_NANOSECONDS = 1_000_000_000


def room(p: ThrottlePolicy) -> int:
    """Return how many numbers the store must hold."""
    return _RINGS + 2 * _ring(p)


def start(m: Memory, p: ThrottlePolicy, now: int) -> None:
    """Begin with nothing refused."""
    m.refused = m.total = m.excess = 0.0
    m.ideal = p.ideal
    m.tick = now + p.period


def record(w: Any, p: ThrottlePolicy, failed: int, now: int) -> None:
    """Count a result."""
    ring = _ring(p)
    at, first = (_ERRORS, _RINGS) if failed else (_SUCCESSES, _RINGS + ring)
    if w[at + 1] == ring:
        w[at] = _next(w[at], ring)
        w[at + 1] -= 1
    free = w[at] + w[at + 1]
    w[first + (free if free < ring else free - ring)] = now
    w[at + 1] += 1


def update(m: Memory, w: Any, p: ThrottlePolicy, now: int) -> None:
    """Move the share that is refused."""
    m.tick += p.period
    ring = _ring(p)
    _forget(w, _ERRORS, _RINGS, ring, now - p.length)
    _forget(w, _SUCCESSES, _RINGS + ring, ring, now - p.length)
    m.failures = w[_ERRORS + 1]
    m.calls = m.failures + w[_SUCCESSES + 1]
    rate = m.failures / m.calls if m.calls else 0.0
    _smooth(m, w, p, rate)
    before = m.excess
    over = rate - m.ideal
    if 0.0 < over <= m.ideal * p.dead_zone:
        over = 0.0
    m.excess = over - (1.0 - over) * m.refused
    seconds = p.period / _NANOSECONDS
    m.total += m.excess * seconds
    change = p.proportional * m.excess + p.integral * m.total + p.derivative * (m.excess - before) / seconds
    m.refused = min(max(m.refused + change, 0.0), 1.0)
    m.total = min(max(m.total, p.lowest_sum), p.highest_sum)


def _ring(p: ThrottlePolicy) -> int:
    return max(1, _A_SECOND * p.length // _NANOSECONDS)


def _forget(w: Any, at: int, first: int, ring: int, cutoff: int) -> None:
    while w[at + 1] and w[first + w[at]] < cutoff:
        w[at] = _next(w[at], ring)
        w[at + 1] -= 1


def _next(index: int, ring: int) -> int:
    return index + 1 if index + 1 < ring else 0


def _smooth(m: Memory, w: Any, p: ThrottlePolicy, rate: float) -> None:
    if rate > p.ideal_cap:
        return
    w[_SMOOTHED] += 1
    early = w[_SMOOTHED] * p.period < _EARLY * _NANOSECONDS
    share = _DOWN_EARLY if early else _DOWN
    if rate > m.ideal:
        share = _UP_EARLY if early else _UP
    m.ideal = share * rate + (1.0 - share) * m.ideal
