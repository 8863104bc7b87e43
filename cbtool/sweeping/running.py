"""A sweep: every point simulated on all cores, and judged against the incidents of its traffic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.recommend.search.judgement import incidents_in, judge
from cbtool.simulation.run import fleet_of
from cbtool.simulation.sweep import sweep
from cbtool.sweeping.axes import config_at
from cbtool.sweeping.front import on_front

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.recommend.model import Incident
    from cbtool.simulation.run import SimulationResult
    from cbtool.sweeping.axes import Axis
    from cbtool.traffic.calls import Calls


class Outcome(NamedTuple):
    """What one point did.

    Attributes:
        trips: openings of a closed breaker.
        false_trips: those outside every incident.
        caught: incidents in which a breaker was open.
        detection_delay: mean seconds to the first opening in a caught incident; None: none was.
        failed_shed: failing calls that were refused.
        let_through: failing calls that were not.
        healthy_refused: healthy calls that were refused.
    """

    trips: int
    false_trips: int
    caught: int
    detection_delay: float | None
    failed_shed: int
    let_through: int
    healthy_refused: int


class Row(NamedTuple):
    """One point of a sweep: its settings, what it did, and whether it is on the Pareto front."""

    point: dict[str, Any]
    outcome: Outcome
    front: bool


@dataclass(frozen=True)
class Sweep:
    """A whole sweep.

    Attributes:
        axes: what varied.
        rows: in the order of the points.
        invalid: how many points were no valid settings, and are in no row.
        reason: why the first of them was not; empty where all are.
        incidents: how many the traffic has.
        failing: calls that fail by the outcome rules.
        healthy: calls that succeed.
    """

    axes: tuple[Axis, ...]
    rows: tuple[Row, ...]
    invalid: int
    reason: str
    incidents: int
    failing: int
    healthy: int

    def best(self) -> list[Row]:
        """Return the front, from the fewest false trips on; equal outcomes once each point."""
        front = [row for row in self.rows if row.front]
        return sorted(front, key=lambda row: (row.outcome.false_trips, row.outcome.let_through))


class Plan(NamedTuple):
    """The points of a sweep.

    Attributes:
        points: those that are valid settings.
        configs: their settings.
        reasons: why each of the others is not.
    """

    points: list[dict[str, Any]]
    configs: list[BreakerConfig]
    reasons: list[str]


def plan_of(base: BreakerConfig, tried: Sequence[dict[str, Any]]) -> Plan:
    """Return the points, each with its settings.

    Args:
        base: the settings that no axis varies.
        tried: the points.

    Raises:
        ConfigurationError: none is valid.
    """
    plan = Plan([], [], [])
    for point in tried:
        try:
            plan.configs.append(config_at(base, point))
            plan.points.append(point)
        except InvalidSettingError as error:
            plan.reasons.append(str(error))
    if not plan.configs:
        raise ConfigurationError(f"none of {len(tried):,} points is valid: {plan.reasons[0]}")
    return plan


def run_sweep(
    calls: Calls,
    verdicts: NDArray[np.uint8],
    plan: Plan,
    axes: Sequence[Axis],
    *,
    instances: int = 1,
    seed: int = 0,
    step: Callable[[], None] | None = None,
    known: Mapping[int, Outcome] | None = None,
    keep: Callable[[int, Outcome], None] | None = None,
) -> Sweep:
    """Simulate every point.

    Args:
        calls: n calls.
        verdicts: uint8, n values of `Verdict`.
        plan: the points.
        axes: what varies.
        instances: over how many breakers the calls are split.
        seed: of the split and of the waits' jitter.
        step: called after each point, in order.
        known: what points do that need not be simulated, by their number among the valid ones.
        keep: called with each number and outcome that was simulated.
    """
    fleet = fleet_of(calls, verdicts, instances=instances, seed=seed)
    incidents = incidents_in(calls, verdicts)

    def simulated(configs: Sequence[BreakerConfig]) -> Iterator[Outcome]:
        for outcome in sweep(fleet, configs, lambda result: _outcome(result, incidents), seed=seed):
            yield outcome
            if step is not None:
                step()

    for _ in known or {}:
        if step is not None:
            step()
    failing, healthy = fleet.totals
    return tried_all(
        plan,
        axes,
        simulated,
        known=known,
        keep=keep,
        incidents=len(incidents),
        failing=failing,
        healthy=healthy,
    )


def tried_all(
    plan: Plan,
    axes: Sequence[Axis],
    simulated: Callable[[Sequence[BreakerConfig]], Iterator[Outcome]],
    *,
    known: Mapping[int, Outcome] | None,
    keep: Callable[[int, Outcome], None] | None,
    incidents: int,
    failing: int,
    healthy: int,
) -> Sweep:
    """Return a sweep of what `simulated` yields for those points of which it is not known yet.

    Args:
        plan: the points.
        axes: what varies.
        simulated: yields what configurations do, in order.
        known: what points do, by their number; None: nothing.
        keep: called with each number and outcome that was simulated.
        incidents: how many the traffic has.
        failing: calls that fail by the outcome rules.
        healthy: calls that succeed.
    """
    found = dict(known or {})
    left = [number for number in range(len(plan.configs)) if number not in found]
    made = simulated([plan.configs[number] for number in left])
    for number, outcome in zip(left, made, strict=True):
        found[number] = outcome
        if keep is not None:
            keep(number, outcome)
    outcomes = [found[number] for number in range(len(plan.configs))]
    costs = np.array([(o.false_trips, o.let_through, o.healthy_refused) for o in outcomes], float)
    front = on_front(costs.reshape(-1, 3))
    rows = tuple(map(Row, plan.points, outcomes, front.tolist()))
    first = plan.reasons[0] if plan.reasons else ""
    return Sweep(tuple(axes), rows, len(plan.reasons), first, incidents, failing, healthy)


def _outcome(result: SimulationResult, incidents: Sequence[Incident]) -> Outcome:
    judgement = judge(result, incidents)
    shed = result.summary.impact.failed_shed or 0
    return Outcome(
        trips=result.summary.trips,
        false_trips=judgement.false_trips,
        caught=judgement.caught,
        detection_delay=judgement.mean_delay,
        failed_shed=shed,
        let_through=result.failing - shed,
        healthy_refused=result.summary.impact.healthy_refused or 0,
    )
