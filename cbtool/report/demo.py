"""What the demo prints when its run is over: what was found, and what the recommended settings change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker import State
from cbtool.report.recommendation import recommendation_text
from cbtool.report.text import counted, share, table
from cbtool.units import format_duration

if TYPE_CHECKING:
    from cbtool.demo import Demo, Outcome

_HEADERS = (
    "settings", "trips", "false", "incidents", "failed calls shed", "healthy refused", "time open",
)  # fmt: skip


def demo_text(demo: Demo) -> str:
    """Return the demo's report."""
    parts = [
        _what_happened(demo),
        recommendation_text(demo.recommendation, "the demo's traffic"),
        "The same calls, under both settings\n" + _comparison(demo),
        _next_steps(),
    ]
    return "\n\n".join(parts)


def demo_json(demo: Demo) -> dict[str, Any]:
    """Return the document of `demo --json`: a probe's, and `comparison`."""
    document = {**demo.live.to_json(), "recommend": demo.recommendation.to_json()}
    comparison = [
        {
            "profile": each.profile.name,
            "false_trips": each.false_trips,
            "incidents_caught": each.caught,
            "incidents": each.incidents,
            **each.result.summary.to_json(each.profile.config),
        }
        for each in demo.outcomes
    ]
    return {**document, "comparison": comparison}


def _what_happened(demo: Demo) -> str:
    live, summary = demo.live, demo.live.summary
    start = demo.outcomes[0]
    calls, took = counted(live.results, "call"), format_duration(live.elapsed)
    opened, false = counted(summary.trips, "time"), start.false_trips or "none"
    return (
        f"{calls} in {took} on loopback: a quiet stretch and a busy one, a brown-out in each.\n"
        f"The starting settings ({start.profile.name}) only watched: they would have opened {opened},\n"
        f"{false} of them while nothing was wrong."
    )


def _comparison(demo: Demo) -> str:
    return table(_HEADERS, [_row(each) for each in demo.outcomes], right=range(1, len(_HEADERS)))


def _row(each: Outcome) -> tuple[str, ...]:
    summary = each.result.summary
    time_open = summary.time_in_state[State.OPEN] + summary.time_in_state[State.HALF_OPEN]
    return (
        each.profile.name,
        str(summary.trips),
        str(each.false_trips),
        f"{each.caught} of {each.incidents}",
        f"{summary.impact.failed_shed}",
        f"{summary.impact.healthy_refused} ({share(summary.impact.healthy_refused or 0, summary.calls)})",
        format_duration(time_open),
    )


def _next_steps() -> str:
    return (
        "Next\n"
        "  cbtool recommend access.log                   settings from your own traffic\n"
        "  cbtool simulate access.log --profile my.toml  what they would have done\n"
        "  cbtool probe URL --rate 100/s --duration 30s  live, against your staging"
    )
