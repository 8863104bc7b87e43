"""The wait policy: how long open, growing how, and when exactly it is over."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from cbtool.units import to_ns

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig

_MASK = (1 << 64) - 1


class WaitEdge(IntEnum):
    """Whether a call exactly at the end of the wait is already a trial."""

    AT_END = 0
    AFTER_END = 1


@dataclass(frozen=True, slots=True)
class WaitPolicy:
    """How a library measures its wait."""

    edge: WaitEdge = WaitEdge.AT_END

    def over(self, elapsed_ns: int, wait_ns: int) -> bool:
        """Return whether a wait of `wait_ns` is over, `elapsed_ns` after it began."""
        return elapsed_ns > wait_ns if self.edge is WaitEdge.AFTER_END else elapsed_ns >= wait_ns


def wait_ns(config: BreakerConfig, *, attempt: int, opening: int, seed: int) -> int:
    """Return how long an open state lasts, in nanoseconds.

    The configured wait, times the multiplier for each earlier opening in a row, at most the maximum;
    then jitter of ± `wait_jitter` around that, so that a fleet at its maximum still spreads.

    Args:
        config: the wait, multiplier, cap and jitter.
        attempt: 1 for the first opening since the breaker was last closed, 2 for the next, …
        opening: how many times this breaker has opened in all; picks the jitter's random number.
        seed: of the jitter.
    """
    wait = config.wait_duration_in_open_state
    longest = config.max_wait_duration_in_open_state
    # A multiplier of 1 needs no turns, of which an outage of days with a short wait would make millions.
    for _ in range(attempt - 1 if config.wait_backoff_multiplier > 1 else 0):
        wait *= config.wait_backoff_multiplier
        # Stop at the cap; without one, before the wait leaves 64-bit nanoseconds.
        if wait >= (LONGEST if longest is None else longest):
            break
    if longest is not None:
        wait = min(wait, longest)
    wait *= 1.0 + config.wait_jitter * (2.0 * unit_random(seed, opening) - 1.0)
    return to_ns(min(wait, LONGEST))


LONGEST = 100 * 365 * 86400.0  # seconds; a century fits 64-bit nanoseconds and is for ever


def unit_random(seed: int, index: int) -> float:
    """Return the `index`-th number in [0, 1) of the stream `seed`, without keeping state.

    SplitMix64's output function (Steele, Lea, Flood 2014), so that the compiled kernel can compute the
    same number.
    """
    z = (seed + (index + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) * (1.0 / (1 << 53))
