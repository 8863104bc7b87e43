"""Settings on the page's traffic: what their breakers did, and what that was worth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.judgement import Judgement, judge
from cbtool.recommend.reach import observed
from cbtool.report.series.states import spells, state_series
from cbtool.simulation.run import Fleet, fleet_along, simulate_fleet
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.breaker.reach import Reachability
    from cbtool.metrics.summary import RunSummary
    from cbtool.profiles import Profile
    from cbtool.recommend.model import Incident
    from cbtool.report.series.bins import Bins
    from cbtool.report.series.states import StateSeries
    from cbtool.simulation.health import HealthTimeline
    from cbtool.traffic.calls import Calls


@dataclass(frozen=True)
class Ground:
    """What settings are tried on.

    Attributes:
        calls: n calls.
        verdicts: uint8, n values of `Verdict`.
        seed: of the split and of the waits' jitter.
        instances: breakers that share the calls.
        by_instance: whether each call goes to the breaker of the instance that the log names.
        health: what health checks answer; None: nobody knows.
    """

    calls: Calls
    verdicts: NDArray[np.uint8]
    seed: int
    instances: int
    by_instance: bool = False
    health: HealthTimeline | None = None

    @cached_property
    def which(self) -> NDArray[np.int32]:
        """Which breaker each call goes to."""
        calls = self.calls
        if not self.by_instance or calls.instance is None:
            return split(len(calls), self.instances, self.seed)
        return np.unique(calls.instance, return_inverse=True)[1].astype(np.int32)

    @cached_property
    def fleet(self) -> Fleet:
        """The traffic, split and ordered."""
        return fleet_along(self.calls, self.verdicts, self.which, int(self.which.max(initial=0)) + 1)


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
    fleet = ground.fleet
    result = simulate_fleet(fleet, profile.config, seed=ground.seed, health=ground.health, tracing=False)
    found = spells(result.summary.transitions, fleet.end_ns / 1e9)
    return Trial(
        profile=profile,
        title=title,
        summary=result.summary,
        failing=result.failing,
        healthy=result.healthy,
        judgement=judge(result, incidents),
        states=state_series(found, bins, instances=result.summary.instances),
        reach=observed(profile.config, ground.calls, ground.verdicts, instances=ground.instances),
    )
