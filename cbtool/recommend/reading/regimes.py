"""Regimes of load: how many calls a second there are, and for how much of the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.model import Regime
from cbtool.recommend.reading.columns import pieces
from cbtool.recommend.reading.holes import holes, seconds_in, without

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.reading.columns import TraceColumns

_BINS = 120
_CALLS_A_BIN = 20
_APART = 2.0  # regimes whose rates are nearer than this factor are one
_NAMES = {1: ("steady",), 2: ("low", "high"), 3: ("low", "middle", "high")}


def load_regimes(trace: TraceColumns, instances: int = 1) -> tuple[Regime, ...]:
    """Return one to three regimes, the quietest first.

    The time is cut into equal bins, whose log rates are split into three groups (k-means on a line, from
    fixed starts); groups less than a factor of two apart are merged. Empty bins count as the quietest
    regime's only where that regime could leave a bin empty by chance; else they are idle time. Holes in the
    log (`holes`) are no time at all.

    Args:
        trace: all calls, of all instances.
        instances: breakers that share them; the rates are what ONE of them sees.
    """
    bins = int(max(2, min(_BINS, len(trace) // _CALLS_A_BIN)))
    left_out = holes(trace)
    width = max(trace.span - seconds_in(left_out), 1e-9) / bins
    calls, errors = np.zeros(bins, np.int64), np.zeros(bins)
    for start, failed in pieces(trace.start, trace.failed):
        time = without(start, left_out) - trace.start[0]
        index = np.minimum((time / (width * 1e9)).astype(np.int64), bins - 1)
        calls += np.bincount(index, minlength=bins)
        errors += np.bincount(index, weights=failed, minlength=bins)
    group = _groups(np.log(np.maximum(calls, 0.5)))
    busy = _not_idle(calls, group)
    share = 1 / instances
    regimes = []
    levels = [g for g in np.unique(group) if calls[(group == g) & busy].sum()]
    for name, g in zip(_NAMES[len(levels)], levels, strict=True):
        mine = (group == g) & busy
        seen, seconds = int(calls[mine].sum()), float(mine.sum()) * width
        regimes.append(
            Regime(
                name=name,
                rate=seen / seconds * share,
                calls=seen,
                errors=int(errors[mine].sum()),
                share_of_time=float(mine.sum()) / bins,
            )
        )
    return tuple(regimes)


def _groups(log_rate: NDArray[np.float64]) -> NDArray[np.int64]:
    centres = np.quantile(log_rate, [0.05, 0.5, 0.95])
    group = np.zeros(len(log_rate), np.int64)
    for _ in range(50):
        group = np.abs(log_rate[:, None] - centres[None, :]).argmin(axis=1)
        moved = np.array(
            [log_rate[group == g].mean() if (group == g).any() else centres[g] for g in range(3)]
        )
        if np.allclose(moved, centres):
            break
        centres = moved
    kept = 0
    names = np.zeros(3, np.int64)
    for g in range(1, 3):
        kept += bool(centres[g] - centres[g - 1] > np.log(_APART))
        names[g] = kept
    return names[group]


def _not_idle(calls: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.bool_]:
    empty = calls == 0
    quiet = calls[(group == 0) & ~empty]
    by_chance = len(quiet) > 0 and float(np.exp(-quiet.mean())) * len(calls) > 1e-3
    return np.ones(len(calls), np.bool_) if by_chance else ~empty
