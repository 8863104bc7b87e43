"""Traffic over time as rows of text: extremes stay, incidents and open breakers are marked below."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cbtool.breaker import BreakerConfig, Verdict, WindowType
from cbtool.recommend.model import Incident, IncidentKind
from cbtool.report.blocks import block_rows
from cbtool.report.series.along import Along
from cbtool.report.strip import traffic_strip
from cbtool.simulation.run import simulate
from cbtool.traffic.calls import Calls
from cbtool.traffic.parts import Held

CONFIG = BreakerConfig(
    failure_rate_threshold=50,
    sliding_window_type=WindowType.TIME,
    sliding_window_size=1.0,
    minimum_number_of_calls=5,
    minimum_number_of_errors=5,
    wait_duration_in_open_state=10.0,
)
N = 6600  # ten a second, ten seconds a column


def calls(n: int = N, epoch: float = 0.0) -> Calls:
    starts = np.arange(n, dtype=np.int64) * 100_000_000
    return Calls(starts, np.zeros(n, np.int64), np.full(n, 200, np.int16), np.zeros(n, np.uint8), epoch)


def verdicts(*bad: tuple[int, int]) -> np.ndarray:
    found = np.full(N, Verdict.SUCCESS, np.uint8)
    for first, last in bad:
        found[first:last] = Verdict.FAILURE
    return found


def strip(found: np.ndarray, n: int = N, epoch: float = 0.0, **shown: Any) -> str:
    return traffic_strip(Along(Held(calls(n, epoch)), lambda _: found[:n]), CONFIG, **shown)


def rows_of(text: str) -> dict[str, str]:
    """By its label, what a row shows in its 66 columns."""
    return {line[:9].strip(): line[10:].ljust(66) for line in text.splitlines()[1:]}


def test_one_bad_second_in_eleven_minutes_is_seen() -> None:
    rows = rows_of(strip(verdicts((3000, 3010))))
    assert rows["100 %"].strip() == "█"
    assert rows["100 %"].index("█") == 30
    assert rows["50 %"].count("┄") == 65


def test_incidents_and_open_breakers_stand_below() -> None:
    found = verdicts((2000, 3000))
    incident = Incident(200.0, 299.9, IncidentKind.OUTAGE, 1000, 100.0, 0.0, actionable=True)
    blip = Incident(500.0, 501.0, IncidentKind.OUTAGE, 10, 100.0, 0.0, actionable=False)
    summary = simulate(calls(), found, CONFIG).summary
    text = strip(found, incidents=[incident, blip], summary=summary)
    rows = rows_of(text)
    assert (rows["incidents"].index("█"), rows["incidents"].count("█")) == (20, 10)
    assert rows["open"].strip()[0] in "▇█"
    assert rows["open"].index(rows["open"].strip()[0]) == 20
    assert text.splitlines()[-1].split() == ["+0s", "+11m"]


def test_times_of_day_where_they_are_known() -> None:
    text = strip(verdicts(), epoch=1_795_514_400.0)
    assert text.splitlines()[-1].startswith("          2026-11-24 10:00:00Z")
    assert all(len(line) <= 80 for line in text.splitlines())


def test_no_time_no_picture() -> None:
    assert "nothing to plot" in strip(verdicts(), 1)


@pytest.mark.parametrize(
    ("values", "rows"),
    [([0.0, 0.01, 0.5, 1.0, None], ["   █ ", " ▁██ "]), ([2.0], ["█", "█"]), ([], ["", ""])],
)
def test_values_become_blocks_of_their_height(values: list[float | None], rows: list[str]) -> None:
    assert block_rows(values, 2) == rows
