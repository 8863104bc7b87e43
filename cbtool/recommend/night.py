"""The day's background as the quietest load would see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.model import Regime
    from cbtool.recommend.trace import Trace

_APART = 3.0  # how many times busier the busiest regime is, from which the transfer is worth it
_PASSES = 30


def thinned_to_quietest(
    shares: Sequence[Trace], regimes: Sequence[Regime], seed: int, most_calls: int = 300_000
) -> list[Trace]:
    """Return the background thinned to the quietest regime's load, several times over.

    Good calls are kept one by one; failures that follow each other closely are kept or dropped together,
    as a burst of retries comes at any load. Empty where the load hardly varies.
    """
    quiet, busy = regimes[0].rate, regimes[-1].rate
    if busy < _APART * quiet:
        return []
    random = np.random.default_rng([seed, 41])
    passes: list[Trace] = []
    calls = 0
    for number in range(_PASSES):
        share = shares[number % len(shares)]
        thin = share.take(_keep(share, quiet, random))
        calls += len(thin)
        if not len(thin) or (passes and calls > most_calls):
            break
        passes.append(thin)
    return passes


def _keep(share: Trace, quiet: float, random: np.random.Generator) -> NDArray[np.bool_]:
    chance = np.minimum(1.0, quiet / _local_rate(share))
    draw = random.random(len(share))
    failures = np.flatnonzero(share.failed)
    if len(failures):
        near = min(2.0, 0.1 * share.span / len(failures))
        new = np.concatenate(([True], np.diff(share.start[failures]) > near * 1e9))
        # One draw a cluster, its first member's.
        draw[failures] = draw[failures][np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))]
    return np.asarray(draw < chance)


def _local_rate(share: Trace) -> NDArray[np.float64]:
    """Return the load around each call, calls a second, from up to 100 stretches of equal count."""
    n = len(share)
    cuts = np.unique(np.linspace(0, n - 1, max(2, min(100, n // 20)) + 1).astype(np.int64))
    seconds = np.maximum(np.diff(share.start[cuts]) / 1e9, 1e-6)
    rates = np.diff(cuts) / seconds
    return np.asarray(
        rates[np.minimum(np.searchsorted(cuts, np.arange(n), side="right") - 1, len(rates) - 1)]
    )
