"""Gauges, charts and badges, character by character."""

from __future__ import annotations

import pytest

from cbtool.breaker import State
from cbtool.dashboard.line import Line, Span, beside, fit, justify, rule
from cbtool.dashboard.widgets import badge, chart, gauge
from cbtool.dashboard.words import clock, latency, percent, rate


def text(line: Line) -> str:
    return "".join(span.text for span in line)


@pytest.mark.parametrize(
    ("share", "drawn"),
    [
        (0.0, "░░░░░░░░"),
        (0.0001, "▏░░░░░░░"),
        (0.5, "████░░░░"),
        (0.53125, "████▎░░░"),
        (1.0, "████████"),
        (7.0, "████████"),
    ],
)
def test_a_gauge_is_filled_by_eighths(share: float, drawn: str) -> None:
    assert text(gauge(share, 8, "good")) == drawn


@pytest.mark.parametrize(
    ("mark", "drawn"), [(0.5, "██▌│░░░░"), (1.0, "██▌░░░░│"), (0.0, "│█▌░░░░░"), (0.25, "█│▌░░░░░")]
)
def test_a_gauge_marks_its_threshold(mark: float, drawn: str) -> None:
    assert text(gauge(2.5 / 8, 8, "good", mark=mark)) == drawn


def test_a_gauge_keeps_filled_and_empty_apart_around_its_mark() -> None:
    assert gauge(0.75, 4, "good", mark=0.5) == [
        Span("█", "good"), Span("│", "mark"), Span("█", "good"), Span("░", "track"),
    ]  # fmt: skip


def test_a_chart_stacks_blocks_and_leaves_gaps() -> None:
    rows = chart([0.0, 0.001, 0.25, None, 0.5, 0.75, 1.0], 2, ["a", "a", "a", "a", "a", "b", "b"])
    assert [text(row) for row in rows] == ["     ▄█", " ▁▄ ███"]
    assert rows[0] == [Span("     ", "a"), Span("▄█", "b")]


def test_a_large_badge_is_three_rows_of_one_width() -> None:
    rows = [text(row) for row in badge("OPEN", State.OPEN, large=True)]
    assert rows == [" " * 13, "   O P E N   ", " " * 13]
    assert text(badge("OPEN", State.OPEN, large=False)[0]) == " OPEN "


def test_lines_are_cut_with_an_ellipsis_or_padded() -> None:
    line = [Span("failure ", "bad"), Span("rate")]
    assert text(fit(line, 12)) == "failure rate"
    assert text(fit(line, 14)) == "failure rate  "
    assert text(fit(line, 10)) == "failure r…"
    assert text(fit(line, 8)) == "failure…"
    assert text(fit(line, 0)) == ""


def test_both_ends_share_a_line_and_the_left_one_yields() -> None:
    left, right = [Span("a long title")], [Span("end")]
    assert text(justify(left, right, 20)) == "a long title     end"
    assert text(justify(left, right, 14)) == "a long ti… end"
    assert text(justify(left, right, 9)) == "a long t…"


def test_blocks_stand_side_by_side_under_their_titles() -> None:
    assert [text(line) for line in beside([[[Span("a")], [Span("b")]], [[Span("c")]]], 11)] == [
        "a      c   ",
        "b          ",
    ]
    assert text(rule(["one", "two"], 15)) == "one ──── two ──"


def test_numbers_keep_a_steady_width() -> None:
    assert [clock(t) for t in (-1, 0.04, 59.94, 65.0, 7390.0)] == [
        "0.0 s",
        "0.0 s",
        "59.9 s",
        "1:05",
        "2:03:10",
    ]
    assert [percent(p) for p in (0, 0.04, 9.94, 9.96, 100)] == ["0 %", "0.0 %", "9.9 %", "10 %", "100 %"]
    assert [rate(r) for r in (0, 0.5, 9.96, 1234.5)] == ["0", "0.5", "10", "1,234"]
    assert [latency(s) for s in (0.0008, 0.045, 0.9994, 0.9996, 1.2)] == [
        "0.8 ms",
        "45 ms",
        "999 ms",
        "1.00 s",
        "1.20 s",
    ]
