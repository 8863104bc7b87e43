"""The day's background as the quietest load would see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.false_trips.exposure import exposure_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.false_trips.exposure import Exposure
    from cbtool.recommend.model import Regime
    from cbtool.recommend.reading.trace import Trace

_APART = 3.0  # how many times busier the busiest regime is, from which the transfer is worth it
_PASSES = 60
_BINS, _CALLS_A_BIN = 120, 20
_A_BURST = 3  # failures: a call and its retries
_BELIEF = 0.5  # standard deviation of the power of the load that bursts are thought to come with, around 1
_POWERS = np.linspace(0.0, 1.0, 21)


class Night(NamedTuple):
    """The background at the quietest load, several times over."""

    passes: list[Trace]
    copies: float
    """In how many of them one burst of failures is, as one breaker sees it."""
    share: float
    """Of the time that the load is so."""

    def exposure(self) -> Exposure:
        """Return what one breaker is exposed to at this load."""
        return replace(exposure_of(self.passes, []), copies=self.copies, share=self.share)


def thinned_to_quietest(
    background: Trace,
    breakers: Sequence[NDArray[np.bool_]],
    regimes: Sequence[Regime],
    seed: int,
    most_calls: int = 300_000,
) -> Night:
    """Return the background thinned to the quietest regime's load, several times over.

    Good calls are kept one by one. Failures that follow each other closely are kept or dropped together, as
    a burst of retries comes at any load; how many bursts come by night is read from how their rate follows
    the load (see `power_of_load`). No pass where the load hardly varies.

    Args:
        background: healthy calls of all breakers.
        breakers: which of them each breaker that is looked at sees.
        regimes: of load, as one breaker sees it.
        seed: of the draws.
        most_calls: of all passes together, about.
    """
    quiet, busy = regimes[0].rate, regimes[-1].rate
    if busy < _APART * quiet or not len(background):
        return Night([], 1.0, 0.0)
    random = np.random.default_rng([seed, 41])
    local = _local_rate(background)
    one = float(np.mean([mask.mean() for mask in breakers]))
    share = np.minimum(1.0, quiet / (local * one))
    bursts = _bursts(background)
    several = bursts.size >= _A_BURST
    power = power_of_load(local, bursts.first[several])
    chance = share[bursts.first] ** np.where(several, power, 1.0)
    seen = [np.flatnonzero(mask) for mask in breakers]
    passes: list[Trace] = []
    calls = 0
    for number in range(_PASSES):
        mine = seen[number % len(seen)]
        keep = random.random(len(mine)) < share[mine]
        together = random.random(len(chance)) < chance
        failed = background.failed[mine]
        keep[failed] = together[bursts.of[mine[failed]]]
        kept = np.zeros(len(background), np.bool_)
        kept[mine[keep]] = True
        thin = background.take(kept)
        calls += len(thin)
        if not len(thin) or (passes and calls > most_calls):
            break
        passes.append(thin)
    often = float(chance[several].mean()) * len(passes) / len(breakers) if several.any() else 0.0
    return Night(passes, max(1.0, often), regimes[0].share_of_time)


def power_of_load(local: NDArray[np.float64], bursts: NDArray[np.int64]) -> float:
    """Return the power g of the load λ with which bursts come: 1 as the calls do, 0 as time passes.

    The posterior mean on [0, 1] where bursts are a Poisson process of rate ∝ λ^g and g is thought to be
    near 1: few bursts move that little.

    Args:
        local: by call, the load around it.
        bursts: the calls that one begins with.
    """
    log = np.log(local)
    time = np.array([np.exp((power - 1.0) * log).sum() for power in _POWERS])
    fit = _POWERS * log[bursts].sum() - len(bursts) * np.log(time)
    fit -= (_POWERS - 1.0) ** 2 / (2.0 * _BELIEF**2)
    weight = np.exp(fit - fit.max())
    return float((weight * _POWERS).sum() / weight.sum())


class _Bursts(NamedTuple):
    """Failures that follow each other closely; a lone one is a burst of one."""

    of: NDArray[np.int64]
    """By call, which burst it is in, if it failed."""
    first: NDArray[np.int64]
    """Each burst's first call."""
    size: NDArray[np.int64]


def _bursts(background: Trace) -> _Bursts:
    failures = np.flatnonzero(background.failed)
    near = min(2.0, 0.1 * background.span / max(1, len(failures)))
    new = np.diff(background.start[failures], prepend=-(10**18)) > near * 1e9
    of = np.zeros(len(background), np.int64)
    of[failures] = np.cumsum(new) - 1
    return _Bursts(of, failures[new], np.bincount(of[failures], minlength=int(new.sum())))


def _local_rate(background: Trace) -> NDArray[np.float64]:
    """Return the load around each call, calls a second, from up to 120 stretches of equal time."""
    bins = int(max(2, min(_BINS, len(background) // _CALLS_A_BIN)))
    since = background.start - background.start[0]
    width = max(background.span, 1e-9) / bins
    index = np.minimum((since / (width * 1e9)).astype(np.int64), bins - 1)
    return np.asarray((np.bincount(index, minlength=bins) / width)[index])
