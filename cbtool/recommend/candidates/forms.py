"""Closed forms: where the search starts, and what explains its result."""

from __future__ import annotations

import math
from functools import lru_cache

_SHORTEST_WAIT = 0.5  # seconds; a probe more often than this is no rest for anybody,
_SHORTEST_OF_MANY = 0.1  # seconds; but where calls are many it may be a small part of them
_CALLS_A_PROBE = 100.0
TRIALS = (1, 2, 3, 5, 10)  # to choose from
_NICE = (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0)


def shortest_wait(rate: float, p99: float | None) -> float:
    """Return the shortest wait that is a rest for the upstream, in seconds.

    Half a second; where so many calls come that one in a hundred of them would be sooner, that, but no less
    than a healthy call may take, nor than a tenth of a second.

    Args:
        rate: calls a second at the quietest load.
        p99: of healthy durations, seconds; None: not known.
    """
    if p99 is None:
        return _SHORTEST_WAIT
    shortest = max(_SHORTEST_OF_MANY, p99, _CALLS_A_PROBE / max(rate, 1e-9))
    return min(_SHORTEST_WAIT, nice_duration(shortest))


def best_wait(trials: int, incident: float, rate: float) -> float:
    """Return the wait that balances probing against late recovery, in seconds.

    Probes during an incident of D seconds cost trials · D / wait calls, late recovery λ · wait / 2;
    the sum is least at √(2 · trials · D / λ).
    """
    return math.sqrt(2.0 * trials * incident / max(rate, 1e-9))


def reopening_chance(trials: int, level: float, threshold: float) -> float:
    """Return how likely the trials find an incident in which a share `level` of the calls is bad.

    P(Bin(trials, level) ≥ ⌈threshold · trials⌉), with the threshold as a share.
    """
    need = max(1, math.ceil(threshold * trials - 1e-9))
    return sum(
        math.comb(trials, bad) * level**bad * (1 - level) ** (trials - bad) for bad in range(need, trials + 1)
    )


@lru_cache(maxsize=4096)
def nice(value: float) -> float:
    """Return the nearest number that a person would write: 1.5 or a digit, times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    choices = [step * power for step in (*_NICE, 10.0)]
    return float(f"{min(choices, key=lambda c: abs(math.log(c / value))):.6g}")


def nice_duration(seconds: float) -> float:
    """Return the nearest duration that a person would write; minutes and hours above a minute."""
    for unit in (3600.0, 60.0):
        if seconds >= unit * 0.95:
            return unit * nice(seconds / unit)
    return nice(seconds)


def ceil_nice(value: float) -> float:
    """Return `value` rounded up to two significant digits."""
    power = 10.0 ** (math.floor(math.log10(value)) - 1)
    return float(f"{math.ceil(value / power - 1e-9) * power:.6g}")


def two_digits(value: float) -> float:
    """Return `value` rounded to two significant digits."""
    return float(f"{value:.2g}")
