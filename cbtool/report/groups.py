"""One answer for each of several groups of calls, a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.errors import InsufficientDataError
from cbtool.report.choices import waits
from cbtool.report.text import share, table
from cbtool.units import exact_duration, format_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.logs import StoredCalls
    from cbtool.recommend import Recommendation
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.calls import Calls
    from cbtool.verifying import Verification

_LONGEST = 32  # characters of a group's name


def recommended_groups_text(answers: Sequence[tuple[str, Calls | StoredCalls, Recommendation]]) -> str:
    """Return the settings recommended for each group, or what is missing there."""
    head = ("group", "rate", "failing", "errors", "window", "wait", "incidents")
    rows, refused = [], []
    for name, calls, answer in answers:
        config = answer.config
        if config is None:
            needs = "; ".join(answer.needs)
            refused.append(f"{shortened(name)}: no recommendation; needs {needs}")
            continue
        rows.append(
            (
                shortened(name),
                format_rate(calls.rate),
                f"{config.failure_rate_threshold:g} %",
                str(config.minimum_number_of_errors),
                exact_duration(config.window_size),
                waits(config),
                str(sum(incident.actionable for incident in answer.incidents)),
            )
        )
    lines = [table(head, rows, right=range(1, 7))] if rows else []
    return "\n".join([*lines, *([""] if rows and refused else []), *refused])


def simulated_groups_text(results: Sequence[tuple[str, Calls | StoredCalls, SimulationResult]]) -> str:
    """Return what one profile did to each group."""
    head = ("group", "calls", "rate", "trips", "refused", "failed shed", "healthy refused")
    rows = []
    for name, calls, result in results:
        impact = result.summary.impact
        refused = len(calls) - result.summary.permitted
        rows.append(
            (
                shortened(name),
                f"{len(calls):,}",
                format_rate(calls.rate),
                str(result.summary.trips),
                share(refused, len(calls)),
                share(impact.failed_shed or 0, result.failing),
                share(impact.healthy_refused or 0, result.healthy),
            )
        )
    return table(head, rows, right=range(1, 7))


def verified_groups_text(answers: Sequence[tuple[str, Calls, Verification | InsufficientDataError]]) -> str:
    """Return whether a profile holds for each group, and which checks fail there."""
    rows, said = [], []
    for name, calls, answer in answers:
        short = shortened(name)
        if isinstance(answer, InsufficientDataError):
            rows.append((short, f"{len(calls):,}", format_rate(calls.rate), "not checked", "-"))
            said.append(f"{short}: too little data; needs {'; '.join(answer.needs)}")
            continue
        failed = [f"{short}: ✗ {check.name}: {check.shown}, wanted {check.wanted}" for check in answer.failed]
        word = "passed" if answer.passed else "failed"
        holding = f"{len(answer.checks) - len(failed)} of {len(answer.checks)}"
        rows.append((short, f"{len(calls):,}", format_rate(calls.rate), word, holding))
        said += failed
    lines = [table(("group", "calls", "rate", "", "checks held"), rows, right={1, 2, 4})]
    return "\n".join([*lines, *([""] if said else []), *said])


def shortened(name: str) -> str:
    """Return a group's name as long as a column of a table is."""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
