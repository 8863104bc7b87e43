"""A sweep as a picture in text: what each point let through against what it refused, the front marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.report.text import share

if TYPE_CHECKING:
    from cbtool.sweeping.running import Row, Sweep

_WIDTH, _HEIGHT = 60, 16
_POINT, _TRIPPED, _FRONT = ".", "x", "O"
_LABEL = 8


def sweep_plot(sweep: Sweep, *, width: int = _WIDTH, height: int = _HEIGHT) -> str:
    """Return a picture of `width` by `height` cells and its axes; left and low is better.

    A cell shows the best of the points in it: one of the front, one without a false trip, any other.
    """
    if not sweep.rows:
        return "nothing to plot"
    right = max(row.outcome.healthy_refused for row in sweep.rows)
    top = max(row.outcome.let_through for row in sweep.rows)
    cells = [[" "] * width for _ in range(height)]
    for row in sorted(sweep.rows, key=_rank, reverse=True):
        column = _cell(row.outcome.healthy_refused, right, width)
        line = height - 1 - _cell(row.outcome.let_through, top, height)
        cells[line][column] = _sign(row)
    lines = [f"{'':{_LABEL}}  failing calls let through"]
    for number, cell in enumerate(cells):
        label = share(top, sweep.failing) if number == 0 else "0 %" if number == height - 1 else ""
        lines.append(f"{label:>{_LABEL}} |{''.join(cell).rstrip()}")
    end = share(right, sweep.healthy)
    lines += [
        f"{'':{_LABEL}} +{'-' * width}",
        f"{'':{_LABEL}}  0 %{end:>{width - 3}}",
        f"{'healthy calls refused':>{_LABEL + 2 + width}}",
        "",
        f"{_FRONT} on the Pareto front   {_POINT} without a false trip   {_TRIPPED} with false trips",
    ]
    return "\n".join(lines)


def _cell(value: int, most: int, cells: int) -> int:
    return round(value / most * (cells - 1)) if most else 0


def _rank(row: Row) -> int:
    return (_FRONT, _POINT, _TRIPPED).index(_sign(row))


def _sign(row: Row) -> str:
    if row.front:
        return _FRONT
    return _TRIPPED if row.outcome.false_trips else _POINT
