"""The wait policy: how long open, growing how, and when exactly it is over."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.breaker.policies import ResetRule
from cbtool.breaker.spread import Spread
from cbtool.breaker.transition import Reason

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import WaitPolicy

LONGEST = 100 * 365 * 86400.0
"""Seconds; a century fits 64-bit nanoseconds and is for ever."""

_WAIT_OVER = int(Reason.WAIT_OVER)
_HEALTHY = int(Reason.HEALTHY)


def wait_ns(p: WaitPolicy, attempt: int, jitter: float, before: float = 0.5) -> int:
    """Return how long an open state lasts, in nanoseconds.

    The wait, times the multiplier for each earlier opening in a row, at most the maximum; then jitter
    around that, so that a fleet at its maximum still spreads.

    Args:
        p: the policy.
        attempt: 1 for the first opening since the breaker was last closed, 2 for the next, …
        jitter: a random number in [0, 1).
        before: that of the opening before.
    """
    wait = p.seconds
    cap = LONGEST if p.longest < 0.0 else p.longest
    if p.linear:
        wait = min(wait * attempt, cap)
    elif p.spread == Spread.HALF:
        return _half_random(p, attempt, cap, jitter)
    elif p.spread == Spread.DECORRELATED:
        earlier = _growth(p, attempt - 2, before) if attempt > 1 else 0.0
        wait *= max(0.0, _growth(p, attempt - 1, jitter) - earlier) / 1.4
        return round(min(wait, cap, LONGEST) * 1e9)
    elif p.multiplier > 1.0:  # of 1 needs no turns, of which days of a short wait would make millions
        for _ in range(attempt - 1):
            wait = _cut(p, wait * p.multiplier)
            if wait >= cap:
                break
    if p.longest >= 0.0:
        wait = min(wait, p.longest)
    if p.spread == Spread.LONGER:
        wait += min(wait * p.jitter * jitter, cap - wait)
    elif p.spread == Spread.SECONDS:
        wait += int((p.jitter * 1000.0 + 1.0) * jitter) / 1000.0
    else:
        wait *= 1.0 + p.jitter * (2.0 * jitter - 1.0)
    return round(min(_cut(p, wait), LONGEST) * 1e9)


def _half_random(p: WaitPolicy, attempt: int, cap: float, jitter: float) -> int:
    wait = p.seconds
    if attempt > 1:
        half = min(wait * 2.0 ** min(attempt - 2, 62), cap)
        wait = min(half + half * jitter, cap)
    return round(min(wait, LONGEST) * 1e9)


def _growth(p: WaitPolicy, whole: int, jitter: float) -> float:
    t = min(whole, 200) + 0.5 + p.jitter * (jitter - 0.5)
    grown: float = p.multiplier**t * math.tanh(math.sqrt(4.0 * t))
    return grown


def beginning(m: Memory, p: WaitPolicy, now: int) -> int:
    """Return from when on a wait runs whose cause happened at `now`."""
    if p.begins_by:
        return now + (-now - m.epoch) % p.begins_by
    return now if p.begins_on == 0 else now - (now + m.epoch) % p.begins_on


def begin(m: Memory, p: WaitPolicy, now: int) -> None:
    """Open at `now`: count the opening, and draw how long it lasts."""
    if p.sweep == 0 or m.attempt * p.seconds < p.longest + p.seconds:
        m.attempt += 1
    m.openings += 1
    m.healthy = 0
    before = unit_random(m.seed, m.openings - 1)
    m.wait = wait_ns(p, m.attempt, unit_random(m.seed, m.openings), before)
    m.wait_from = beginning(m, p, now)
    m.failed_at = now
    if p.sweep:
        end = m.wait_from + m.wait - m.started
        m.wait = m.started + (end + p.sweep - 1) // p.sweep * p.sweep - m.wait_from


def _cut(p: WaitPolicy, seconds: float) -> float:
    if p.resolution == 0:
        return seconds
    step = p.resolution / 1e9
    return int(seconds / step + 1e-9) * step


def ends(m: Memory, p: WaitPolicy) -> int:
    """Return when an open state may end at the earliest: with its wait, or long after its latest failure."""
    end: int = m.wait_from + m.wait
    return end if p.closes_after < 0 else min(end, m.failed_at + p.closes_after)


def over(p: WaitPolicy, elapsed: int, wait: int) -> bool:
    """Return whether a wait is over, so many nanoseconds after it began."""
    return elapsed > wait if p.after_end else elapsed >= wait


def reset_reason(m: Memory, p: WaitPolicy, now: int) -> int:
    """Return why an open state ends at `now`: a `Reason`, or 0 where it does not."""
    waited = over(p, now - m.wait_from, m.wait)
    if p.reset == ResetRule.WAIT:
        return _WAIT_OVER if waited else 0
    healthy = m.healthy >= p.healthy_after
    if p.reset == ResetRule.EARLIER and waited and not healthy:
        return _WAIT_OVER
    if p.reset == ResetRule.LATER and not waited:
        return 0
    return _HEALTHY if healthy else 0


_MASK = (1 << 64) - 1


def unit_random(seed: int, index: int) -> float:
    """Return the `index`-th number in [0, 1) of the stream `seed`, without keeping state.

    SplitMix64's output function (Steele, Lea, Flood 2014), so that the compiled kernel can compute the
    same number.
    """
    z = (seed + (index + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) * (1.0 / (1 << 53))
