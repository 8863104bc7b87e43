"""What a page is about: traffic, what is recommended for it, and what settings do to it, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from cbtool.report.html.recorded import own_trial
from cbtool.report.html.trials import simulated_trial
from cbtool.report.series.bins import bins_over
from cbtool.report.series.latency import latency_series
from cbtool.report.series.traffic import traffic_series
from cbtool.report.series.windows import window_series

if TYPE_CHECKING:
    from cbtool.breaker import BreakerConfig
    from cbtool.logs.records import RunRecord
    from cbtool.profiles import Profile
    from cbtool.recommend.model import Recommendation
    from cbtool.report.grounds import Ground
    from cbtool.report.html.trials import Trial
    from cbtool.report.series.bins import Bins
    from cbtool.report.series.latency import LatencySeries
    from cbtool.report.series.traffic import TrafficSeries
    from cbtool.report.series.windows import WindowSeries


class Settings(NamedTuple):
    """Settings to simulate, and what a reader calls them."""

    profile: Profile
    title: str


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


def study_of(ground: Ground, answer: Recommendation, *, source: str, before: Settings | RunRecord) -> Study:
    """Return what there is to say about traffic.

    Args:
        ground: the traffic.
        answer: what was recommended for it.
        source: its name.
        before: what to compare with: settings to simulate, or what a run's own breakers did.

    Raises:
        ConfigurationError: the settings reset by a health check that nobody can answer.
    """
    along, calls = ground.along, ground.along.calls
    failing, healthy = ground.totals
    bins = bins_over(calls.span, len(calls))
    acted_on = tuple(incident for incident in answer.incidents if incident.actionable)
    if isinstance(before, Settings):
        then = simulated_trial(ground, before.profile, before.title, bins, acted_on)
    else:
        then = own_trial(before, ground, bins, acted_on)
    after = None
    if answer.profile is not None:
        after = simulated_trial(ground, answer.profile, "recommended settings", bins, acted_on)
    drawn = answer.config or then.profile.config
    slow = drawn.slow_call_duration_threshold
    return Study(
        source=source,
        calls=len(calls),
        span=calls.span,
        rate=calls.rate,
        counted=failing + healthy,
        failing=failing,
        answer=answer,
        before=then,
        after=after,
        bins=bins,
        traffic=traffic_series(along, bins, slow_above=slow),
        windows=window_series(along, drawn, bins),
        latency=latency_series(along, slow_above=slow),
        seed=ground.seed,
    )
