"""`cbtool sweep`, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from cbtool.__main__ import run
from cbtool.breaker import BreakerConfig, WindowType
from cbtool.logs import read_calls
from cbtool.recommend.search.judgement import incidents_in, judge
from cbtool.simulation.run import simulate
from cbtool.sweeping import running
from cbtool.traffic.outcomes import DEFAULT_RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.sweeping.running import Outcome


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten calls a second for four minutes, of which the third fails two calls of three."""
    rows = ["timestamp,duration_ms,status"]
    for n in range(2400):
        failing = n % 3 > 0 if 1200 <= n < 1800 else n % 97 == 0
        rows.append(f"{1_795_514_400 + n / 10:.1f},20,{500 if failing else 200}")
    (tmp_path / "calls.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)


VARY = ["--vary", "failure_rate_threshold=20,50,80", "--vary", "sliding_window_size=2s,10s"]
TIMED = ["--vary", "sliding_window_type=time", "--vary", "minimum_number_of_calls=10"]


def test_every_row_is_what_a_simulation_of_it_alone_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "calls.csv", *VARY, *TIMED, "--json"]) == 0
    swept = json.loads(capsys.readouterr().out)
    assert (swept["points"], swept["invalid"], swept["incidents"]) == (6, 0, 1)
    calls = read_calls(["calls.csv"]).calls
    verdicts = DEFAULT_RULES.verdicts(calls)
    incidents = incidents_in(calls, verdicts)
    for row in swept["rows"]:
        config = BreakerConfig(
            failure_rate_threshold=row["failure_rate_threshold"],
            sliding_window_type=WindowType.TIME,
            sliding_window_size=row["sliding_window_size"],
            minimum_number_of_calls=10,
        )
        result = simulate(calls, verdicts, config)
        judged = judge(result, incidents)
        impact = result.summary.impact
        assert row["trips"] == result.summary.trips
        assert (row["false_trips"], row["caught"]) == (judged.false_trips, judged.caught)
        assert row["detection_delay"] == judged.mean_delay
        assert (row["failed_shed"], row["healthy_refused"]) == (impact.failed_shed, impact.healthy_refused)
        assert row["let_through"] == result.failing - row["failed_shed"]
    by_rate = {row["failure_rate_threshold"]: row for row in swept["rows"]}
    assert by_rate[80.0]["trips"] == 0
    assert by_rate[50.0]["caught"] == 1


@pytest.mark.parametrize("name", ["all.parquet", "all.csv"])
def test_every_setting_is_written(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "calls.csv", *VARY, *TIMED, "-o", name]) == 0
    assert f"6 settings written to {name}" in capsys.readouterr().err
    frame = pl.read_parquet(name) if name.endswith("parquet") else pl.read_csv(name)
    assert frame.columns[:4] == [
        "failure_rate_threshold",
        "sliding_window_size",
        "sliding_window_type",
        "minimum_number_of_calls",
    ]
    assert frame["failure_rate_threshold"].to_list() == [20.0, 20.0, 50.0, 50.0, 80.0, 80.0]
    assert frame["front"].sum() >= 1


def test_points_that_are_no_settings_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    vary = ["--vary", "sliding_window_size=10,100", "--vary", "minimum_number_of_calls=5,50"]
    assert run(["sweep", "calls.csv", *vary]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("3 settings on calls.csv (2,400 calls); ")
    assert "1 point is no valid setting: minimum_number_of_calls" in printed


def test_names_stand_left_and_numbers_right(capsys: pytest.CaptureFixture[str]) -> None:
    axes = ["--vary", "dialect=polly,default,pybreaker", "--vary", "failure_rate_threshold=5,50"]
    assert run(["sweep", "calls.csv", *axes]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = lines[next(n for n, line in enumerate(lines) if line.startswith("A  ") and "trips" in line) :]
    names = [row for row in rows if row.startswith(("polly ", "default ", "pybreaker "))]
    assert names
    ends = {row.index(cell) + len(cell) for row, cell in ((row, row.split()[1]) for row in names)}
    assert ends == {rows[0].index(" B") + 2}


def test_dialects_are_an_axis(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sweep", "calls.csv", "--vary", "dialect=polly,gobreaker,default", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [row["dialect"] for row in rows] == ["polly", "gobreaker", "default"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name what varies: --vary failure_rate_threshold=5..60:5"),
        (["--vary", "x=1"], "--vary: 'x' is no setting to vary"),
        ([*VARY, "--design", "latin"], "--design latin needs --sample N"),
        ([*VARY, "--design", "sobol"], "--design sobol: there are grid, random, latin"),
        ([*VARY, "-o", "all.xlsx"], "a sweep is written as .parquet or .csv"),
        (["--vary", "failure_rate_threshold=0,200"], "none of 2 points is valid: failure_rate_threshold"),
    ],
)
def test_what_cannot_be_swept_is_said(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sweep", "calls.csv", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_sweep_that_was_stopped_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["sweep", "calls.csv", *VARY, *TIMED, "-o", "whole.csv"]) == 0
    assert not Path("whole.csv.part").exists()
    simulated, swept = [], running.sweep

    def some(*given: Any, **how: Any) -> Iterator[Outcome]:
        for outcome in swept(*given, **how):
            if len(simulated) == 4:
                raise KeyboardInterrupt
            simulated.append(outcome)
            yield outcome

    with monkeypatch.context() as patched:
        patched.setattr(running, "sweep", some)
        assert run(["sweep", "calls.csv", *VARY, *TIMED, "-o", "all.csv"]) == 130
    part = Path("all.csv.part")
    assert len(part.read_text().splitlines()) == 5
    with part.open("a") as file:
        file.write("[4, 1, 1")  # killed as it wrote
    capsys.readouterr()
    assert run(["sweep", "calls.csv", *VARY, *TIMED, "-o", "all.csv"]) == 0
    assert "going on from all.csv.part: 4 of 6 settings were tried" in capsys.readouterr().err
    assert Path("all.csv").read_text() == Path("whole.csv").read_text()
    assert not part.exists()


def test_what_another_sweep_left_is_not_taken_for_this_ones(capsys: pytest.CaptureFixture[str]) -> None:
    Path("all.csv.part").write_text('{"cbtool_sweep": "another"}\n[0, 9, 9, 9, null, 9, 9, 9]\n')
    assert run(["sweep", "calls.csv", *VARY, *TIMED, "-o", "all.csv"]) == 0
    assert "going on" not in capsys.readouterr().err
    assert 9 not in pl.read_csv("all.csv")["trips"].to_list()
