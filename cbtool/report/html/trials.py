"""Settings on the page's traffic: what their breakers did, and what that was worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.recommend.search.judgement import Judgement, judge
from cbtool.report.series.states import spells, state_series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.breaker.reach import Reachability
    from cbtool.metrics.summary import RunSummary
    from cbtool.profiles import Profile
    from cbtool.recommend.model import Incident
    from cbtool.report.grounds import Ground
    from cbtool.report.series.bins import Bins
    from cbtool.report.series.states import StateSeries


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


def simulated_trial(
    ground: Ground, profile: Profile, title: str, bins: Bins, incidents: Sequence[Incident]
) -> Trial:
    """Return what a profile's breakers do in virtual time.

    Args:
        ground: the traffic.
        profile: the settings.
        title: what a reader calls them.
        bins: over the traffic.
        incidents: to judge trips by.

    Raises:
        ConfigurationError: they reset by a health check that nobody can answer.
    """
    result = ground.simulated(profile.config)
    found = spells(result.summary.transitions, ground.end)
    return Trial(
        profile=profile,
        title=title,
        summary=result.summary,
        failing=result.failing,
        healthy=result.healthy,
        judgement=judge(result, incidents),
        states=state_series(found, bins, instances=result.summary.instances),
        reach=ground.reach(profile.config, ground.instances),
    )
