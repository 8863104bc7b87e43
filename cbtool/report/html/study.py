"""What a page is about: traffic, what is recommended for it, and what settings do to it, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.recommend.judgement import Judgement, judge
from cbtool.recommend.reach import observed
from cbtool.report.series.bins import bins_over
from cbtool.report.series.latency import latency_series
from cbtool.report.series.states import spells, state_series
from cbtool.report.series.traffic import traffic_series
from cbtool.report.series.windows import window_series
from cbtool.simulation.run import fleet_of, simulate_fleet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.breaker.reach import Reachability
    from cbtool.metrics.summary import RunSummary
    from cbtool.profiles import Profile
    from cbtool.recommend.model import Incident, Recommendation
    from cbtool.report.series.bins import Bins
    from cbtool.report.series.latency import LatencySeries
    from cbtool.report.series.states import StateSeries
    from cbtool.report.series.traffic import TrafficSeries
    from cbtool.report.series.windows import WindowSeries
    from cbtool.simulation.health import HealthTimeline
    from cbtool.simulation.run import Fleet
    from cbtool.traffic.calls import Calls


@dataclass(frozen=True)
class Trial:
    """One profile on the page's traffic.

    Attributes:
        profile: the settings.
        title: what a reader calls them.
        summary: what the breakers did.
        failing: of the calls, those that fail, permitted or not.
        healthy: those that succeed.
        judgement: what the trips were worth.
        states: by bin.
        reach: what can become of its rules at the loads seen.
        recorded: whether this happened, in a live run, rather than in virtual time.
    """

    profile: Profile
    title: str
    summary: RunSummary
    failing: int
    healthy: int
    judgement: Judgement
    states: StateSeries
    reach: Reachability
    recorded: bool = False


@dataclass(frozen=True)
class Study:
    """Everything that a page shows.

    Attributes:
        source: the traffic's name.
        calls: how many.
        span: seconds from the first to the last.
        rate: calls a second.
        counted: calls that are not ignored.
        failing: of these, how many fail by the outcome rules.
        answer: the recommendation, or what is missing.
        before: the settings to compare with.
        after: the recommended ones; None when refused.
        bins: of the series.
        traffic: over time.
        windows: what the recommended window (else the compared one) saw; None where it holds no rate.
        latency: None where durations are unknown.
        seed: of every random choice.
    """

    source: str
    calls: int
    span: float
    rate: float
    counted: int
    failing: int
    answer: Recommendation
    before: Trial
    after: Trial | None
    bins: Bins
    traffic: TrafficSeries
    windows: WindowSeries | None
    latency: LatencySeries | None
    seed: int

    @property
    def drawn(self) -> BreakerConfig:
        """The settings whose thresholds are drawn in: the recommended ones, else those compared with."""
        return self.answer.config or self.before.profile.config


@dataclass(frozen=True)
class Ground:
    """What settings are tried on.

    Attributes:
        calls: n calls.
        verdicts: uint8, n values of `Verdict`.
        seed: of the split and of the waits' jitter.
        instances: breakers that share the calls.
        health: what health checks answer; None: nobody knows.
    """

    calls: Calls
    verdicts: NDArray[np.uint8]
    seed: int
    instances: int
    health: HealthTimeline | None = None


def study_of(ground: Ground, answer: Recommendation, *, source: str, current: Profile, title: str) -> Study:
    """Return what there is to say about traffic.

    Args:
        ground: the traffic.
        answer: what was recommended for it.
        source: its name.
        current: the settings to compare with.
        title: what a reader calls them.

    Raises:
        ConfigurationError: the settings reset by a health check that nobody can answer.
    """
    calls, verdicts = ground.calls, ground.verdicts
    fleet = fleet_of(calls, verdicts, instances=ground.instances, seed=ground.seed)
    bins = bins_over(calls.span, len(calls))
    acted_on = tuple(incident for incident in answer.incidents if incident.actionable)
    before = _trial(ground, fleet, bins, acted_on, (current, title))
    after = None
    if answer.profile is not None:
        after = _trial(ground, fleet, bins, acted_on, (answer.profile, "recommended settings"))
    drawn = answer.config or current.config
    slow = drawn.slow_call_duration_threshold
    return Study(
        source=source,
        calls=len(calls),
        span=calls.span,
        rate=calls.rate,
        counted=int(np.count_nonzero(verdicts != Verdict.IGNORED)),
        failing=fleet.totals[0],
        answer=answer,
        before=before,
        after=after,
        bins=bins,
        traffic=traffic_series(calls, verdicts, bins, slow_above=slow),
        windows=window_series(calls, verdicts, drawn, bins, instances=ground.instances, seed=ground.seed),
        latency=latency_series(calls, verdicts, slow_above=slow),
        seed=ground.seed,
    )


def _trial(
    ground: Ground, fleet: Fleet, bins: Bins, incidents: Sequence[Incident], settings: tuple[Profile, str]
) -> Trial:
    profile, title = settings
    result = simulate_fleet(fleet, profile.config, seed=ground.seed, health=ground.health, tracing=False)
    found = spells(result.summary.transitions, fleet.end_ns / 1e9)
    return Trial(
        profile=profile,
        title=title,
        summary=result.summary,
        failing=result.failing,
        healthy=result.healthy,
        judgement=judge(result, incidents),
        states=state_series(found, bins, instances=ground.instances),
        reach=observed(profile.config, ground.calls, ground.verdicts, instances=ground.instances),
    )
