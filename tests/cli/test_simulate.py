"""`cbtool simulate` from its command line to its exit status."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from cbtool.__main__ import run

PROFILE = """
[breaker]
sliding_window_type = "consecutive"
sliding_window_size = 5
wait_duration_in_open_state = "10s"
permitted_number_of_calls_in_half_open_state = 2
"""
SCENARIO = """
timeout = "1s"
[[phase]]
name = "well"
duration = "20s"
rate = "20/s"
[[phase]]
name = "down"
duration = "20s"
rate = "20/s"
refuse = true
[[phase]]
name = "well again"
duration = "20s"
rate = "20/s"
"""
BARE_TEXT = """\
Tripped 1 time: 20 of 60 calls were not permitted (33.3 %).

traffic                log.csv through mine
calls                  60 over 59s (1/s), 1 breaker
not permitted          20 (33.3 %)
failed calls shed      13 of 20 (65 %)
healthy calls refused  7 of 40 (17.5 %)
trips                  1
time to open           mean 4s, max 4s
time to reset          mean 24s, max 24s
seed                   0

state       time   share
closed     35.1s  59.4 %
open       21.8s  36.9 %
half_open   2.2s  3.72 %

     at  from       to         because
14.100s  closed     open       5 failures in a row
25.000s  open       half_open  the wait is over
26.100s  half_open  open       failure rate 100 % ≥ 50 % (2 of 2 trials)
37.000s  open       half_open  the wait is over
38.100s  half_open  closed     2 of 2 trials succeeded
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a profile, a scenario and a log of an outage from call 10 to 29."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.toml").write_text(PROFILE)
    (tmp_path / "checked.toml").write_text(PROFILE + "[breaker.health_check]\ninterval = '1s'\n")
    (tmp_path / "outage.toml").write_text(SCENARIO)
    rows = [f"{second},100,{503 if 10 <= second < 30 else 200}" for second in range(60)]
    (tmp_path / "log.csv").write_text("timestamp,duration_ms,status\n" + "\n".join(rows) + "\n")
    return tmp_path


def simulate(*arguments: str) -> int:
    return run(["simulate", *arguments])


def document(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert simulate(*arguments, "--json") == 0
    made: dict[str, object] = json.loads(capsys.readouterr().out)
    return made


def test_the_text_has_the_verdict_first_and_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("log.csv", "--profile", "mine.toml") == 0
    captured = capsys.readouterr()
    assert captured.out == BARE_TEXT
    assert captured.err == ""
    assert max(map(len, captured.out.splitlines())) <= 80


@pytest.mark.parametrize("engine", ["machine", "kernel"])
def test_the_document_keeps_the_contract(capsys: pytest.CaptureFixture[str], engine: str) -> None:
    made = document(capsys, "log.csv", "-p", "mine.toml", "--engine", engine)
    assert {key: made[key] for key in ("calls", "permitted", "not_permitted", "trips")} == {
        "calls": 60,
        "permitted": 40,
        "not_permitted": 20,
        "trips": 1,
    }
    assert made["transitions"][0] | {"t": 14.1, "from": "closed", "to": "open"} == made["transitions"][0]
    assert made["time_in_state"] == {"closed": 35.1, "open": 21.8, "half_open": 2.2}
    assert made["time_to_reset"] == {"count": 1, "mean": 24.0, "max": 24.0, "each": [24.0]}
    assert made["impact"] == {"failed_shed": 13, "healthy_refused": 7, "failing": 20, "healthy": 40}


def test_calls_out_has_one_row_a_call_in_the_log_s_order(folder: Path) -> None:
    lines = (folder / "log.csv").read_text().splitlines()
    (folder / "ended.csv").write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    for log, order in (("log.csv", 1), ("ended.csv", -1)):
        assert simulate(log, "-p", "mine.toml", "--calls-out", "calls.csv") == 0
        with (folder / "calls.csv").open() as file:
            rows = list(csv.DictReader(file))[::order]
        assert list(rows[0]) == ["t", "permitted", "state_before", "state_after"]
        assert [float(row["t"]) for row in rows] == list(range(60))
        assert rows[14] == {"t": "14.0", "permitted": "1", "state_before": "closed", "state_after": "open"}
        assert rows[15] == {"t": "15.0", "permitted": "0", "state_before": "open", "state_after": "open"}
        assert rows[25]["state_before"] == "open"
        assert rows[25]["state_after"] == "half_open"


def test_calls_out_that_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate("log.csv", "--calls-out", "no/such/folder.csv") == 4
    assert "no/such/folder.csv: cannot be written: No such file" in capsys.readouterr().err


def test_a_scenario_is_reproducible_and_its_seed_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("--scenario", "outage.toml", "-p", "mine.toml")
    first = document(capsys, *arguments)
    assert first == document(capsys, *arguments)
    assert first["seed"] == 1
    assert first["trips"] == 1
    other = document(capsys, *arguments, "--seed", "7")
    assert other["seed"] == 7
    assert other["calls"] != first["calls"]


def test_load_scales_a_scenario_and_thins_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    whole = document(capsys, "--scenario", "outage.toml", "-p", "mine.toml")
    double = document(capsys, "--scenario", "outage.toml", "-p", "mine.toml", "--load", "2")
    assert double["calls"] == pytest.approx(2 * whole["calls"], rel=0.1)
    thinned = document(capsys, "log.csv", "-p", "mine.toml", "--load", "0.5")
    assert 15 < thinned["calls"] < 45
    assert simulate("log.csv", "--load", "2") == 2
    assert "load must be over 0 and at most 1" in capsys.readouterr().err


def test_instances_each_see_their_share(capsys: pytest.CaptureFixture[str]) -> None:
    made = document(capsys, "--scenario", "outage.toml", "-p", "mine.toml", "--instances", "4")
    assert made["instances"] == 4
    assert made["trips"] == 4
    assert {each["instance"] for each in made["transitions"]} == {0, 1, 2, 3}


def test_thresholds_decide_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    gates = ["--threshold", "trips<=1", "--threshold", "time_to_open<5s"]
    assert simulate("log.csv", "-p", "mine.toml", *gates) == 0
    assert "✓  trips<=1" in capsys.readouterr().out
    assert simulate("log.csv", "-p", "mine.toml", *gates, "--threshold", "opens==0", "--json") == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert [(check["name"], check["passed"]) for check in checks] == [
        ("trips<=1", True),
        ("time_to_open<5s", True),
        ("opens==0", False),
    ]
    assert checks[2] == {"name": "opens==0", "passed": False, "value": 2, "limit": 0.0}


def test_a_health_check_needs_a_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    made = document(capsys, "--scenario", "outage.toml", "-p", "checked.toml")
    assert {each["reason"] for each in made["transitions"]} >= {"healthy"}
    assert simulate("log.csv", "-p", "checked.toml") == 2
    assert "recorded calls cannot answer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 2, "name a log or a run record"),
        (["log.csv", "--scenario", "outage.toml"], 2, "name a log or a run record"),
        (["missing.csv"], 4, "missing.csv"),
        (["empty.csv"], 3, "empty.csv"),
        (["--scenario", "mine.toml"], 2, "mine.toml"),
        (["log.csv", "-p", "outage.toml"], 2, "this is a scenario, not a profile"),
        (["log.csv", "-p", "missing"], 2, "missing"),
        (["log.csv", "--threshold", "trips"], 2, "--threshold"),
        (["log.csv", "--engine", "fast"], 2, "--engine"),
        (["log.csv", "--instances", "0"], 2, "--instances"),
        (["log.csv", "--load", "nan"], 2, "load"),
        (["--scenario", "outage.toml", "--load", "0"], 2, "load"),
    ],
)
def test_bad_input_is_one_or_two_lines(
    capsys: pytest.CaptureFixture[str], folder: Path, arguments: list[str], status: int, said: str
) -> None:
    (folder / "empty.csv").touch()
    assert simulate(*arguments) == status
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
    assert len(captured.err.splitlines()) <= 3
    assert "Traceback" not in captured.err


def test_rejected_lines_and_notes_go_to_standard_error(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    with (folder / "log.csv").open("a") as file:
        file.write("not a time,\x1b[31m,200\n")
    assert simulate("log.csv", "-p", "mine.toml") == 0
    captured = capsys.readouterr()
    assert "1 of 61 lines rejected" in captured.err
    assert "log.csv:62: not a time" in captured.err
    assert "\x1b" not in captured.err
    assert captured.out == BARE_TEXT
