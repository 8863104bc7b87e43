"""Where options come from: flag, then environment, then settings file, then default."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from cbtool.__main__ import run
from cbtool.cli.app import app
from cbtool.cli.commands import COMMANDS
from cbtool.cli.settings import load_settings
from cbtool.errors import ConfigurationError

SCENARIO = "seed = 3\n[[phase]]\nduration = 2\nrate = 5\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "story.toml").write_text(SCENARIO)
    return tmp_path


def settings_file(text: str, name: str = "cbtool.toml") -> None:
    Path(name).write_text(text)


def seed_of(*flags: str, capsys: pytest.CaptureFixture[str]) -> int:
    assert run(["simulate", "--scenario", "story.toml", "--engine", "machine", "--json", *flags]) == 0
    seed: int = json.loads(capsys.readouterr().out)["seed"]
    return seed


def failure_of(*arguments: str, capsys: pytest.CaptureFixture[str], status: int = 2) -> str:
    assert run([*arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    return err


# Precedence ------------------------------------------------------------------------------------------


def test_flag_then_environment_then_file_then_default(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert seed_of(capsys=capsys) == 3  # the scenario's own
    settings_file("[simulate]\nseed = 11\n")
    assert seed_of(capsys=capsys) == 11
    monkeypatch.setenv("CBTOOL_SEED", "12")
    assert seed_of(capsys=capsys) == 12
    assert seed_of("--seed", "13", capsys=capsys) == 13


def test_cbtool_toml_comes_before_pyproject(capsys: pytest.CaptureFixture[str]) -> None:
    settings_file("[tool.cbtool.simulate]\nseed = 21\n", "pyproject.toml")
    assert seed_of(capsys=capsys) == 21
    settings_file("[simulate]\nseed = 22\n")
    assert seed_of(capsys=capsys) == 22


def test_an_explicit_file_comes_before_both(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings_file("[simulate]\nseed = 22\n")
    settings_file("[simulate]\nseed = 31\n", "other.toml")
    assert seed_of("--config", "other.toml", capsys=capsys) == 31
    monkeypatch.setenv("CBTOOL_CONFIG", "other.toml")
    assert seed_of(capsys=capsys) == 31


def test_options_are_written_with_dashes_or_underscores(capsys: pytest.CaptureFixture[str]) -> None:
    for key in ("calls-out", "calls_out"):
        settings_file(f'[simulate]\n{key} = "{key}.csv"\n')
        seed_of(capsys=capsys)
        assert Path(f"{key}.csv").is_file()


def test_a_subcommand_has_a_table_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    settings_file("[profiles.list]\njson = true\n")
    assert run(["profiles", "list"]) == 0
    assert json.loads(capsys.readouterr().out)["profiles"]


def test_other_commands_tables_do_not_matter(capsys: pytest.CaptureFixture[str]) -> None:
    settings_file("[probe]\nnonsense = 1\n[simulate]\nseed = 5\n")
    assert seed_of(capsys=capsys) == 5


@pytest.mark.parametrize(
    "text", ["[project]\nname = 'x'\n", "tool = 1\n", "[tool]\ncbtool = 1\n", "[tool.ruff]\n", "not toml"]
)
def test_a_pyproject_that_is_not_ours_does_no_harm(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings_file(text, "pyproject.toml")
    assert seed_of(capsys=capsys) == 3


# Mistakes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n[simulate]\nsede = 1\n", "cbtool.toml:3: unknown key 'sede' in [simulate]; did you mean 'seed'?"),
        ("simulate.sede = 1\n", "cbtool.toml:1: unknown key 'sede' in [simulate]"),
        ("[simulate]\nseed = 1\n\n[simulate.seed2]\n", "cbtool.toml:4: unknown key 'seed2' in [simulate]"),
        ("\n[simulat]\nseed = 1\n", "cbtool.toml:2: unknown key 'simulat'; did you mean 'simulate'?"),
        ("seed = 1\n", "cbtool.toml:1: unknown key 'seed'"),
        ("\nsimulate = 1\n", "cbtool.toml:2: simulate must be a table, [simulate]"),
        ("[simulate\n", "cbtool.toml:1: not valid TOML"),
        ("[simulate]\n\nseed = 'x'\n", "cbtool.toml:3: Invalid value for '--seed'"),
        ("[simulate]\nlogs = ['a.log']\n", "cbtool.toml:2: unknown key 'logs' in [simulate]"),
    ],
)
def test_mistakes_in_the_file_are_told_with_their_line(
    text: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings_file(text)
    told = failure_of("simulate", "--scenario", "story.toml", capsys=capsys)
    assert told.startswith(f"cbtool: {message}")


def test_mistakes_in_pyproject_are_told_with_their_line(capsys: pytest.CaptureFixture[str]) -> None:
    settings_file("[tool.cbtool.simulate]\n'se-de' = 1\n", "pyproject.toml")
    told = failure_of("simulate", "--scenario", "story.toml", capsys=capsys)
    assert told.startswith("cbtool: pyproject.toml:2: unknown key 'se-de' in [tool.cbtool.simulate]; did you")
    settings_file("[tool.cbtool.simulate]\nseed = \n", "pyproject.toml")
    assert failure_of("simulate", capsys=capsys).startswith("cbtool: pyproject.toml:2: not valid TOML")


def test_a_wrong_flag_is_not_blamed_on_the_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings_file("[simulate]\nseed = 1\n")
    told = failure_of("simulate", "--scenario", "story.toml", "--seed=x", capsys=capsys)
    assert told.startswith("cbtool: Invalid value for '--seed'")
    monkeypatch.setenv("CBTOOL_SEED", "x")
    told = failure_of("simulate", "--scenario", "story.toml", capsys=capsys)
    assert told.startswith("cbtool: Invalid value for '--seed'")


def test_a_subcommands_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    settings_file("[profiles.list]\n\njsno = true\n")
    told = failure_of("profiles", "list", capsys=capsys)
    assert told == "cbtool: cbtool.toml:3: unknown key 'jsno' in [profiles.list]; did you mean 'json'?\n"
    settings_file("[profiles.lst]\n")
    told = failure_of("profiles", "list", capsys=capsys)
    assert told.startswith("cbtool: cbtool.toml:1: unknown key 'lst' in [profiles]; did you mean 'list'?")


def test_an_explicit_file_must_exist(capsys: pytest.CaptureFixture[str]) -> None:
    told = failure_of("profiles", "list", "--config", "absent.toml", capsys=capsys, status=4)
    assert told.startswith("cbtool: absent.toml: cannot be read: No such file")


def test_the_front_page_reads_no_settings(capsys: pytest.CaptureFixture[str]) -> None:
    settings_file("not toml")
    assert run(["--help"]) == 0
    assert "Usage: cbtool" in capsys.readouterr().out


# Inside ----------------------------------------------------------------------------------------------


def test_the_files_options_arrive_under_their_parameters() -> None:
    settings_file("[simulate]\njson = true\nmax-in-flight = 3\n")
    settings = load_settings(None, Path())
    options = {"json": "json_document", "max-in-flight": "max_in_flight"}
    assert settings.for_command("simulate", options) == {"json_document": True, "max_in_flight": 3}
    assert settings.place_of("simulate", "max_in_flight") == "cbtool.toml:3"
    assert settings.place_of("simulate", "seed") is None
    assert settings.for_command("probe", options) == {}
    with pytest.raises(ConfigurationError):
        settings.for_command("simulate", {"json": "json"})


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_its_variable(name: str) -> None:
    command = typer.main.get_command(app).get_command(None, name)  # type: ignore[attr-defined]
    for child in getattr(command, "commands", {name: command}).values():
        for parameter in child.params:
            flags = [flag for flag in parameter.opts if flag.startswith("--")]
            if flags and not parameter.hidden:
                variable = "CBTOOL_" + flags[0].removeprefix("--").replace("-", "_").upper()
                assert parameter.envvar == variable, (child.name, flags)
