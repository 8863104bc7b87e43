"""A sweep as a table, a row a point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.breaker import WindowType

if TYPE_CHECKING:
    import polars as pl

    from cbtool.sweeping.running import Sweep


def records_of(sweep: Sweep) -> list[dict[str, Any]]:
    """Return each point's settings, what it did, and whether it is on the front, as plain values."""
    return [
        {
            **{axis.name: _plain(row.point[axis.name]) for axis in sweep.axes},
            **row.outcome._asdict(),
            "front": row.front,
        }
        for row in sweep.rows
    ]


def frame_of(sweep: Sweep) -> pl.DataFrame:
    """Return the same as a frame."""
    import polars as pl  # noqa: PLC0415  # only where a table is wanted

    return pl.DataFrame(records_of(sweep), infer_schema_length=None)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, WindowType) else value
