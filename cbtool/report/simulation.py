"""The text of a simulation: the verdict first, then the numbers, then what happened when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker import BreakerConfig, State, describe
from cbtool.report.text import counted, labelled, share, table
from cbtool.units import format_duration, format_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.metrics.summary import RunSummary
    from cbtool.metrics.view import InstanceTransition
    from cbtool.simulation.refused import RuleCount
    from cbtool.simulation.run import SimulationResult

FIRST_SHOWN, LAST_SHOWN = 8, 4
"""Transitions that are printed of a long list."""


def simulation_text(
    result: SimulationResult, config: BreakerConfig, *, title: str, span: float, seed: int
) -> str:
    """Return what `simulate` prints.

    Args:
        result: the simulation.
        config: what the breakers were set to, for the reasons in words.
        title: what was simulated.
        span: seconds from the first call to the last.
        seed: of every random choice.
    """
    summary = result.summary
    blocks = [
        verdict_line(summary),
        labelled([("traffic", title), *_numbers(result, span, seed)]),
        _states(summary),
    ]
    if summary.transitions:
        blocks.append(transitions_table(summary.transitions, config, instances=summary.instances))
    return "\n\n".join(blocks)


def verdict_line(summary: RunSummary) -> str:
    """Return in a sentence whether the breaker tripped and what that did."""
    if not summary.trips:
        return f"Never tripped: all {counted(summary.calls, 'call')} were permitted."
    refused = f"{summary.not_permitted:,} of {counted(summary.calls, 'call')}"
    percent = share(summary.not_permitted, summary.calls)
    return f"Tripped {counted(summary.trips, 'time')}: {refused} were not permitted ({percent})."


def transitions_table(
    transitions: Sequence[InstanceTransition], config: BreakerConfig, *, instances: int = 1
) -> str:
    """Return the first and the last transitions with their reasons, and how many lie between."""
    several = instances > 1
    rows = [_row(each, config, several) for each in transitions]
    headers = ["at", *(["breaker"] if several else []), "from", "to", "because"]
    hidden = len(rows) - FIRST_SHOWN - LAST_SHOWN
    if hidden > 1:
        gap = [["…", *[""] * (len(headers) - 2), f"{hidden:,} more"]]
        rows = [*rows[:FIRST_SHOWN], *gap, *rows[-LAST_SHOWN:]]
    return table(headers, rows, right={0})


def _row(each: InstanceTransition, config: BreakerConfig, several: bool) -> list[str]:
    transition = each.transition
    number = [str(each.instance)] if several else []
    changed = [transition.source.label, transition.target.label]
    return [moment(transition.time), *number, *changed, describe(transition, config)]


def moment(seconds: float) -> str:
    """Return a time of the run, to the millisecond: `12.345s`, `1h02m03.456s`."""
    minutes, rest = divmod(round(seconds, 3), 60)
    hours, minutes = divmod(int(minutes), 60)
    if hours:
        return f"{hours}h{minutes:02d}m{rest:06.3f}s"
    return f"{minutes}m{rest:06.3f}s" if minutes else f"{rest:.3f}s"


def _numbers(result: SimulationResult, span: float, seed: int) -> list[tuple[str, str]]:
    summary = result.summary
    rate = f" ({format_rate((summary.calls - 1) / span)})" if span else ""
    over = f"{summary.calls:,} over {format_duration(span)}{rate}, {counted(summary.instances, 'breaker')}"
    refused = f"{summary.not_permitted:,} ({share(summary.not_permitted, summary.calls)})"
    impact = summary.impact
    shed, lost = impact.failed_shed or 0, impact.healthy_refused or 0
    return [
        ("calls", over),
        ("not permitted", refused),
        ("failed calls shed", _part(shed, result.failing)),
        ("healthy calls refused", _part(lost, result.healthy)),
        ("trips", f"{summary.trips:,}"),
        ("time to open", _times(summary.time_to_open)),
        ("time to reset", _times(summary.time_to_reset, summary.trips - len(summary.time_to_reset))),
        ("seed", str(seed)),
    ]


def _part(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({share(part, whole)})"


def _times(seconds: Sequence[float], unfinished: int = 0) -> str:
    never = f"{unfinished:,} not yet at the end" if unfinished else ""
    if not seconds:
        return never or "-"
    mean = f"mean {format_duration(sum(seconds) / len(seconds))}, max {format_duration(max(seconds))}"
    return f"{mean}, {never}" if never else mean


def _states(summary: RunSummary) -> str:
    whole = sum(summary.time_in_state.values())
    rows = [
        [
            state.label,
            format_duration(summary.time_in_state[state]),
            share(summary.time_in_state[state], whole),
        ]
        for state in State
    ]
    return table(("state", "time", "share"), rows, right={1, 2})


def refusals_text(counts: Sequence[RuleCount]) -> str:
    """Return how many calls each rule turned away before the breaker was asked."""
    rows = [[count.rule, f"{count.calls:,}", count.reason] for count in counts]
    return table(["refused by rule", "calls", "reason"], rows, right={1})
