"""The time axis: round ticks, as times of day where those are known."""

from __future__ import annotations

import pytest

from cbtool.report.html.figures.clock import ticks

START = 1_795_514_400.0  # 2026-11-24 10:00:00 UTC


def test_without_a_date_ticks_count_from_the_start() -> None:
    assert [(tick.at, tick.label) for tick in ticks(130.0, 0.0, 5)] == [
        (0.0, "0s"),
        (30.0, "30s"),
        (60.0, "1m"),
        (90.0, "1m30s"),
        (120.0, "2m"),
    ]


def test_with_a_date_they_fall_on_round_times() -> None:
    found = ticks(3600.0, START + 100, 5)
    assert [tick.label for tick in found] == ["10:15\n24 Nov", "10:30", "10:45", "11:00"]
    assert found[0].at == 800.0


def test_a_new_day_is_named() -> None:
    labels = [tick.label for tick in ticks(16 * 3600.0, START, 6)]
    assert labels == ["12:00\n24 Nov", "15:00", "18:00", "21:00", "00:00\n25 Nov"]


def test_days_are_days() -> None:
    assert [tick.label for tick in ticks(4 * 86400.0, START, 6)][:2] == ["25 Nov", "26 Nov"]


@pytest.mark.parametrize("started", [1e12, 2.6e11])
def test_years_that_no_calendar_has_are_counted_from_the_start(started: float) -> None:
    assert ticks(60.0, started, 5)[0].label == "0s"
