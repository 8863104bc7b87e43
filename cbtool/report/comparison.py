"""The text of a comparison: a table a load, and a word on every profile that depends on the load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker import State
from cbtool.report.text import counted, share, table
from cbtool.units import format_duration, format_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.simulation.comparison import Cell, Comparison

_HEADERS = ("profile", "trips", "refused", "failed", "healthy", "time", "time to")
_SECOND_LINE = ("", "", "", "shed", "refused", "open", "open")
_LONGEST_NAME = 22


def comparison_text(comparison: Comparison, *, title: str, instances: int, seed: int) -> str:
    """Return what `compare` prints.

    Args:
        comparison: the cells.
        title: what traffic was compared on.
        instances: how many breakers shared it.
        seed: of every random choice.
    """
    blocks = [
        _load_table([cell for cell in comparison.cells if cell.load == load]) for load in comparison.loads()
    ]
    notes = load_notes(comparison)
    if notes:
        blocks.append("\n".join(notes))
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


def _load_table(cells: Sequence[Cell]) -> str:
    first = cells[0]
    heading = f"load {first.load:g}: {counted(first.calls, 'call')}, {format_rate(first.rate)}"
    rows = [_SECOND_LINE, *(_row(cell) for cell in cells)]
    return heading + "\n" + table(_HEADERS, rows, right=range(1, len(_HEADERS)))


def _row(cell: Cell) -> tuple[str, ...]:
    result, summary = cell.result, cell.result.summary
    lasted = sum(summary.time_in_state.values())
    opened = summary.time_to_open
    name = cell.candidate.name
    return (
        name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…",
        f"{summary.trips:,}",
        share(summary.not_permitted, summary.calls),
        share(summary.impact.failed_shed or 0, result.failing),
        share(summary.impact.healthy_refused or 0, result.healthy),
        share(summary.time_in_state[State.OPEN], lasted),
        format_duration(sum(opened) / len(opened)) if opened else "-",
    )
