"""Which settings hardly matter on this traffic, and which are on an edge: each is moved to its neighbours.

One setting at a time, the others as they are: the cost on the resampled traffic, in times the chosen
settings' (both with one false trip's cost added, so that no cost is zero), and the bound of false trips.
How far each would move on another such log, all of them fitted anew together, `refits.py` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.false_trips.false_trips import ANY_BUDGET
from cbtool.recommend.findings import Neighbour, Sensitivity, Weight
from cbtool.recommend.search.axes import Axis, axes_of
from cbtool.recommend.surroundings.refits import refitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Candidate
    from cbtool.recommend.found import Found
    from cbtool.recommend.search.loss import Court

_STRICTER = {
    "failure_rate_threshold",
    "slow_call_rate_threshold",
    "slow_call_duration_threshold",
    "minimum_number_of_calls",
    "minimum_number_of_errors",
}
"""More of these asks for more before a breaker opens, so it trips no more often, whatever a tail says."""
_HARDLY = 1.05
_FAR = 1.5


def sensitivities(found: Found, courts: Sequence[Court]) -> tuple[Sensitivity, ...]:
    """Return one sensitivity a setting that the search chooses.

    Args:
        found: the settings.
        courts: resamples to judge on.
    """
    costs = {found.candidate: _costs(found.candidate, courts)}
    ranges = refitted(found, courts)
    axes = axes_of(found.search.ground, found.candidate)
    return tuple(_sensitivity(found, axis, courts, costs, ranges[axis.setting]) for axis in axes)


def _sensitivity(
    found: Found,
    axis: Axis,
    courts: Sequence[Court],
    costs: dict[Candidate, NDArray[np.float64]],
    moves: tuple[float, float],
) -> Sensitivity:
    values = axis.near()
    base = found.budget.false_trip_cost
    chosen = costs[found.candidate]
    bounds = _bounds(found, axis, values)
    neighbours = []
    for value in values:
        candidate = axis.moved(value)
        if candidate not in costs:
            costs[candidate] = _costs(candidate, courts)
        upper = bounds[value]
        within = upper <= found.search.budget
        if value != axis.at:
            cost = float((costs[candidate].mean() + base) / (chosen.mean() + base))
            neighbours.append(Neighbour(axis.write(value), cost, upper, within))
    next_to = [each for each, value in zip(neighbours, [v for v in values if v != axis.at], strict=True)
               if abs(values.index(value) - values.index(axis.at)) == 1]  # fmt: skip
    return Sensitivity(
        axis.setting,
        axis.write(axis.at),
        _weight(next_to),
        tuple(neighbours),
        axis.write(moves[0]),
        axis.write(moves[1]),
    )


def _bounds(found: Found, axis: Axis, values: Sequence[float]) -> dict[float, float]:
    """Return each value's bound of false trips, by all views of the healthy time.

    The tails of two values are read apart, and may cross; what asks for more cannot trip more often.
    """
    guard = found.search.guard.with_budget(ANY_BUDGET)
    bounds = {value: guard.false_trips(axis.moved(value).gate).upper for value in (*values, axis.at)}
    if axis.setting in _STRICTER:
        for direction, worse in ((1, min), (-1, max)):
            bound = bounds[axis.at]
            for value in sorted(bounds, key=lambda each: direction * each):
                if direction * value > direction * axis.at:
                    bound = bounds[value] = worse(bounds[value], bound)
    return bounds


def _weight(neighbours: Sequence[Neighbour]) -> Weight:
    if any(not each.within_budget or each.cost > _FAR for each in neighbours):
        return Weight.EDGE
    return Weight.HARDLY_MATTERS if all(n.cost <= _HARDLY for n in neighbours) else Weight.MATTERS


def _costs(candidate: Candidate, courts: Sequence[Court]) -> NDArray[np.float64]:
    config = candidate.config()
    return np.array([court.loss(config) for court in courts])
