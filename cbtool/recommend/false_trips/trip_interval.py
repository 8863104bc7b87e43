"""How sure the rate of false trips is: an interval that holds the truth in nine logs of ten, or more.

Three things are unknown. How often the window came near: the log's blocks are drawn again in runs, round
and round (the circular block bootstrap of Politis and Romano, 1992), so that what comes in spells stays in
spells. How fast the tail falls beyond what was seen: its geometric ratio is read anew from each resample.
And whether bad calls come in clusters at all: where the log shows none, they are no more overdispersed than
the pairs of bad calls that came together leave possible.

`tests/recommend/test_trip_interval.py` counts how often the truth lies within. From under a hundred failed
calls, in clusters of many sizes, it does so in five logs of six rather than nine of ten.

The low end is what was seen, or what chance fills of the windows that do not overlap. A kind of burst that
the log never held is in none of this: what may be expected of one comes beside (`unseen.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.false_trips.chance import (
    SAFETY,
    Levels,
    cold_trip,
    full_window,
    levels_of,
    trips_per_second,
)
from cbtool.recommend.false_trips.tails import fullest_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.false_trips.dealt import Pooled
    from cbtool.recommend.false_trips.exposure import Exposure

LOW, HIGH = 0.03, 0.97
"""Nominally 94 %: resamples of a few blocks vary less than logs do, and nine in ten are promised."""
ENOUGH = 10
"""Trips that were seen, and no model need say how many there might have been."""
_DRAWS = 400
_RUNS = 50  # that the log is cut into, where it has as many blocks
_TAIL = (10, 40)  # blocks, at least and at most, that it is read from
_LOOKED_AT = 2000  # calls, for how many others their window holds
_SEED = 71


class Range(NamedTuple):
    """The ends of a 90 % interval of trips a second."""

    low: float
    high: float

    def or_more(self, other: Range) -> Range:
        """Return the higher of two ranges, end by end."""
        return Range(max(self.low, other.low), max(self.high, other.high))


class _Tail(NamedTuple):
    low: float
    high: float
    seen: int
    """Blocks in which the gate would have opened."""


def trip_range(
    views: Sequence[Exposure],
    gate: Gate,
    slow_from: float | None,
    *,
    clusters: bool,
    restarts: float,
    seed: int,
) -> Range:
    """Return how often the gate opens on healthy traffic, for failures or for slow calls.

    Args:
        views: the healthy traffic first, then as it would be at other loads; the worst counts.
        gate: when the breaker opens.
        slow_from: seconds, for slow calls; None: for failures.
        clusters: whether bad calls were seen to come in clusters.
        restarts: a second, from each of which the window fills anew.
        seed: of the resamples.
    """
    threshold = gate.threshold if slow_from is None else gate.slow_threshold
    low, high = 0.0, 0.0
    for number, view in enumerate(views):
        least, most = _by_chance(view, gate, slow_from, restarts, seed)
        rule = gate._replace(threshold=threshold)
        if clusters and view.pooled is not None:
            tail, least = _by_deals(view.pooled, rule, slow_from, seed), 0.0  # as by chance none come
        else:
            tail = _by_tail(view, rule, slow_from, seed)
        hidden = tail.high if clusters else min(tail.high, _by_dispersion(view, rule, slow_from, seed))
        high = max(high, view.share * (tail.high if tail.seen >= ENOUGH else max(most, hidden)))
        if not number:
            low = max(least, tail.low)
    return Range(low, high)


def counted_range(events: float, time: float) -> Range:
    """Return the exact interval of a Poisson rate of which so many events were seen (Garwood 1936).

    Or so many on average, over several that saw the same, as breakers do.
    """
    from scipy.special import gammaincinv  # noqa: PLC0415  # 0.2 s; a refusal never needs it

    low = float(gammaincinv(events, LOW)) if events else 0.0
    return Range(low / time, float(gammaincinv(events + 1, HIGH)) / time)


def _by_tail(view: Exposure, gate: Gate, slow_from: float | None, seed: int) -> _Tail:
    """By the tail of the blocks' margins: seen at least, and at most as the resampled tails reach."""
    maxima = view.block_maxima(gate, slow_from, gate.threshold)
    errors = max(float(gate.errors), gate.threshold * gate.holds(len(view) / view.seconds) / 100.0)
    random = np.random.default_rng([seed, _SEED])
    fullest = np.sort(fullest_of(maxima.positive))
    margin = maxima.positive[fullest]
    kept = min(int(np.clip(maxima.blocks // 3, *_TAIL)), len(margin))
    level = min(1.0, float(np.sort(margin)[-kept])) if kept else 1.0 / errors
    tail = margin >= level
    place = view.places(gate, slow_from)[fullest]
    times = resampled_times(place, maxima.blocks, view.breakers, random)
    often = times[:, tail].sum(axis=1)
    excess = errors * (times[:, tail] @ (margin[tail] - level))
    ratio = (excess + 1.0) / (often + excess + 2.0)
    # One more block may have come as near: where none did, that is the rule of three.
    reach = (often + random.exponential(1.0, len(times))) * ratio ** ((1.0 - level) * errors)
    tripped = times[:, margin >= 1.0].sum(axis=1)
    seen = int((margin >= 1.0).sum())
    exact = counted_range(seen, view.seconds)
    low = float(np.quantile(tripped, LOW)) / view.seconds
    high = float(np.quantile(np.maximum(reach, tripped), HIGH)) / view.seconds
    return _Tail(min(low, exact.low), max(high, exact.high if seen else 0.0), seen)


def _by_deals(pooled: Pooled, gate: Gate, slow_from: float | None, seed: int) -> _Tail:
    """By the chances that a breaker's part of each block opens it, in resamples of all breakers' blocks."""
    whole = pooled.exposure
    found = pooled.trips(gate, slow_from, gate.threshold)
    random = np.random.default_rng([seed, _SEED])
    blocks = pooled.peaks(gate, slow_from).blocks
    often = resampled_times(found.block, blocks, whole.breakers, random) @ (found.times * found.chance)
    # One more block may have come as near as any.
    more = pooled.copies * found.worst * random.exponential(1.0, len(often))
    low, high = float(np.quantile(often, LOW)), float(np.quantile(often + more, HIGH))
    likely = found.total
    if found.squares:  # weighted blocks vary as so many alike would (Fay and Feuer 1997)
        alike = likely**2 / (pooled.copies * found.squares)
        exact = counted_range(max(1, round(alike)), max(1.0, alike))
        low, high = min(low, likely * exact.low), max(high, likely * exact.high)
    safety = 1.0 if gate.counted else SAFETY
    return _Tail(low / whole.seconds, safety * high / whole.seconds, 0)


def _by_dispersion(view: Exposure, gate: Gate, slow_from: float | None, seed: int) -> float:
    """Trips a second at most, were the windows' bad calls as overdispersed as their pairs leave possible.

    The bad ones of so many calls as a window holds are taken for negative binomial, of mean μ and shape a: in
    m such runs, m·μ²·(1 + 1/a)/2 pairs of bad calls share one. The high end of the pairs' number gives the
    least a; a bad call then finds k − 1 others in its window with the chance P(NB(a + 1) ≥ k − 1).
    """
    from scipy.special import betainc  # noqa: PLC0415  # 0.2 s; a refusal never needs it

    bad = view.bad(slow_from)
    calls = _window_calls(view, gate)
    errors = max(float(gate.errors), gate.threshold * calls / 100.0)
    together = np.bincount(np.flatnonzero(bad) // round(calls))
    runs, total = len(bad) / calls, float(together.sum())
    shared = together * (together - 1) / 2.0
    # Runs that share equally many weigh alike: a sum of Poisson weights is Poisson again.
    each, alike = np.unique(shared, return_counts=True)
    weights = np.random.default_rng([seed, _SEED + 2]).poisson(alike, (_DRAWS, len(each)))
    pairs = max(counted_range(int(shared.sum()), 1.0).high, float(np.quantile(weights @ each, HIGH)))
    least = max(total, 1.0) ** 2 / (2.0 * runs)  # pairs, were the calls independent
    shape = 1.0 / max(pairs / least - 1.0, 1e-3)
    often = counted_range(int(total), view.seconds).high
    mean = often * view.seconds / runs
    fuller = 1.0 if errors <= 1.0 else float(betainc(errors - 1.0, shape + 1.0, mean / (mean + shape)))
    return (1.0 if gate.counted else SAFETY) * often * fuller


def _window_calls(view: Exposure, gate: Gate) -> float:
    """Return how many calls a window holds, on average over the calls."""
    if gate.counted:
        return gate.window
    last = np.linspace(0, len(view) - 1, min(len(view), _LOOKED_AT)).astype(np.int64)
    first = np.searchsorted(view.end, view.end[last] - round(gate.window * 1e9), side="right")
    return float((last - first + 1).mean())


def resampled_times(
    place: NDArray[np.int64], blocks: int, breakers: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """Return how often each resample holds each of the blocks looked at; shape (resamples, places).

    Args:
        place: of these, from 0.
        blocks: how many there are in all.
        breakers: whose equal shares follow one another in them, and are drawn together: what befalls one at
            a time often befalls all.
        random: the source of chance.
    """
    around = max(1, -(-blocks // breakers))
    place = place % around
    length = -(-around // min(_RUNS, around))
    starts = random.integers(0, around, (_DRAWS, -(-around // length)))
    times = np.empty((_DRAWS, len(place)), np.int64)
    for row, start in enumerate(starts):
        begin = np.sort(
            np.concatenate((start, start - around))
        )  # a run goes on from the end at the beginning
        until = np.searchsorted(begin, place, side="right")
        times[row] = until - np.searchsorted(begin, place - length, side="right")
    return times


def _by_chance(view: Exposure, gate: Gate, slow_from: float | None, restarts: float, seed: int) -> Range:
    """By calls that are bad independently of each other, at the ends of the interval of their share."""
    threshold = gate.threshold if slow_from is None else gate.slow_threshold
    levels = levels_of(view.end, view.bad(slow_from))
    least, share, most = _shares(view if view.pooled is None else view.pooled.exposure, slow_from, seed)
    worse = levels._replace(bad=np.minimum(1.0, levels.bad * most / share))
    high = max(trips_per_second(worse, gate, threshold), restarts * cold_trip(worse, gate, threshold))
    rate = len(view) / view.seconds
    usual = Levels(np.array([rate]), np.array([least]), np.array([1.0]))
    seconds = gate.window / rate if gate.counted else gate.window
    return Range(full_window(usual, gate, threshold) / seconds, high)


def _shares(view: Exposure, slow_from: float | None, seed: int) -> tuple[float, float, float]:
    """Return the low end, the best guess and the high end of the share of bad calls.

    By the same bootstrap over blocks of equal count, and no narrower than if each call were on its own.
    """
    bad = view.bad(slow_from)
    blocks = max(1, min(4 * _RUNS, len(bad) // 20))
    cuts = np.linspace(0, len(bad), blocks + 1).astype(np.int64)
    held = np.diff(np.concatenate(([0], np.cumsum(bad)))[cuts])
    random = np.random.default_rng([seed, _SEED + 1])
    times = resampled_times(np.arange(blocks), blocks, view.breakers, random)
    low, high = np.quantile(times @ held, [LOW, HIGH])
    exact = counted_range(int(held.sum()), float(len(bad)))
    share = (held.sum() + 1.0) / (len(bad) + 2.0)  # as `levels_of` has it
    return min(low / len(bad), exact.low), float(share), max(float(high) / len(bad), exact.high, share)
