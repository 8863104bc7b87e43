"""The text of a comparison: a table a load, and a word on every profile that depends on the load."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from cbtool.breaker import State
from cbtool.report.text import WIDTH, counted, share, table
from cbtool.units import format_duration, format_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.search.judgement import Judgement
    from cbtool.simulation.comparison import Cell, Comparison

_HEADERS = ("profile", "trips", "false", "caught", "after", "refused", "failed", "healthy", "time")
_SECOND_LINE = ("", "", "trips", "", "", "", "shed", "refused", "open")
_LONGEST_NAME = 22


def comparison_text(
    comparison: Comparison, judgements: Sequence[Judgement], *, title: str, instances: int, seed: int
) -> str:
    """Return what `compare` prints.

    Args:
        comparison: the cells.
        judgements: of each cell, what its trips were worth.
        title: what traffic was compared on.
        instances: how many breakers shared it.
        seed: of every random choice.
    """
    judged = list(zip(comparison.cells, judgements, strict=True))
    blocks = [_load_table([each for each in judged if each[0].load == load]) for load in comparison.loads()]
    notes = [*load_notes(comparison), *verdict_notes(judged)]
    if notes:
        blocks.append("\n".join(textwrap.fill(note, WIDTH, subsequent_indent="  ") for note in notes))
    blocks.append(f"{title}, {counted(instances, 'breaker')}, seed {seed}")
    return "\n\n".join(blocks)


def load_notes(comparison: Comparison) -> list[str]:
    """Return a sentence for every profile that trips at one load and not at another."""
    notes = []
    for candidate in comparison.candidates():
        cells = comparison.of(candidate)
        tripped = [f"{cell.load:g}" for cell in cells if cell.result.summary.trips]
        calm = [f"{cell.load:g}" for cell in cells if not cell.result.summary.trips]
        if tripped and calm:
            notes.append(
                f"note: {candidate.name} trips at load {', '.join(tripped)}, but not at {', '.join(calm)}."
            )
    return notes


def verdict_notes(judged: Sequence[tuple[Cell, Judgement]]) -> list[str]:
    """Return who trips falsely and who catches nothing, a sentence a load."""
    shares = dict.fromkeys(cell.candidate.name for cell, _ in judged if _refuses_a_share(cell))
    notes = [f"no trips, but a share of the calls refused: {', '.join(shares)}."] if shares else []
    for load in dict.fromkeys(cell.load for cell, _ in judged):
        at_load = [(cell.candidate.name, judgement) for cell, judgement in judged if cell.load == load]
        false = [name for name, judgement in at_load if judgement.false_trips]
        blind = [
            name
            for name, judgement in at_load
            if judgement.incidents and not judgement.caught and name not in shares
        ]
        if false:
            notes.append(f"load {load:g}: trips while nothing is wrong: {', '.join(false)}.")
        if blind:
            notes.append(f"load {load:g}: catches no incident: {', '.join(blind)}.")
    return notes


def _refuses_a_share(cell: Cell) -> bool:
    """Return whether a candidate has no state that one could call open."""
    return not cell.candidate.config.opens


def _load_table(judged: Sequence[tuple[Cell, Judgement]]) -> str:
    first, judgement = judged[0]
    heading = f"load {first.load:g}: {counted(first.calls, 'call')}, {format_rate(first.rate)}"
    heading += f", {counted(judgement.incidents, 'incident')}"
    rows = [_SECOND_LINE, *(_row(cell, judgement) for cell, judgement in judged)]
    return heading + "\n" + table(_HEADERS, rows, right=range(1, len(_HEADERS)))


def _row(cell: Cell, judgement: Judgement) -> tuple[str, ...]:
    result, summary = cell.result, cell.result.summary
    lasted = sum(summary.time_in_state.values())
    delay = judgement.mean_delay
    name = cell.candidate.name
    return (
        name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…",
        f"{summary.trips:,}",
        f"{judgement.false_trips:,}",
        f"{judgement.caught} of {judgement.incidents}" if judgement.incidents else "-",
        "-" if delay is None else format_duration(delay),
        share(summary.not_permitted, summary.calls),
        share(summary.impact.failed_shed or 0, result.failing),
        share(summary.impact.healthy_refused or 0, result.healthy),
        share(summary.time_in_state[State.OPEN], lasted),
    )
