"""Labelled traffic for the recommendation's tests: generated, recommended on one seed, judged on others."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cbtool.breaker import BreakerConfig
from cbtool.recommend import Budget, Recommendation, recommend
from cbtool.recommend.asked import Asked
from cbtool.recommend.incidents.incidents import incidents_of
from cbtool.recommend.model import Incident
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.trace import Trace, trace_of
from cbtool.simulation.engine import Engine
from cbtool.simulation.generate import calls_of
from cbtool.simulation.run import simulate
from cbtool.traffic.calls import Calls
from cbtool.traffic.labels import Label
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.traffic.scenario import Phase, Scenario
from cbtool.traffic.selection import Moment

GRACE = 60.0  # seconds after an incident in which a trip is still the incident's


def phase(name: str, duration: float, rate: float, **settings: object) -> Phase:
    """A phase with one failure in a hundred, unless it says otherwise."""
    return Phase(name, duration, rate, **({"failure_rate": 1.0} | settings))  # type: ignore[arg-type]


def traffic(*phases: Phase, seed: int, timeout: float | None = None) -> Calls:
    return calls_of(Scenario(name="case", phases=phases, seed=seed), seed=seed, timeout=timeout)


def recommended(calls: Calls, *, brief: bool = False, **asked: Any) -> Recommendation:
    return recommend(calls, Asked(**asked), brief=brief)


def traced(calls: Calls) -> Trace:
    return trace_of(calls, DEFAULT_RULES.verdicts(calls))


def label(start: float, end: float, kind: str = "") -> Label:
    """A named incident, in seconds from the first call."""
    return Label(Moment(start, relative=True), Moment(end, relative=True), kind)


def incidents_in(calls: Calls, budget: Budget | None = None) -> tuple[Incident, ...]:
    """Return what `recommend` finds in sorted calls, without the settings that it would look for next."""
    trace = traced(calls)
    return incidents_of(trace, healthy_p99(trace), budget or Budget())


def config_of(answer: Recommendation) -> BreakerConfig:
    assert answer.config is not None, answer.needs
    return answer.config


class Trips(NamedTuple):
    """The times of a run's trips in seconds: those within an incident (and its grace), and the false ones."""

    right: list[float]
    false: list[float]


def trips(
    calls: Calls, config: BreakerConfig, incidents: list[tuple[float, float]], instances: int = 1
) -> Trips:
    verdicts = DEFAULT_RULES.verdicts(calls)
    result = simulate(calls, verdicts, config, seed=5, instances=instances, engine=Engine.KERNEL)
    right, false = [], []
    for change in result.summary.transitions:
        if change.transition.trips:
            time = change.transition.time
            within = any(start <= time <= end + GRACE for start, end in incidents)
            (right if within else false).append(time)
    return Trips(right, false)


def with_bursts(calls: Calls, every: float, size: int, seed: int) -> Calls:
    """Add bursts of failed calls, as one caller's retries make them, `every` so many seconds on average."""
    random = np.random.default_rng([seed, 99])
    begins = random.uniform(0, calls.span, int(calls.span / every))
    extra = (begins[:, None] * 1e9 + np.sort(random.uniform(0, 8e8, (len(begins), size)))).ravel()
    start = np.concatenate((calls.start_ns, extra.astype(np.int64)))
    order = np.argsort(start, kind="stable")
    n = len(extra)
    return Calls(
        start_ns=start[order],
        duration_ns=np.concatenate((calls.duration_ns, np.full(n, 20_000_000)))[order],
        status=np.concatenate((calls.status, np.full(n, 503, np.int16)))[order],
        error=np.concatenate((calls.error, np.zeros(n, np.uint8)))[order],
    )
