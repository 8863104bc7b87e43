"""False trips by pure chance: calls that fail independently, at the rates seen.

Two closed forms: how often a full sliding window reaches its gates (a scan statistic, Naus 1965), and how
likely an empty one does so while it fills, as after every restart and every closing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled
from cbtool.recommend.false_trips.between import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate

_GRID = 41
SAFETY = 2.0
"""A success that leaves a time window lifts the rate too, which the closed form does not count."""
_COLD_FACTOR = 1.5  # restarts come when things are worse than on average


class Levels(NamedTuple):
    """Stretches of the background, each with its own load and share of bad calls; arrays."""

    rate: NDArray[np.float64]
    """Calls a second."""
    bad: NDArray[np.float64]
    """Share of bad calls, 0 to 1."""
    time: NDArray[np.float64]
    """Share of the time, adding up to 1."""
    grids: dict[float, tuple[NDArray[np.float64], NDArray[np.float64]]] | None = None
    """By window of time, what `_other_calls` found; filled in, where it is there."""


def levels_of(end: NDArray[np.int64], bad: NDArray[np.bool_], most: int = 25) -> Levels:
    """Return the background as up to `most` stretches of equal count, at least 100 calls each.

    The share of bad calls is drawn towards the average by one imagined bad call, so that a stretch which
    happened to see none is not taken for perfect.
    """
    n = len(end)
    cuts = np.linspace(0, n, max(1, min(most, n // 100)) + 1).astype(np.int64)
    totals = np.concatenate(([0], np.cumsum(bad)))
    average = (totals[-1] + 1.0) / (n + 2.0)
    count = np.diff(cuts)
    apart = np.diff(end, prepend=end[:1])
    elapsed = np.cumsum(np.where(apart < NO_TIME, apart, 0))
    seconds = np.maximum((elapsed[cuts[1:] - 1] - elapsed[cuts[:-1]]) / 1e9, 1e-3)
    share = (np.diff(totals[cuts]) + 1.0) / (count + 1.0 / average)
    return Levels(count / seconds, np.minimum(share, 1.0), seconds / seconds.sum(), {})


def trips_per_second(levels: Levels, gate: Gate, threshold: float) -> float:
    """Return an upper bound for how often chance alone fills the gates, averaged over the levels.

    A bad call trips when the window already holds one fewer than needed: rate λp · P(E ≥ need − 1), with
    the window's other calls Poisson(λW) and the bad ones among them binomial.
    """
    others, weight = _other_calls(levels, gate)
    tail = _reaches(levels.bad[:, None], gate, threshold, others, already=1)
    rate = levels.rate * levels.bad * (weight * tail).sum(axis=1)
    return float((1.0 if gate.counted else SAFETY) * (rate * levels.time).sum())


def trips_in_stretches(
    levels: Levels, gate: Gate, threshold: float, seconds: NDArray[np.float64], usual: float
) -> NDArray[np.float64]:
    """Return about how often chance alone fills the gates in stretches that last so long, one by one.

    The fullest window that a stretch can have holds as much of it as fits in, and calls of the usual sort
    beside. From then on, a bad call that comes where a good one leaves trips when one fewer than needed is
    there: p (P(E ≥ need − 1) − P(E' ≥ need)), with one call fewer in E than in E'.

    Args:
        levels: of the stretches.
        gate: when the breaker opens.
        threshold: of the rate of bad calls, percent.
        seconds: how long each lasts.
        usual: share of bad calls around them.
    """
    others, weight = _other_calls(levels, gate)
    held, calls, bad = others + 1.0, (levels.rate * seconds)[:, None], levels.bad[:, None]
    inside = np.minimum(held, calls)
    share = (inside * bad + (held - inside) * usual) / held
    full = _reaches(share, gate, threshold, held, already=0)
    further = (calls - inside) * bad * (_reaches(bad, gate, threshold, others, already=1) - full)
    return np.asarray((1.0 if gate.counted else SAFETY) * (weight * (full + further)).sum(axis=1))


def full_window(levels: Levels, gate: Gate, threshold: float) -> float:
    """Return the chance that a window at any moment fills its gates, averaged over the levels."""
    others, weight = _other_calls(levels, gate)
    tail = _reaches(levels.bad[:, None], gate, threshold, others + gate.counted, already=0)
    return float(((weight * tail).sum(axis=1) * levels.time).sum())


def reached_by_bursts(
    levels: Levels, gate: Gate, threshold: float, sizes: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the chance that a burst of bad calls fills the gates, by its size, averaged over the levels.

    Beside the burst the window holds as many calls as it usually does.
    """
    if gate.counted:
        sizes = np.minimum(sizes, int(gate.window))
    held = np.full_like(levels.rate, gate.window) if gate.counted else np.round(levels.rate * gate.window)
    others = np.maximum(held[:, None] - (sizes if gate.counted else 0 * sizes), 0.0)
    reached = _reaches(levels.bad[:, None], gate, threshold, others, already=sizes)
    return np.asarray((levels.time[:, None] * reached).sum(axis=0))


def _other_calls(levels: Levels, gate: Gate) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return how many calls a window holds beside the newest, on a grid a level, and how likely each is."""
    from scipy.special import gammaln, xlogy  # noqa: PLC0415  # 0.2 s; a refusal never needs it

    if gate.counted:
        others = np.full((len(levels.rate), 1), gate.window - 1.0)
        return others, np.ones_like(others)
    if levels.grids is not None and gate.window in levels.grids:
        return levels.grids[gate.window]
    mean = np.maximum(levels.rate * gate.window, 1e-9)[:, None]
    spread = 6.0 * np.sqrt(mean) + 6.0
    low = np.maximum(0.0, np.floor(mean - spread))
    step = np.maximum(1.0, np.ceil((mean + spread - low) / (_GRID - 1)))
    others = low + step * np.arange(_GRID)[None, :]
    weight = np.exp(xlogy(others, mean) - mean - gammaln(others + 1.0))
    weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)
    if levels.grids is not None:
        levels.grids[gate.window] = others, weight
    return others, weight


def _reaches(
    share: NDArray[np.float64],
    gate: Gate,
    threshold: float,
    others: NDArray[np.float64],
    *,
    already: int | NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the chance that so many calls are bad as the gates ask for, beside those `already`.

    Args:
        share: of bad calls.
        gate: when the breaker opens.
        threshold: of the rate of bad calls, percent.
        others: calls that the window holds beside.
        already: bad calls.
    """
    from scipy.special import betainc  # noqa: PLC0415  # as above

    held = others + already
    need = np.maximum(gate.errors, np.ceil(threshold * held / 100.0 - 1e-9)) - already
    reached = betainc(np.maximum(need, 1.0), np.maximum(others - need + 1, 1e-9), share)
    tail = np.where(need <= 0, 1.0, np.where(need > others, 0.0, reached))
    return np.where(held >= gate.calls, tail, 0.0)


def cold_trip(levels: Levels, gate: Gate, threshold: float) -> float:
    """Return the chance that a window trips while it fills from empty, at the busiest level.

    Exact first passage over the calls of one window, at 1.5 × the average share of bad calls.
    """
    share = min(
        0.99,
        _COLD_FACTOR
        * float((levels.bad * levels.rate * levels.time).sum())
        / max(1e-12, float((levels.rate * levels.time).sum())),
    )
    errors, calls = gate.errors, gate.calls
    filling = int(min(gate.holds(levels.rate.max()), calls + 300.0 * errors / threshold, 20_000))
    return float(_first_passage(max(filling, 1), share, threshold, errors, calls))


@compiled()
def _first_passage(filling: int, share: float, threshold: float, errors: int, calls: int) -> float:
    alive = np.zeros(filling + 2)
    alive[0] = 1.0
    tripped = 0.0
    top = 0
    for n in range(1, filling + 1):
        top = min(top + 1, filling)
        for e in range(top, 0, -1):
            alive[e] = alive[e] * (1.0 - share) + alive[e - 1] * share
        alive[0] *= 1.0 - share
        if n >= calls:
            need = max(errors, int(np.ceil(threshold * n / 100.0 - 1e-9)))
            for e in range(need, top + 1):
                tripped += alive[e]
                alive[e] = 0.0
            top = min(top, need - 1) if need > 0 else 0
        while top > 0 and alive[top] < 1e-15:
            top -= 1
    return tripped
