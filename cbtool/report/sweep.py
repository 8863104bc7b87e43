"""A sweep as text, as a document, and as a table with a row a point."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from cbtool.errors import ConfigurationError, UnreachableError
from cbtool.report.text import WIDTH, counted, one_line, share, table
from cbtool.sweeping.records import frame_of, records_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cbtool.sweeping.running import Row, Sweep

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_SHOWN = 20


def sweep_text(sweep: Sweep, *, title: str, most: int = _SHOWN) -> str:
    """Return the Pareto front for people: settings, trips, and what they did to the calls."""
    front = _distinct(sweep.best())
    on_front = sum(row.front for row in sweep.rows)
    lines = [
        f"{len(sweep.rows):,} settings on {title}; {on_front:,} on the Pareto front:",
        "no other is better in false trips, failing calls let through or healthy calls",
        "refused without being worse in another of them.",
        "",
        *(f"{_LETTERS[n]}  {axis.name}" for n, axis in enumerate(sweep.axes)),
        "",
    ]
    head = [*_LETTERS[: len(sweep.axes)], "trips", "false", "caught", "after", "let through", "refused"]
    rows = [
        [
            *(axis.shown(row.point[axis.name]) for axis in sweep.axes),
            str(row.outcome.trips),
            str(row.outcome.false_trips),
            f"{row.outcome.caught}/{sweep.incidents}",
            "-" if row.outcome.detection_delay is None else f"{row.outcome.detection_delay:.3g}s",
            share(row.outcome.let_through, sweep.failing),
            share(row.outcome.healthy_refused, sweep.healthy),
        ]
        for row in front[:most]
    ]
    words = {n for n, axis in enumerate(sweep.axes) if any(isinstance(v, str) for v in axis.values)}
    lines.append(table(head, rows, right=set(range(len(head))) - words))
    more = len(front) - len(rows)
    same = on_front - len(front)
    if same:
        lines.append(f"{same:,} on the front more do exactly what one above does")
    if more > 0:
        lines.append(f"and {more:,} more; --top shows them, --output writes every setting")
    if sweep.invalid:
        are = "is no valid setting" if sweep.invalid == 1 else "are no valid settings, the first"
        invalid = f"{counted(sweep.invalid, 'point')} {are}: {sweep.reason}"
        lines += ["", textwrap.fill(one_line(invalid), WIDTH)]
    return "\n".join(lines)


def sweep_json(sweep: Sweep) -> dict[str, Any]:
    """Return the sweep as one document, every row in it."""
    return {
        "settings": [axis.name for axis in sweep.axes],
        "points": len(sweep.rows),
        "invalid": sweep.invalid,
        "incidents": sweep.incidents,
        "failing": sweep.failing,
        "healthy": sweep.healthy,
        "rows": records_of(sweep),
    }


def write_sweep(path: Path, sweep: Sweep) -> None:
    """Write a row a point, as Parquet or CSV by the file's name.

    Raises:
        ConfigurationError: the name ends in neither.
        UnreachableError: the file cannot be written.
    """
    check_output(path)
    frame = frame_of(sweep)
    try:
        if path.suffix == ".parquet":
            frame.write_parquet(path)
        else:
            frame.write_csv(path)
    except OSError as error:
        raise UnreachableError.unwritable(path, error) from None


def check_output(path: Path) -> None:
    """Make sure, before hours are spent, that a file's name says how it is written.

    Raises:
        ConfigurationError: it does not.
    """
    if path.suffix not in {".parquet", ".csv"}:
        raise ConfigurationError(f"{path}: a sweep is written as .parquet or .csv")


def _distinct(rows: Sequence[Row]) -> list[Row]:
    """Return the first row of each outcome: on a plateau, many settings do the same."""
    return list({row.outcome: row for row in reversed(rows)}.values())[::-1]
