"""The picture of a sweep."""

from __future__ import annotations

from cbtool.report.sweep_plot import sweep_plot
from cbtool.sweeping.running import Outcome, Row, Sweep


def row(let_through: int, refused: int, false_trips: int = 0, *, front: bool = False) -> Row:
    return Row({}, Outcome(1, false_trips, 1, 0.0, 100 - let_through, let_through, refused), front)


def test_the_front_covers_the_others_and_the_axes_end_at_the_worst() -> None:
    rows = (
        row(40, 0, front=True),
        row(40, 0, 3),
        row(20, 100),
        row(0, 200, front=True),
        row(0, 400, 1),
        row(10, 399),
    )
    sweep = Sweep((), rows, 0, "", 1, 100, 1000)
    assert sweep_plot(sweep, width=21, height=5).splitlines() == [
        "          failing calls let through",
        "    40 % |O",
        "         |",
        "         |     .",
        "         |                    .",
        "     0 % |          O         x",
        "         +---------------------",
        "          0 %              40 %",
        "          healthy calls refused",
        "",
        "O on the Pareto front   . without a false trip   x with false trips",
    ]


def test_where_nothing_is_refused_nor_let_through_all_lie_in_the_corner() -> None:
    picture = sweep_plot(Sweep((), (row(0, 0, front=True),), 0, "", 0, 0, 0), width=10, height=2)
    assert picture.splitlines()[2] == "     0 % |O"
