"""The CSV of `--calls-out`: one row a call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cbtool.breaker import State
from cbtool.errors import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.calls import Calls

_LABELS = np.array([state.label for state in State])


def write_calls(path: Path, calls: Calls, result: SimulationResult) -> None:
    """Write a row a call in the log's order: `t` (seconds from the first call), `permitted`, both states.

    Raises:
        UnreachableError: the file cannot be written.
    """
    table = pl.DataFrame(
        {
            "t": calls.start_ns / 1e9,
            "permitted": result.permitted,
            "state_before": _labels(result.state_before),
            "state_after": _labels(result.state_after),
        }
    )
    if calls.position is not None:
        table = table[np.argsort(calls.position)]
    try:
        with path.open("wb") as file:
            table.write_csv(file)
    except OSError as error:
        raise UnreachableError(f"{path}: cannot be written: {error.strerror or error}") from None


def _labels(states: NDArray[np.uint8]) -> pl.Series:
    return pl.Series(_LABELS).gather(states)
