"""When the data cannot carry an answer: what is missing, and how much more of it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbtool.recommend.candidates.forms import ceil_nice
from cbtool.recommend.incidents.blips import taken_for_blips
from cbtool.recommend.incidents.excerpt import healthy_ranges
from cbtool.recommend.model import Answer, Budget, Recommendation
from cbtool.recommend.reading.columns import count
from cbtool.recommend.reading.holes import watched
from cbtool.recommend.reading.picked import length_of
from cbtool.recommend.reading.regimes import load_regimes
from cbtool.units import format_duration, format_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.asked import Asked
    from cbtool.recommend.incidents.incidents import Apart
    from cbtool.recommend.model import Incident
    from cbtool.recommend.reading.columns import TraceColumns
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.parts import LongCalls

LEAST_CALLS = 500
_LEAST_HEALTHY = 100
_LEAST_SECONDS = 1.0
_LEAST_WITHOUT_INCIDENT = 600.0
"""Seconds: a test run may be shorter, since it was made to hold an incident."""
_MOST_NAMED = 3
_NEARLY_ALL = 0.9
"""Of the calls: who opens only from there has no use for a breaker."""
_ROUNDING = 0.02
"""The first and last calls of ten minutes lie a little less than ten minutes apart."""


class Healthy(NamedTuple):
    """The calls outside incidents."""

    calls: int
    failed: int
    incidents: int
    """That a breaker should act on."""
    ridden: int = 0
    """Bad stretches that are too short or too mild for that."""
    undisturbed: int = 1
    """Calls outside these, too."""


def healthy_of(trace: TraceColumns, apart: Apart) -> Healthy:
    """Return the calls outside incidents, of a trace told apart."""
    outside = healthy_ranges(trace, apart)
    failed = sum(count(trace.failed, first, behind) for first, behind in outside)
    acted_on = len(apart.actionable)
    bad = sum(segment.last + 1 - segment.first for segment in apart.segments)
    return Healthy(
        length_of(outside), failed, acted_on, len(apart.segments) - acted_on, max(0, len(trace) - bad)
    )


def unanswered(calls: Calls | LongCalls, trace: TraceColumns, asked: Asked, instances: int) -> Recommendation:
    """Return the answer as long as there is none: what the traffic is, without settings and what is missing.

    Args:
        calls: all of them.
        trace: those that count.
        asked: what is asked of the settings.
        instances: breakers that share the calls.
    """
    return Recommendation(
        verdict=Answer.REFUSED,
        profile=None,
        reasons=(),
        regimes=load_regimes(trace, instances) if len(trace) > 1 and trace.span else (),
        incidents=(),
        expected=None,
        needs=(),
        notes=calls.notes,
        instances=instances,
        calls=len(trace),
        span=trace.span,
        seed=asked.seed,
        started=calls.epoch,
        budget=asked.budget,
        by_instance=asked.by_instance,
    )


def without_calls(needs: tuple[str, ...], asked: Asked) -> Recommendation:
    """Return the answer where there is no call to look at.

    Args:
        needs: what is missing.
        asked: what is asked of the settings.
    """
    return Recommendation(
        verdict=Answer.REFUSED,
        profile=None,
        reasons=(),
        regimes=(),
        incidents=(),
        expected=None,
        needs=needs,
        notes=(),
        instances=asked.instances or 1,
        calls=0,
        span=0.0,
        seed=asked.seed,
        budget=asked.budget,
        by_instance=asked.by_instance,
    )


def missing(
    trace: TraceColumns, instances: int, healthy: Healthy | None = None, budget: Budget | None = None
) -> tuple[str, ...]:
    """Return what the calls lack, one phrase each; empty where they will do.

    Args:
        trace: the calls that count.
        instances: breakers that share them; each must see enough.
        healthy: those outside incidents, once the log has been told apart.
        budget: what was asked for; None: nothing in particular.
    """
    if healthy is None:
        return _too_little(trace, instances)
    needs = _not_healthy(trace, instances, healthy)
    enough = healthy.calls >= _LEAST_HEALTHY * instances and healthy.failed < healthy.calls / 2
    return needs if not needs or enough else (*needs, *_usual(trace, budget or Budget()))


def _usual(trace: TraceColumns, budget: Budget) -> tuple[str, ...]:
    """Say what to do where so many calls fail at all times, and nothing is wrong."""
    share = count(trace.failed) / len(trace)
    if share < budget.break_even / 2:
        return ()
    ways = [
        "say in a --profile what counts as a failure ([outcomes])",
        "leave calls out (--path, --host, --upstream)",
        "name the incidents (--incident START/END)",
    ]
    if 2 * share < _NEARLY_ALL:
        cost = ceil_nice(2 * share / (1 - 2 * share))
        ways.append(
            f"have opening pay from more than {format_percent(100 * budget.break_even)} of the calls"
            f" (--reject-cost {cost:g}: from {format_percent(100 * cost / (1 + cost))})"
        )
    return (
        (
            f"or, if it is usual that {format_percent(100 * share)} of these calls fail, a word on that:"
            f" {', '.join(ways[:-1])}, or {ways[-1]}"
        ),
    )


def missing_budget(
    trace: TraceColumns,
    budget: Budget,
    incidents: Sequence[Incident],
    *,
    weighed: int | None = None,
    unnamed: Sequence[Incident] = (),
) -> tuple[str, ...]:
    """Return what is missing where every gate would trip falsely more often than the budget allows.

    Args:
        trace: all calls that count.
        budget: what was asked for.
        incidents: all bad stretches that were found.
        weighed: calls of the excerpt that settings were weighed on; None where they were all.
        unnamed: what would have been taken for incidents, had the user not named others.
    """
    calls = f"these {len(trace):,} calls" if weighed is None else f"the {weighed:,} calls weighed"
    cannot = (
        f"on {calls} no settings can be shown to trip falsely at most {budget.false_trips_per_day:.3g} times"
        " a day"
    )
    if unnamed:
        named = ", ".join(
            f"+{format_duration(each.start)}/+{format_duration(each.end)}" for each in unnamed[:_MOST_NAMED]
        )
        more = f" and {len(unnamed) - _MOST_NAMED} more" if len(unnamed) > _MOST_NAMED else ""
        return (f"the other incidents: with {named}{more} taken for healthy time, {cannot}",)
    blips = taken_for_blips(incidents, budget)
    # More of the same has the same blips in it, and an excerpt would not be longer for it.
    if blips is None and weighed is None:
        more = format_duration(max(trace.span, 60.0) * 3)
        return (
            (
                f"calmer or longer traffic: {cannot} (about {more} more at this load,"
                " or a larger --false-trips-per-day)"
            ),
        )
    calmer = f"calmer traffic, or a larger --false-trips-per-day: {cannot}"
    return (calmer,) if blips is None else (f"a word on what is an incident: {blips}", calmer)


def _too_little(trace: TraceColumns, instances: int) -> tuple[str, ...]:
    calls = len(trace)
    if not calls:
        return (f"{LEAST_CALLS * instances} calls that count; there is none",)
    needs = []
    lacking = LEAST_CALLS * instances - calls
    if lacking > 0:
        each = f" ({LEAST_CALLS} for each of {instances} breakers)" if instances > 1 else ""
        more = _until(trace, lacking)
        when = f", about {format_duration(more)} at this load" if more else ""
        needs.append(f"{lacking:,} more call{'s' * (lacking > 1)}{each}{when}; there are {calls:,}")
    if trace.span < _LEAST_SECONDS and calls > 1:
        needs.append(f"calls over more than {format_duration(trace.span)}: time windows need time")
    if count(trace.failed) == calls:
        needs.append("calls that succeed: every one of these failed, so nothing says what healthy is")
    return tuple(needs)


def also_missing(trace: TraceColumns, instances: int) -> tuple[str, ...]:
    """Return what would be missing next, once there are enough calls, if no incident is among these."""
    lacking, short = LEAST_CALLS * instances - len(trace), _LEAST_WITHOUT_INCIDENT - watched(trace)
    if not 0 < _until(trace, lacking) < short:
        return ()
    return (
        (
            f"{format_duration(short)} more in all, unless an incident is in it: less than ten minutes"
            " without one do not say how failures are spread"
        ),
    )


def _until(trace: TraceColumns, lacking: int) -> float:
    """Return the seconds until so many more calls have come at this load; 0 where nobody knows."""
    return lacking * watched(trace) / (len(trace) - 1) if len(trace) > 1 else 0.0


def _without_incident(side: Healthy) -> str:
    """Say what so short a log lacks, and what it has."""
    if side.ridden:
        stretches = "a bad stretch" if side.ridden == 1 else f"{side.ridden} bad stretches"
        which = "is" if side.ridden == 1 else "all are"
        return (
            f"with {stretches}, which {which} too short or too mild to open for, do not say how failures are"
            " spread; where one was an incident, name it: --incident START/END"
        )
    failed = f"{side.failed:,} stray failure{'s' * (side.failed != 1)}" if side.failed else "no failure"
    return f"with {failed} and no incident say neither how failures are spread nor what to open for"


def _not_healthy(trace: TraceColumns, instances: int, side: Healthy) -> tuple[str, ...]:
    healthy = side.calls
    least = _LEAST_HEALTHY * instances
    if healthy < least:
        return (
            (
                f"a healthy stretch of {least:,} calls: of {len(trace):,} calls, {healthy:,} are outside"
                " incidents; add traffic from before or after them"
            ),
        )
    seconds = watched(trace)
    if not side.undisturbed:
        return (f"a healthy stretch: all {len(trace):,} calls lie in a bad one, though in none to open for",)
    lacking = _LEAST_WITHOUT_INCIDENT - seconds
    if lacking > _ROUNDING * _LEAST_WITHOUT_INCIDENT and not side.incidents:
        return (
            (
                f"{format_duration(lacking)} more, or an incident: {format_duration(seconds)}"
                f" {_without_incident(side)}"
            ),
        )
    rate = side.failed / healthy
    if rate >= 0.5:
        return (f"a healthy stretch: outside incidents {format_percent(100 * rate)} of the calls fail, too",)
    return ()
