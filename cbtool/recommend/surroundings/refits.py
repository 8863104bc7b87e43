"""The settings fitted anew on each resample of the log: how far another such log would move them.

A descent over all settings together, from the chosen ones: each is moved in turn to its cheapest neighbour on
that resample, within the budget there, those before it as moved; two rounds. A whole search on each resample
would take as long as the answer did; `--validate` does that on parts of the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.search.axes import ERRORS_GATE, Axis, axes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Candidate, Gate
    from cbtool.recommend.found import Found
    from cbtool.recommend.search.loss import Court

_ROUNDS = 2
_MIDDLE = (0.1, 0.9)
_AS_CHEAP = 1.001


def refitted(found: Found, courts: Sequence[Court]) -> dict[str, tuple[float, float]]:
    """Return for each setting the middle 80 % of its values on resamples, reaching to the chosen one.

    Args:
        found: the chosen settings.
        courts: resamples.
    """
    bounds = _Bounds(found, len(courts))
    fits = [_fitted(found, court, number, bounds) for number, court in enumerate(courts)]
    ranges = {}
    for axis in axes_of(found.search.ground, found.candidate):
        values = [each.at for fit in fits for each in _axes(found, fit) if each.setting == axis.setting]
        low, high = np.quantile(values or [axis.at], _MIDDLE, method="nearest")
        ranges[axis.setting] = min(float(low), axis.at), max(float(high), axis.at)
    return ranges


class _Bounds:
    """The bounds of false trips of some gates on each resample of the background; each is worked out once."""

    def __init__(self, found: Found, resamples: int) -> None:
        self._found, self._resamples = found, resamples
        self._known: dict[tuple[Gate, ...], NDArray[np.float64]] = {}

    def on(self, number: int, gates: tuple[Gate, ...]) -> NDArray[np.float64]:
        if gates not in self._known:
            guard, seed = self._found.search.guard, self._found.seed
            self._known[gates] = guard.bounds_on_resamples(gates, self._resamples, seed)
        bounds: NDArray[np.float64] = self._known[gates][number]
        return bounds


def _axes(found: Found, at: Candidate) -> list[Axis]:
    return axes_of(found.search.ground, at)


def _fitted(found: Found, court: Court, number: int, bounds: _Bounds) -> Candidate:
    """Return the settings after the descent on one resample."""
    at = found.candidate
    for _ in range(_ROUNDS):
        before = at
        for name in [axis.setting for axis in _axes(found, at)]:
            axis = next((each for each in _axes(found, at) if each.setting == name), None)
            at = at if axis is None else _moved(found, at, court, _within(found, axis, number, bounds))
        if at == before:
            break
    return at


def _moved(found: Found, at: Candidate, court: Court, within: _Within) -> Candidate:
    """Return the cheapest neighbour that keeps the budget; the one in their middle, if it may stay."""
    base = found.budget.false_trip_cost
    best = within.moves[0] if within.broken and within.moves else at
    cost = court.loss(best.config()) + base
    for move in within.moves:
        own = court.loss(move.config()) + base
        # The budget is asked after last, since on a large log it takes longer than the loss.
        if own * _AS_CHEAP < cost and (within.kept or _keeps_budget(found, move)):
            best, cost = move, own
    return best


def _keeps_budget(found: Found, move: Candidate) -> bool:
    return found.search.guard.false_trips(move.gate).upper <= found.search.budget


class _Within(NamedTuple):
    """The neighbours of a setting."""

    broken: bool
    """Whether the errors gate breaks the budget on the resample."""
    moves: list[Candidate]
    kept: bool
    """Whether the moves are known to keep the budget."""


def _within(found: Found, axis: Axis, number: int, bounds: _Bounds) -> _Within:
    """Return a setting's neighbours on one resample, of the errors gate those that keep the budget there.

    Where none does, the largest is the nearest to one that does.
    """
    near = {value: axis.moved(value) for value in axis.near()}
    if axis.setting != ERRORS_GATE:
        return _Within(broken=False, moves=[m for value, m in near.items() if value != axis.at], kept=False)
    bound = bounds.on(number, tuple(each.gate for each in near.values()))
    budget = found.search.budget
    kept = [each for each, most in zip(near.values(), bound, strict=True) if most <= budget]
    broken = near[axis.at] not in kept
    kept = kept or [near[max(near)]]
    return _Within(broken, [each for each in kept if each != near[axis.at]], kept=True)
