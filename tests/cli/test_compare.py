"""`cbtool compare`: several profiles on the same traffic, at several loads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cbtool.__main__ import run

BREAKER = """
[breaker]
sliding_window_type = "time"
sliding_window_size = "20s"
failure_rate_threshold = 20
minimum_number_of_calls = {calls}
minimum_number_of_errors = {errors}
wait_duration_in_open_state = "5s"
"""
SCENARIO = """
[[phase]]
name = "well"
duration = "200s"
rate = "50/s"
failure_rate = 1
[[phase]]
name = "brown-out"
duration = "60s"
rate = "50/s"
failure_rate = 40
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "eager.toml").write_text(BREAKER.format(calls=1, errors=1))
    (tmp_path / "gated.toml").write_text(BREAKER.format(calls=5, errors=10))
    (tmp_path / "brown-out.toml").write_text(SCENARIO)
    return tmp_path


def compare(*arguments: str) -> int:
    return run(["compare", "--scenario", "brown-out.toml", *arguments])


def test_every_profile_at_every_load(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("-p", "eager.toml", "-p", "gated.toml", "--load", "1,0.01", "--json") == 0
    cells = json.loads(capsys.readouterr().out)["comparison"]
    assert [(cell["profile"], cell["load"]) for cell in cells] == [
        ("eager", 1),
        ("gated", 1),
        ("eager", 0.01),
        ("gated", 0.01),
    ]
    by_name = {(cell["profile"], cell["load"]): cell for cell in cells}
    assert by_name["gated", 1]["trips"] > 0
    assert by_name["gated", 0.01]["trips"] == 0
    assert by_name["eager", 0.01]["trips"] > 0
    assert by_name["eager", 1]["calls"] == by_name["gated", 1]["calls"] > 10_000
    assert by_name["eager", 0.01]["rate"] == pytest.approx(0.5, rel=0.3)


def test_a_profile_that_depends_on_the_load_is_pointed_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("-p", "eager.toml", "-p", "gated.toml", "--load", "1,0.01") == 0
    out = capsys.readouterr().out
    assert "note: gated trips at load 1, but not at 0.01." in out
    assert "note: eager" not in out
    assert out.index("load 1: ") < out.index("load 0.01: ")
    assert out.rstrip().endswith("scenario brown-out, 1 breaker, seed 1")
    assert max(map(len, out.splitlines())) <= 80


def test_one_profile_is_enough_and_the_loads_have_a_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert compare("-p", "eager.toml", "--json") == 0
    cells = json.loads(capsys.readouterr().out)["comparison"]
    assert [cell["load"] for cell in cells] == [1, 0.1, 0.01]


def test_both_engines_compare_alike(capsys: pytest.CaptureFixture[str]) -> None:
    seen = []
    for engine in ("machine", "kernel"):
        assert compare("-p", "eager.toml", "--instances", "2", "--engine", engine, "--json") == 0
        seen.append(json.loads(capsys.readouterr().out))
    assert seen[0] == seen[1]


def test_profiles_of_one_name_are_told_apart_by_their_paths(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "eager.toml").write_text(BREAKER.format(calls=9, errors=9))
    assert compare("-p", "eager.toml", "-p", "other/eager.toml", "--load", "1", "--json") == 0
    cells = json.loads(capsys.readouterr().out)["comparison"]
    assert [cell["profile"] for cell in cells] == ["eager.toml", "other/eager.toml"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name at least one profile"),
        (["-p", "eager.toml", "--load", "a"], "is not a list of loads"),
        (["-p", "eager.toml", "--load", "1,0"], "is not a list of loads"),
        (["-p", "eager.toml", "--load", "nan"], "is not a list of loads"),
        (["-p", "eager.toml", "--load", ""], "is not a list of loads"),
    ],
)
def test_bad_input_is_said(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert compare(*arguments) == 2
    assert said in capsys.readouterr().err
