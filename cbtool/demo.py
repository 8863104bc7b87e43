"""The demo: a fault lab on loopback, a live run against it, a recommendation, and what it would have changed.

The run is in shadow: the breaker goes through all its states and blocks nothing, so that every call's result
is known, and the starting and the recommended settings can be held against the very same calls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.live.plan import RunPlan
from cbtool.live.session import run_live
from cbtool.live.upstream_process import spawn_upstream
from cbtool.profiles import load_profile
from cbtool.recommend import recommend
from cbtool.recommend.asked import Asked
from cbtool.scenarios import load_scenario
from cbtool.shipped import shipped_scenarios
from cbtool.simulation.run import SimulationResult, simulate
from cbtool.traffic.arrivals import of_scenario
from cbtool.traffic.scenario import UNHEALTHY_FROM, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from cbtool.live.engine import Engine
    from cbtool.live.result import LiveResult
    from cbtool.profiles import Profile
    from cbtool.recommend import Recommendation

SCENARIO = "demo"
STARTING_POINT = "starting-point"
GRACE = 2.0
"""Seconds after an incident in which a trip still belongs to it: its last results are only just in."""


@dataclass(frozen=True)
class Outcome:
    """What one profile did with the demo's calls.

    Attributes:
        profile: the settings.
        result: the simulation.
        false_trips: trips while nothing was wrong.
        caught: incidents in which it opened.
        incidents: incidents that there were.
    """

    profile: Profile
    result: SimulationResult
    false_trips: int
    caught: int
    incidents: int


@dataclass(frozen=True)
class Demo:
    """Everything that the demo found out."""

    scenario: Scenario
    live: LiveResult
    recommendation: Recommendation
    outcomes: tuple[Outcome, ...]


def run_demo(
    *,
    seed: int | None = None,
    record_path: Path | None = None,
    dashboard: Callable[[Engine], AbstractContextManager[None]] | None = None,
) -> Demo:
    """Serve the faults, send the traffic, recommend, and compare.

    Args:
        seed: of the faults and the arrivals; None: the scenario's own.
        record_path: where to write the run record.
        dashboard: shows the run while it goes on.

    Raises:
        UnreachableError: the fault lab did not start.
    """
    scenario, start = load_scenario(SCENARIO), load_profile(STARTING_POINT)
    seed = scenario.seed if seed is None else seed
    with spawn_upstream(shipped_scenarios()[SCENARIO], "--seed", str(seed)) as url:
        plan = RunPlan(
            command="demo",
            url=url + "/",
            schedule=of_scenario(scenario, seed),
            duration=scenario.duration,
            config=start.config,
            rules=start.rules,
            timeout=scenario.timeout,
            seed=seed,
            shadow=True,
            profile=start.name,
        )
        live = run_live(plan, record_path=record_path, dashboard=dashboard)
    recommendation = recommend(live.calls, Asked(rules=start.rules, seed=seed))
    profiles = [start] if recommendation.profile is None else [start, recommendation.profile]
    offset = float(plan.schedule[0]) / 1e9
    outcomes = tuple(outcome_of(profile, live, scenario, offset, seed) for profile in profiles)
    return Demo(scenario, live, recommendation, outcomes)


def outcome_of(profile: Profile, live: LiveResult, scenario: Scenario, offset: float, seed: int) -> Outcome:
    """Simulate one profile over the calls of a live run.

    Args:
        profile: the settings.
        live: the run.
        scenario: says when something was wrong.
        offset: when the first call came, in seconds of the scenario.
        seed: of the wait's jitter.
    """
    result = simulate(live.calls, profile.rules.verdicts(live.calls), profile.config, seed=seed)
    spans = incident_spans(scenario)
    trips = [each.transition.time + offset for each in result.summary.transitions if each.transition.trips]
    belongs = [[start <= trip <= end + GRACE for start, end in spans] for trip in trips]
    return Outcome(
        profile=profile,
        result=result,
        false_trips=sum(not any(row) for row in belongs),
        caught=sum(any(row[index] for row in belongs) for index in range(len(spans))),
        incidents=len(spans),
    )


def incident_spans(scenario: Scenario) -> list[tuple[float, float]]:
    """Return when the scenario has something wrong, as (start, end) in seconds, phase by phase."""
    return [
        (start, start + phase.duration)
        for start, phase in zip(scenario.starts, scenario.phases, strict=True)
        if scenario.at(start + phase.duration / 2).faulty >= UNHEALTHY_FROM
    ]
