"""Incidents that the user named, in place of those that would be found."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from cbtool.errors import ConfigurationError
from cbtool.recommend.incidents.incidents import Apart, apart_at
from cbtool.recommend.incidents.segments import Segment
from cbtool.recommend.model import IncidentKind
from cbtool.units import format_duration, format_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.model import Budget, Incident
    from cbtool.recommend.reading.columns import TraceColumns

Span = tuple[float, float, str]
"""Start and end in seconds from the log's first call, and the kind in the user's word or empty."""

_KINDS = {kind.value: kind for kind in IncidentKind} | {
    "brownout": IncidentKind.BROWN_OUT,
    "down": IncidentKind.OUTAGE,
    "latency": IncidentKind.SLOW,
    "timeout": IncidentKind.TIMEOUTS,
}


def labelled_along(
    trace: TraceColumns, slow_from: float | None, budget: Budget, spans: Sequence[Span]
) -> Apart:
    """Return the log told apart by the user's labels; all else is healthy.

    Args:
        trace: the calls that count.
        slow_from: the healthy p99 in seconds; None: durations say nothing.
        budget: gives the break-even share, below which opening costs more than it saves.
        spans: in order, none overlapping another.

    Raises:
        ConfigurationError: no call that counts lies in a label, or its kind is unknown.
    """
    segments = [_segment(trace, span) for span in spans]
    apart = apart_at(trace, slow_from, segments, budget.break_even)
    return apart._replace(incidents=_named(apart.incidents, spans))


def _named(incidents: Sequence[Incident], spans: Sequence[Span]) -> tuple[Incident, ...]:
    return tuple(_renamed(each, kind) for each, (_, _, kind) in zip(incidents, spans, strict=True))


def unnamed(named: Apart, found: Apart) -> tuple[Incident, ...]:
    """Return what would be acted on of what was found, and is in no label."""
    return tuple(
        i for i in found.incidents if i.actionable and not any(_overlap(i, o) for o in named.incidents)
    )


def label_notes(named: Apart, found: Apart, budget: Budget) -> tuple[str, ...]:
    """Return what the labels and the calls disagree on.

    Args:
        named: by the labels.
        found: as the log would have been told apart without them.
        budget: gives the break-even share.
    """
    pays = format_percent(100 * budget.break_even)
    mild = [each for each in named.incidents if not each.actionable]
    others = unnamed(named, found)
    return (
        "Incidents are those that were named, none was looked for; everything else counts as healthy."
        if named.incidents
        else "No incident was looked for, since there was none: everything counts as healthy.",
        *(
            f"The incident at {_at(each)} is not acted on: {format_percent(each.failed)} of its calls failed"
            f" and {format_percent(each.slow)} were slow; opening pays from {pays} bad calls."
            for each in mild
        ),
        *(
            f"Not named as an incident, and yet {format_percent(max(each.failed, each.slow))} of the calls at"
            f" {_at(each)} were bad for {format_duration(each.length)}: taken for healthy, they push the"
            " gates up."
            for each in others
        ),
    )


def _segment(trace: TraceColumns, span: Span) -> Segment:
    first, last = (bisect_left(trace.start, at) for at in (round(span[0] * 1e9), round(span[1] * 1e9) + 1))
    if last - first < 1:
        raise ConfigurationError(
            f"no call that counts lies in the incident from +{span[0]:.0f}s to +{span[1]:.0f}s of the log"
        )
    return Segment(first, last - 1)


def _renamed(incident: Incident, word: str) -> Incident:
    if not word:
        return incident
    kind = _KINDS.get(word.lower().replace("-", "_"))
    if kind is None:
        known = ", ".join(each.value for each in IncidentKind)
        raise ConfigurationError(f"{word!r} is no kind of incident; there are {known}")
    return replace(incident, kind=kind)


def _overlap(one: Incident, other: Incident) -> bool:
    return one.start < other.end and other.start < one.end


def _at(incident: Incident) -> str:
    return f"+{format_duration(incident.start)}"
