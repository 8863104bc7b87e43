"""The CSV of `--calls-out`: one row a call, in the log's order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cbtool.breaker import State
from cbtool.errors import UnreachableError
from cbtool.scratch import Sorter

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from cbtool.simulation.long_simulation import Rows
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.calls import Calls

_ROW = np.dtype(
    [
        ("key", np.int64),
        ("position", np.int64),
        ("start", np.int64),
        ("permitted", np.uint8),
        ("before", np.uint8),
        ("after", np.uint8),
    ]
)
_LABELS = np.array([state.label for state in State])


def write_calls(path: Path, calls: Calls, result: SimulationResult) -> None:
    """Write a row a call in the log's order: `t` (seconds from the first call), `permitted`, both states.

    Raises:
        UnreachableError: the file cannot be written.
    """
    table = _table(calls.start_ns, result.permitted, result.state_before, result.state_after)
    if calls.position is not None:
        table = table[np.argsort(calls.position)]
    _write(path, [table])


class CallsFile:
    """The same file, of calls that come in any order and do not fit in memory: they are sorted on disk."""

    def __init__(self) -> None:
        self._rows = Sorter(_ROW)

    def add(self, rows: Rows) -> None:
        """Take some calls."""
        table = np.empty(len(rows.position), _ROW)
        table["key"] = table["position"] = rows.position
        table["start"], table["permitted"] = rows.start_ns, rows.permitted
        table["before"], table["after"] = rows.before, rows.after
        self._rows.add(table)

    def write(self, path: Path) -> None:
        """Write all of them.

        Raises:
            UnreachableError: the file cannot be written.
        """
        _write(
            path,
            (
                _table(rows["start"], rows["permitted"], rows["before"], rows["after"])
                for rows in self._rows.sorted()
            ),
        )
        self._rows.close()


def _table(
    start_ns: NDArray[np.int64],
    permitted: NDArray[np.uint8],
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
) -> pl.DataFrame:
    columns = {"t": start_ns / 1e9, "permitted": np.ascontiguousarray(permitted)}
    return pl.DataFrame({**columns, "state_before": _labels(before), "state_after": _labels(after)})


def _write(path: Path, tables: Iterable[pl.DataFrame]) -> None:
    try:
        with path.open("wb") as file:
            for number, table in enumerate(tables):
                table.write_csv(file, include_header=number == 0)
    except OSError as error:
        raise UnreachableError.unwritable(path, error) from None


def _labels(states: NDArray[np.uint8]) -> pl.Series:
    return pl.Series(_LABELS).gather(np.ascontiguousarray(states))
