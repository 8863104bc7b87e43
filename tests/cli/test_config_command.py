"""`cbtool config show` and `cbtool completion`, and what a shell gets that asks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from cbtool.__main__ import run
from cbtool.cli.commands import COMMANDS

FILE = """\
[simulate]
instances = 4
seed = 1

[profiles.validate]
strict = true
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cbtool.toml").write_text(FILE)
    return tmp_path


def shown(*arguments: str, capsys: pytest.CaptureFixture[str]) -> dict[tuple[str, str], tuple[object, str]]:
    assert run(["config", "show", *arguments]) == 0
    return {
        (each["command"], each["option"]): (each["value"], each["origin"])
        for each in json.loads(capsys.readouterr().out)["options"]
    }


def test_what_is_set_is_shown_with_its_origin(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CBTOOL_SEED", "7")
    values = shown("--json", capsys=capsys)
    assert values["simulate", "--instances"] == (4, "cbtool.toml:2")
    assert values["simulate", "--seed"] == (7, "CBTOOL_SEED")  # the environment goes before the file
    assert values["profiles.validate", "--strict"] == (True, "cbtool.toml:6")
    assert "default" not in {origin for _, origin in values.values()}


def test_a_command_s_options_under_the_flags_that_follow(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show", "simulate", "--load", "0.5", "--instances", "8"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["simulate", "--load", "0.5", "flag"] in rows
    assert ["simulate", "--instances", "8", "flag"] in rows
    assert ["simulate", "--seed", "1", "cbtool.toml:3"] in rows
    assert ["simulate", "--engine", "auto", "default"] in rows


def test_nothing_set_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "cbtool.toml").unlink()
    assert run(["config", "show"]) == 0
    assert capsys.readouterr().out == "no option is set by the environment or a settings file\n"


def test_an_unknown_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show", "simulat"]) == 2
    assert "did you mean 'simulate'" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_a_completion_script_asks_cbtool(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_CBTOOL_COMPLETE" in script
    assert "cbtool" in script


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("cbtool sim", ["simulate"]),
        ("cbtool ", list(COMMANDS)),
        ("cbtool simulate --thr", ["--threshold"]),
        ("cbtool profiles val", ["validate"]),
    ],
)
def test_a_shell_that_asks_gets_an_answer(words: str, answer: list[str]) -> None:
    asking = {
        **os.environ,
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
        "_CBTOOL_COMPLETE": "complete_bash",
    }
    found = subprocess.run(
        [sys.executable, "-m", "cbtool"], env=asking, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == answer
