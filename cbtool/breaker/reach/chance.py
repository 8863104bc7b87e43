"""Calls that come at random: how often they bunch up, and how often stray errors do. Closed forms.

All take a Poisson stream. The scan statistic's tail is Alm's approximation (1983; Naus 1982 has the exact
values): windows that slide reach k events at the rate (1 − λT/k) · λ · P(Poisson(λT) = k − 1). The run of
k failures comes on average every (1 − p^k) ÷ (p^k · (1 − p)) calls.
"""

from __future__ import annotations

import math

_FAR = 12.0  # standard deviations beyond which a tail is summed from its other end, or is nothing


def poisson(mean: float, count: int) -> float:
    """Return the chance that a Poisson number with this mean is `count`."""
    if count < 0:
        return 0.0
    if mean == 0:
        return 1.0 if count == 0 else 0.0
    return math.exp(count * math.log(mean) - mean - math.lgamma(count + 1))


def at_least(mean: float, count: int) -> float:
    """Return the chance that a Poisson number with this mean is `count` or more."""
    if count <= 0:
        return 1.0
    spread = _FAR * math.sqrt(max(mean, 1.0))
    if count > mean:  # the smaller side is summed
        last = count + int(spread) + 20
        return min(1.0, math.fsum(poisson(mean, k) for k in range(count, last)))
    first = max(0, int(mean - spread) - 20)
    return max(0.0, 1.0 - math.fsum(poisson(mean, k) for k in range(first, count)))


def sliding(rate: float, seconds: float, count: int) -> float:
    """Return how often a second a window that slides over a Poisson stream gets to hold `count` events.

    Args:
        rate: events a second.
        seconds: the window's length.
        count: at least 1.
    """
    mean = rate * seconds
    if count <= 1 or mean >= count - 1:
        return rate  # it holds as many as a matter of course
    return (1.0 - mean / count) * rate * poisson(mean, count - 1)


def run_length(share: float, run: int) -> float:
    """Return after how many calls, on average, so many in a row have failed; `share` fail, 0 to 1."""
    if share <= 0.0:
        return math.inf
    if share >= 1.0:
        return float(run)
    power = share**run
    return (1.0 - power) / (power * (1.0 - share)) if power > 0.0 else math.inf


def binomial_at_least(calls: int, share: float, count: int) -> float:
    """Return the chance that `count` or more of `calls` fail, each with this share."""
    if count <= 0:
        return 1.0
    if count > calls or share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 1.0
    log, rest = math.log(share), math.log1p(-share)
    top = math.lgamma(calls + 1)
    terms = []
    for k in range(count, calls + 1):
        term = math.exp(top - math.lgamma(k + 1) - math.lgamma(calls - k + 1) + k * log + (calls - k) * rest)
        terms.append(term)
        if k > calls * share and term < 1e-18:
            break
    return min(1.0, math.fsum(terms))
