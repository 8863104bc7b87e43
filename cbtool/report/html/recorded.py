"""What a live run's own breakers did, from its record, as one of the page's trials."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cbtool.metrics.summary import Impact, summarise
from cbtool.metrics.view import InstanceTransition
from cbtool.profiles import Profile, parse_profile
from cbtool.recommend.search.judgement import Judge
from cbtool.report.html.trials import Trial
from cbtool.report.series.states import spells, state_series
from cbtool.toml.tables import Source
from cbtool.toml.text import pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.logs.records import RunRecord
    from cbtool.recommend.model import Incident
    from cbtool.report.grounds import Ground
    from cbtool.report.series.bins import Bins


def own_profile(record: RunRecord) -> Profile:
    """Return the settings that a run had.

    Raises:
        ConfigurationError: this version does not know them.
    """
    header = record.header
    text = "\n".join([pair("breaker", header["profile"]), pair("outcomes", header["outcomes"])])
    return parse_profile(Source(text, "the run record's profile"), "own")


def own_trial(record: RunRecord, ground: Ground, bins: Bins, incidents: Sequence[Incident]) -> Trial:
    """Return what the run's breakers did, on the time of its calls.

    Args:
        record: of the run.
        ground: its calls with a result.
        bins: over them.
        incidents: to judge trips by; times from the first call.
    """
    profile, instances = own_profile(record), int(record.header["instances"])
    # A record counts from the run's start, the calls from the first that has a result.
    first = ground.along.calls.epoch - float(record.header["epoch"])
    changes = [
        InstanceTransition(number, replace(change, time=max(change.time - first, 0.0)))
        for number, change in record.changes
    ]
    end = max(record.end - first, ground.along.calls.span)
    summary = summarise(
        changes,
        calls=record.arrived,
        permitted=record.arrived - record.refused,
        end=end,
        time_to_open=(),
        impact=Impact(record.refused_failed, record.refused_healthy),
        instances=instances,
    )
    failing, healthy = ground.totals
    judge = Judge(incidents)
    judge.hear([each.transition.time for each in changes if each.transition.trips])
    return Trial(
        profile=profile,
        title="the run's own settings",
        summary=summary,
        failing=failing,
        healthy=healthy,
        judgement=judge.judgement(),
        states=state_series(spells(summary.transitions, end), bins, instances=instances),
        reach=ground.reach(profile.config, instances),
        recorded=True,
    )
