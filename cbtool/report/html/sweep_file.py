"""A sweep's file, read back, as the document of a page about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from cbtool.errors import InsufficientDataError, WrongFormatError
from cbtool.sweeping.running import Outcome
from cbtool.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FRONT = "front"
_OWN = (*Outcome._fields, FRONT)
_COSTS = ("false_trips", "let_through", "healthy_refused")
_FALSE_TRIP_COST = 10.0
_CELLS = 40  # a side; of the points in one cell, one is drawn
_MOST_FRONT = 1_000


def read_sweep(source: str) -> pl.DataFrame | None:
    """Return the table that a sweep wrote; None for any other file.

    Raises:
        WrongFormatError: it begins as one and is damaged.
    """
    path = Path(source)
    if path.suffix not in {".parquet", ".csv"} or not path.is_file():
        return None
    scan = pl.scan_parquet if path.suffix == ".parquet" else pl.scan_csv
    try:
        lazy = scan(path)
        if not set(_OWN) <= set(lazy.collect_schema().names()):
            return None
        return lazy.collect()
    except PolarsError as error:
        reason = str(error).partition("\n")[0][:80]
        if path.suffix == ".csv":  # whatever else it is, the reader of logs says
            return None
        raise WrongFormatError(f"{source}: not a readable table: {reason}") from None


def sweep_document(table: pl.DataFrame, source: str, *, reject_cost: float) -> dict[str, Any]:
    """Return the document of a page about a sweep.

    Args:
        table: what the sweep wrote, a row a point.
        source: its name.
        reject_cost: the harm of a refused healthy call, in failing calls let through.

    Raises:
        InsufficientDataError: there is no point in it.
    """
    if not len(table):
        raise InsufficientDataError(f"{source}: no setting in it", ("a sweep of at least one",))
    costs = np.column_stack([table[name].to_numpy().astype(np.float64) for name in _COSTS])
    front = np.flatnonzero(table[FRONT].to_numpy())
    best = _distinct(front, costs)[:_MOST_FRONT]
    weighed = costs @ np.array([_FALSE_TRIP_COST, 1.0, reject_cost])
    knee = int(np.argmin(weighed[best]))
    kept = np.concatenate((best, _drawn(costs, np.setdiff1d(np.arange(len(table)), best))))
    first = table.row(0, named=True)
    return {
        "cbtool": __version__,
        "about": "sweep",
        "source": source,
        "settings": [name for name in table.columns if name not in _OWN],
        "points": len(table),
        "on_front": len(front),
        "distinct_on_front": len(_distinct(front, costs)),
        "failing": first["failed_shed"] + first["let_through"],
        "weights": {"reject_cost": reject_cost, "false_trip_cost": _FALSE_TRIP_COST},
        "chosen": {
            "more sensitive": knee - 1 if knee else None,
            "knee": knee,
            "calmer": knee + 1 if knee + 1 < len(best) else None,
        },
        "rows": table[kept.tolist()].to_dicts(),
        "cost": [float(f"{value:.7g}") for value in weighed[best]],
    }


def _distinct(front: NDArray[np.intp], costs: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return the front's points, the least let through first; of equal outcomes, the first."""
    _, first = np.unique(costs[front], axis=0, return_index=True)
    found = front[np.sort(first)]
    order: Sequence[NDArray[np.float64]] = (costs[found, 0], costs[found, 2], costs[found, 1])
    return np.asarray(found[np.lexsort(order)], np.intp)


def _drawn(costs: NDArray[np.float64], rest: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return one point of each small square of the figure: without false trips rather than with some."""
    if not len(rest):
        return rest
    place = costs[rest][:, [2, 1]]
    most = np.maximum(costs[:, [2, 1]].max(axis=0), 1.0)
    cell = np.minimum(place / most * _CELLS, _CELLS - 1).astype(np.int64)
    order = np.lexsort((rest, costs[rest, 0]))
    _, first = np.unique((cell[:, 0] * _CELLS + cell[:, 1])[order], return_index=True)
    return np.asarray(np.sort(rest[order][first]), np.intp)
