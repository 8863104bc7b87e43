"""A recommendation as text, and as a profile with its reasons as comments."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cbtool.profiles import dump_profile
from cbtool.report.capacity import capacity_text
from cbtool.report.choices import SELDOM, choices_text, every
from cbtool.report.explanation import holds, weight_text
from cbtool.report.text import WIDTH, counted, labelled, listed, one_line, setting_text, table
from cbtool.report.timeline import timeline_text
from cbtool.report.validation import validation_text
from cbtool.units import format_duration, format_percent, format_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.findings import Estimate
    from cbtool.recommend.model import Expected, Incident, Recommendation

_MOST_INCIDENTS = 12


def recommendation_text(
    answer: Recommendation,
    source: str = "",
    *,
    commands: Sequence[str] = (),
) -> str:
    """Return the report: verdict, settings with reasons, what was found, what to expect, how to try it.

    Args:
        answer: what to report.
        source: the traffic's name; empty where the reader has just watched it.
        commands: that try the settings.
    """
    blocks = [_verdict(answer, source)]
    if answer.profile is None:
        blocks.append("Needs\n" + listed(answer.needs))
    else:
        blocks.append(_settings(answer))
    blocks += _found(answer)
    if answer.timeline is not None:
        blocks.append(timeline_text(answer))
    if answer.expected is not None:
        blocks.append("Expected on traffic like this (90 % intervals)\n" + _expected(answer.expected))
    if answer.alternatives:
        blocks.append("What else there is\n" + choices_text(answer))
    if answer.validation is not None:
        blocks.append(validation_text(answer.validation))
    if answer.capacity is not None:
        blocks.append("While a dependency is down\n" + capacity_text(answer.capacity))
    if answer.notes:
        blocks.append("Notes\n" + listed(answer.notes))
    if answer.profile is not None and commands:
        blocks.append("Try it\n" + textwrap.indent("\n".join(commands), "  "))
    return "\n\n".join(blocks)


def profile_text(answer: Recommendation, source: str) -> str:
    """Return the recommended profile as TOML, the evidence above it and each reason above its key.

    Raises:
        ValueError: the recommendation was refused.
    """
    if answer.profile is None:
        raise ValueError("a refused recommendation has no profile")
    lines = [_verdict(answer, source)]
    lines += [
        f"Load {regime.name}: {format_rate(regime.rate)} for {_percent(regime.share_of_time)} of the time."
        for regime in answer.regimes
    ]
    lines += [
        f"Incident: {i.kind.value} at {format_duration(i.start)} for {format_duration(i.length)},"
        f" {format_percent(i.failed)} failed."
        for i in answer.incidents
        if i.actionable
    ][:_MOST_INCIDENTS]
    if answer.expected is not None:
        lines += _expected(answer.expected).splitlines()
    lines += answer.notes
    head = "\n".join(
        wrapped
        for line in lines
        for wrapped in textwrap.wrap(
            one_line(" ".join(line.split())), 100, initial_indent="# ", subsequent_indent="#   "
        )
    )
    reasons = {reason.setting: f"{reason.why} ({reason.data})" for reason in answer.reasons}
    return f"{head}\n\n{dump_profile(answer.profile, reasons)}"


def _verdict(answer: Recommendation, source: str) -> str:
    shared = f", split over {answer.instances} breakers" if answer.instances > 1 else ""
    seen = f"{counted(answer.calls, 'call')} in {format_duration(answer.span)}{shared} (seed {answer.seed})"
    name = f"{source}, " if source else ""
    return textwrap.fill(one_line(f"{answer.verdict.value.capitalize()}: {name}{seen}"), WIDTH)


def _settings(answer: Recommendation) -> str:
    """Settings and values aligned, each reason below them: side by side they would not fit 80 columns."""
    width = max(len(reason.setting) for reason in answer.reasons)
    moved = {each.setting: each for each in answer.sensitivity}
    lines = ["Settings"]
    for reason in answer.reasons:
        lines.append(f"  {reason.setting:<{width}}  {setting_text(reason.value)}")
        lines += textwrap.wrap(
            one_line(reason.why), WIDTH, initial_indent="      ", subsequent_indent="      "
        )
        if reason.setting in moved:
            lines += textwrap.wrap(
                weight_text(moved[reason.setting]), WIDTH, initial_indent="      ", subsequent_indent="      "
            )
    return "\n".join(lines)


def _found(answer: Recommendation) -> list[str]:
    blocks = []
    if answer.regimes:
        one = "of ONE breaker" if answer.instances > 1 else "seen"
        blocks.append(f"Loads {one}\n" + _regimes(answer))
    if answer.incidents:
        shown = sorted(answer.incidents, key=lambda i: (not i.actionable, not i.doubtful))[:_MOST_INCIDENTS]
        headers = ["incident", "start", "lasts", "failed", "slow", ""]
        rows = [_incident(i, answer.started) for i in sorted(shown, key=lambda i: i.start)]
        more = len(answer.incidents) - len(shown)
        tail = f"\nand {more} more" if more else ""
        blocks.append("Bad stretches found\n" + table(headers, rows, right={2, 3, 4}) + tail)
    return blocks


def _regimes(answer: Recommendation) -> str:
    rows = [
        [r.name, format_rate(r.rate), f"{r.calls:,}", f"{r.errors:,}", _percent(r.share_of_time)]
        for r in answer.regimes
    ]
    headers = ["load", "rate", "calls", "errors", "time"]
    level = answer.regimes[0].brown_out_percent
    if answer.profile is not None and level is not None:
        headers += ["window", "outage in", f"{format_percent(level)} in"]
        judged = any(regime.slow_delay is not None for regime in answer.regimes)
        headers += ["slow in"] if judged else []
        for row, regime in zip(rows, answer.regimes, strict=True):
            row += [
                holds(regime),
                _noticed(regime.outage_delay),
                _noticed(regime.brown_out_delay),
                *([_noticed(regime.slow_delay)] if judged else []),
            ]
    return table(headers, rows, right=range(1, len(headers)))


def _noticed(delay: Estimate | None) -> str:
    return "never" if delay is None or delay.value is None else format_duration(delay.value)


def _incident(incident: Incident, started: float) -> list[str]:
    return [
        incident.kind.value,
        when(incident.start, started),
        format_duration(incident.length),
        format_percent(incident.failed),
        format_percent(incident.slow),
        "acted on" if incident.actionable else "doubtful" if incident.doubtful else "ridden through",
    ]


def when(seconds: float, started: float) -> str:
    """Return the time of day where the log knows it, in UTC; else the time since its first call."""
    try:
        if started > 0:
            return datetime.fromtimestamp(started + seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    except (OverflowError, ValueError, OSError):  # a log may say any year
        pass
    return f"+{format_duration(seconds)}"


def _expected(expected: Expected) -> str:
    trips, delay = expected.false_trips_per_day, expected.detection_delay_s
    pairs = [("  false trips", f"{every(trips.value)} {_often(trips)}")]
    if delay.value is not None:
        pairs.append(("  detection delay", f"{format_duration(delay.value)} {_between(delay)}"))
    if expected.detected_percent is not None:
        pairs.append(("  incidents detected", format_percent(expected.detected_percent)))
    shed = expected.bad_calls_shed_percent
    if shed.value is not None:
        between = f"{format_percent(shed.low or 0.0)} to {format_percent(shed.high or 0.0)}"
        pairs.append(("  bad calls shed", f"{format_percent(shed.value)} ({between})"))
    return labelled(pairs)


def _often(trips: Estimate) -> str:
    least = "up" if trips.low is None or trips.low < SELDOM else every(trips.low)
    return f"({least} to {every(trips.high)})"


def _between(estimate: Estimate) -> str:
    if estimate.low is None or estimate.high is None:
        return ""
    return f"({format_duration(estimate.low)} to {format_duration(estimate.high)})"


def _percent(share: float) -> str:
    return format_percent(100 * share)
