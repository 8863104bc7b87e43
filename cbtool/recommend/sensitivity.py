"""Which settings hardly matter on this traffic, and which are on an edge: each is moved to its neighbours.

One setting at a time, the others as they are: the cost on the resampled traffic, in times the chosen
settings' (both with one false trip's cost added, so that no cost is zero), and the bound of false trips.
The same costs, one resample at a time, say how far the setting would move on another such log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cbtool.recommend.backoff import GROWTHS
from cbtool.recommend.findings import Neighbour, Sensitivity, Weight
from cbtool.recommend.forms import TRIALS, nice_duration
from cbtool.recommend.moves import with_errors
from cbtool.units import exact_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.found import Found
    from cbtool.recommend.gates import Candidate, Gate
    from cbtool.recommend.loss import Court

_HARDLY = 1.05
_FAR = 1.5
_STEPS = 2  # to either side
_MIDDLE = (0.1, 0.9)
_ERRORS_GATE = "minimum_number_of_errors"


class _Axis(NamedTuple):
    """One setting's values in their order, the chosen one among them."""

    setting: str
    values: Sequence[float]
    at: float
    write: Callable[[float], Any]
    moved: Callable[[float], Candidate]


def sensitivities(found: Found, courts: Sequence[Court]) -> tuple[Sensitivity, ...]:
    """Return one sensitivity a setting that the search chooses.

    Args:
        found: the settings.
        courts: resamples to judge on.
    """
    costs = {found.candidate: _costs(found.candidate, courts)}
    return tuple(_sensitivity(found, axis, courts, costs) for axis in _axes(found))


def _axes(found: Found) -> list[_Axis]:
    at, search = found.candidate, found.search
    gate = at.gate

    def of_gate(name: str) -> Callable[[float], Candidate]:
        def moved(value: float) -> Candidate:
            change: dict[str, Any] = {name: int(value) if name == "calls" else value}
            return at._replace(gate=gate._replace(**change))

        return moved

    def errors(value: float) -> Candidate:
        return at._replace(gate=with_errors(gate, int(value)))

    percent, seconds = _plain, exact_duration
    size = int if gate.counted else seconds
    axes = [
        _Axis(
            "failure_rate_threshold",
            search.ground.thresholds(),
            gate.threshold,
            percent,
            of_gate("threshold"),
        )
    ]
    if gate.slow_from is not None:
        slow = [max(10.0, gate.slow_threshold - 10), min(100.0, gate.slow_threshold + 10)]
        axes += [
            _Axis("slow_call_rate_threshold", slow, gate.slow_threshold, percent, of_gate("slow_threshold")),
            _Axis(
                "slow_call_duration_threshold",
                search.ground.slow_durations(),
                gate.slow_from,
                seconds,
                of_gate("slow_from"),
            ),
        ]
    waits = [nice_duration(at.wait * factor) for factor in (0.25, 0.5, 2.0, 4.0)]
    more = [max(gate.errors, round(gate.calls * factor)) for factor in (0.5, 2.0)]
    axes += [
        _Axis("sliding_window_size", search.ground.sizes(gate), gate.window, size, of_gate("window")),
        _Axis("minimum_number_of_calls", more, gate.calls, int, of_gate("calls")),
        _Axis(_ERRORS_GATE, _around(gate.errors), gate.errors, int, errors),
        _Axis(
            "wait_duration_in_open_state",
            [wait for wait in waits if at.longest is None or wait <= at.longest],
            at.wait,
            seconds,
            lambda value: at._replace(wait=value),
        ),
        *_growing_axes(at),
        _Axis(
            "permitted_number_of_calls_in_half_open_state",
            list(TRIALS),
            at.trials,
            int,
            lambda value: at._replace(trials=int(value)),
        ),
    ]
    return axes


def _growing_axes(at: Candidate) -> list[_Axis]:
    """How the wait grows, where it does."""
    if at.growth <= 1 or at.longest is None:
        return []
    longer = [nice_duration(at.longest * factor) for factor in (0.5, 2.0, 4.0)]
    return [
        _Axis(
            "wait_backoff_multiplier",
            [1.0, *GROWTHS],
            at.growth,
            _plain,
            lambda value: at._replace(growth=value, longest=at.longest if value > 1 else None),
        ),
        _Axis(
            "max_wait_duration_in_open_state",
            [longest for longest in longer if longest > at.wait],
            at.longest,
            exact_duration,
            lambda value: at._replace(longest=value),
        ),
    ]


def _sensitivity(
    found: Found, axis: _Axis, courts: Sequence[Court], costs: dict[Candidate, NDArray[np.float64]]
) -> Sensitivity:
    possible = (value for value in {*axis.values, axis.at} if axis.moved(value).gate.possible)
    values = _near(sorted(possible), axis.at)
    base = found.budget.false_trip_cost
    chosen = costs[found.candidate]
    neighbours, rows = [], []
    for value in values:
        candidate = axis.moved(value)
        if candidate not in costs:
            costs[candidate] = _costs(candidate, courts)
        upper = found.search.guard.false_trips(candidate.gate).upper
        within = upper <= found.search.budget
        rows.append(costs[candidate] if within or value == axis.at else np.full(len(courts), np.inf))
        if value != axis.at:
            cost = float((costs[candidate].mean() + base) / (chosen.mean() + base))
            neighbours.append(Neighbour(axis.write(value), cost, upper, within))
    table = np.array(rows)
    if axis.setting == _ERRORS_GATE:
        table = _within_on_resamples(found, [axis.moved(value).gate for value in values], table)
    low, high = _spread(values, axis.at, table, base)
    next_to = [each for each, value in zip(neighbours, [v for v in values if v != axis.at], strict=True)
               if abs(values.index(value) - values.index(axis.at)) == 1]  # fmt: skip
    return Sensitivity(
        axis.setting,
        axis.write(axis.at),
        _weight(next_to),
        tuple(neighbours),
        axis.write(low),
        axis.write(high),
    )


def _within_on_resamples(
    found: Found, gates: Sequence[Gate], rows: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the costs with those gates left out that break the budget on a resample of the background.

    Where all of them do, the largest is the nearest to one that does not.
    """
    bounds = found.search.guard.bounds_on_resamples(gates, rows.shape[1], found.seed)
    kept = np.where(found.search.budget >= bounds.T, rows, np.inf)
    kept[-1] = np.where(np.isinf(kept).all(axis=0), 0.0, kept[-1])
    return kept


def _spread(values: list[float], at: float, rows: NDArray[np.float64], base: float) -> tuple[float, float]:
    """Return the middle 80 % of the cheapest values, one a resample; as cheap as the chosen is the chosen."""
    place = values.index(at)
    shifted = rows + base
    best = shifted.argmin(axis=0)
    columns = np.arange(rows.shape[1])
    best = np.where(shifted[place] <= 1.001 * shifted[best, columns], place, best)
    low, high = np.quantile(best, _MIDDLE, method="nearest")
    return values[min(int(low), place)], values[max(int(high), place)]


def _weight(neighbours: Sequence[Neighbour]) -> Weight:
    if any(not each.within_budget or each.cost > _FAR for each in neighbours):
        return Weight.EDGE
    return Weight.HARDLY_MATTERS if all(n.cost <= _HARDLY for n in neighbours) else Weight.MATTERS


def _costs(candidate: Candidate, courts: Sequence[Court]) -> NDArray[np.float64]:
    config = candidate.config()
    return np.array([court.loss(config) for court in courts])


def _near(values: list[float], at: float) -> list[float]:
    place = values.index(at)
    return values[max(0, place - _STEPS) : place + _STEPS + 1]


def _around(errors: int) -> list[float]:
    step = max(1, round(errors * 0.2))
    return [float(max(1, errors + times * step)) for times in (-2, -1, 1, 2)]


def _plain(value: float) -> float:
    return float(f"{value:.6g}")
