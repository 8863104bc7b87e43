"""The tool from Python: the documented example runs, and each function gives what its command gives."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

import cbtool
from cbtool.__main__ import run
from cbtool.errors import CbtoolError, ConfigurationError
from cbtool.logs import StoredCalls, intake
from cbtool.simulation import long

DOCS = Path(__file__).parent.parent / "docs" / "python.md"
LINE = '10.0.0.1 - - [24/Nov/2026:10:{:02d}:{:02d} +0000] "GET {} HTTP/1.1" {} 12 "-" "curl/8" {}\n'


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes, four calls a second, half of them to /api/, of which the sixth minute's fail."""
    lines = []
    for n in range(2400):
        second, path = n // 4, "/api/orders" if n % 2 else "/static/a.js"
        failing = path.startswith("/api") and second // 60 == 5
        lines.append(LINE.format(second // 60, second % 60, path, 503 if failing else 200, "0.020"))
    (tmp_path / "access.log").write_text("".join(lines))
    monkeypatch.chdir(tmp_path)


def test_the_example_in_the_documentation_runs() -> None:
    example, _ = examples()
    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("1200 calls, (")
    assert lines[1].startswith("2026-11-24 10:05:")
    assert re.fullmatch(r"[1-9]\d* trips, [1-9]\d+ calls refused", lines[2])
    assert "failure_rate_threshold" in done.stdout


def examples() -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", DOCS.read_text(), re.MULTILINE | re.DOTALL)


def test_files_are_answered_for_as_what_is_read_from_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = cbtool.read_log("access.log")
    simulated = cbtool.simulate(calls, "balanced", instances=2, seed=5)
    swept = cbtool.sweep(calls, ["failure_rate_threshold=5..60:5"])
    recommended, validated = cbtool.recommend(calls), cbtool.recommend(calls, validate=True)
    monkeypatch.setattr(intake, "MANY", 700)
    monkeypatch.setattr(long, "PART", 311)
    opened = cbtool.open_log("access.log")
    assert isinstance(opened, StoredCalls)
    for files in (opened, "access.log", [Path("access.log")]):
        found = cbtool.simulate(files, "balanced", instances=2, seed=5)
        assert (found.summary, found.failing, found.healthy) == (
            simulated.summary,
            simulated.failing,
            simulated.healthy,
        )
        assert cbtool.sweep(files, ["failure_rate_threshold=5..60:5"]).equals(swept)
    assert cbtool.recommend("access.log").reasons == recommended.reasons
    assert cbtool.recommend(["access.log"], validate=True) == validated
    assert cbtool.recommend(opened, validate=True) == validated
    _, example = examples()
    capsys.readouterr()
    exec(example, {})  # noqa: S102  # of our own documentation
    assert capsys.readouterr().out.startswith("2400 calls in 599.")


def test_a_frame_has_what_the_log_says() -> None:
    frame = cbtool.read_log("access.log").frame()
    assert frame.columns == ["time", "duration", "status", "error", "method", "path"]
    assert frame.schema["time"] == pl.Datetime("ns", "UTC")
    assert frame["duration"].unique().to_list() == [0.02]
    assert frame["status"].value_counts().sort("status").rows() == [(200, 2280), (503, 120)]
    assert frame["error"].null_count() == 2400


def test_an_unknown_duration_is_null(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("timestamp,duration_ms,status,error\n1,,200,\n2,5,,timeout\n")
    frame = cbtool.read_log(tmp_path / "c.csv").frame()
    assert frame.select("duration", "status", "error").rows() == [(None, 200, None), (0.005, 0, "timeout")]


def test_a_simulation_is_the_command_s(capsys: pytest.CaptureFixture[str]) -> None:
    result = cbtool.simulate(cbtool.read_log("access.log"), "balanced", instances=2, seed=5)
    assert run(["simulate", "access.log", "-p", "balanced", "--instances", "2", "--seed", "5", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["calls"] == len(result.permitted)
    assert printed["not_permitted"] == int((result.permitted == 0).sum())


def test_a_sweep_is_the_command_s(capsys: pytest.CaptureFixture[str]) -> None:
    vary = ["failure_rate_threshold=10,50", "minimum_number_of_calls=5,20"]
    frame = cbtool.sweep(cbtool.read_log("access.log"), vary)
    assert run(["sweep", "access.log", "--vary", vary[0], "--vary", vary[1], "--json"]) == 0
    assert frame.to_dicts() == json.loads(capsys.readouterr().out)["rows"]


def test_a_recommendation_is_the_command_s(capsys: pytest.CaptureFixture[str]) -> None:
    answer = cbtool.recommend(cbtool.read_log("access.log"))
    run(["recommend", "access.log", "--json"])
    printed = json.loads(capsys.readouterr().out)
    printed.pop("source")
    assert json.loads(json.dumps(answer.to_json())) == printed


def test_mistakes_are_errors_of_the_tool() -> None:
    calls = cbtool.read_log("access.log")
    with pytest.raises(ConfigurationError, match="at least one file"):
        cbtool.read_log()
    with pytest.raises(ConfigurationError, match="at least one file"):
        cbtool.simulate([])
    with pytest.raises(ConfigurationError, match="something to vary"):
        cbtool.sweep(calls, [])
    with pytest.raises(CbtoolError, match=r"nothing\.log: cannot be read"):
        cbtool.read_log("nothing.log")
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        _ = cbtool.simulat


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = "import sys, cbtool; print(sorted({'numpy', 'polars', 'numba', 'typer'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_room_and_the_function_of_one_name_do_not_hide_each_other() -> None:
    program = (
        "from cbtool.recommend import Budget; import cbtool, cbtool.recommend.method;"
        "print(callable(cbtool.recommend), cbtool.Budget is Budget)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "True True"


def test_recommend_takes_incidents_and_today_s_settings() -> None:
    named = cbtool.recommend(
        cbtool.read_log("access.log"), incidents=["+300s/+330s:outage"], current="balanced"
    )
    assert [(round(i.start), i.kind.value) for i in named.incidents] == [(300, "outage")]
    assert named.current is not None
    assert named.current.name == "balanced"


def test_a_verification_is_the_command_s(capsys: pytest.CaptureFixture[str]) -> None:
    answer = cbtool.verify("balanced", cbtool.read_log("access.log"), thresholds=["trips<9"], seed=2)
    run(["verify", "access.log", "-p", "balanced", "--threshold", "trips<9", "--seed", "2", "--json"])
    printed = json.loads(capsys.readouterr().out)
    assert json.loads(json.dumps(answer.to_json()))["checks"] == printed["checks"]
    assert not cbtool.verify("starting-point", loads=[0.5]).passed
