from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cbtool.__main__ import run
from cbtool.profiles import load_profile
from cbtool.shipped import ProfileGroup, shipped_group, shipped_profiles, shipped_scenarios

ROOT = Path(__file__).parent.parent.parent

GOOD_PROFILE = "[breaker]\nminimum_number_of_errors = 3\n"
GOOD_SCENARIO = "[[phase]]\nduration = 1\nrate = 1\n"
BAD_PROFILE = "[breaker]\n\nminimum_number_of_eror = 3\n"
BAD_SCENARIO = f"{GOOD_SCENARIO * 2}[[phase]]\nduration = 1\nrate = 'often'\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a good and a bad file of each kind."""
    for name, text in {
        "good.toml": GOOD_PROFILE,
        "story.toml": GOOD_SCENARIO,
        "bad.toml": BAD_PROFILE,
        "bad-story.toml": BAD_SCENARIO,
        "not.toml": "[breaker\n",
    }.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_list_names_everything_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "list"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert max(map(len, out.splitlines())) <= 80
    named = [line.split()[0] for line in out.splitlines() if line[:1].strip()]
    groups = [shipped_group(group) for group in ProfileGroup]
    headed = zip(("Profile", "Library", "Account"), groups, strict=True)
    assert named == [
        *(name for header, group in headed for name in (header, *group)),
        "Scenario",
        *shipped_scenarios(),
    ]


def test_list_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "list", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [entry["name"] for entry in document["profiles"]] == list(shipped_profiles())
    assert [entry["name"] for entry in document["scenarios"]] == list(shipped_scenarios())
    assert all(entry["description"] and Path(entry["file"]).is_file() for entry in document["profiles"])


@pytest.mark.parametrize("name", ["balanced", "hard-outage"])
def test_show_prints_the_file_as_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "show", name]) == 0
    files = shipped_profiles() | shipped_scenarios()
    assert capsys.readouterr().out == files[name].read_text()


def test_what_show_prints_is_a_profile_again(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    run(["profiles", "show", "balanced"])
    (folder / "balanced.toml").write_text(capsys.readouterr().out)
    assert load_profile("./balanced.toml") == load_profile("balanced")


def test_show_json_fills_in_a_profiles_defaults(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert run(["profiles", "show", str(folder / "good.toml"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["name"], document["kind"]) == ("good", "profile")
    assert document["breaker"]["minimum_number_of_errors"] == 3
    assert document["breaker"]["wait_duration_in_open_state"] == "1m"
    assert document["outcomes"] == {"failure": ["5xx", "timeout", "connection_error"], "ignored": ["4xx"]}


def test_show_json_of_a_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "show", "two-second-blip", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["kind"], document["duration"]) == ("scenario", "1m")
    assert [phase["name"] for phase in document["phase"]] == ["healthy", "blip", "healthy again"]


def test_show_of_an_unknown_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "show", "balancd"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "cbtool: no profile or scenario is called 'balancd'; did you mean 'balanced'?; "
        "see `cbtool profiles list`, or give a file.toml\n"
    )


@pytest.mark.usefixtures("folder")
def test_validate_reports_every_file(capsys: pytest.CaptureFixture[str]) -> None:
    files = ["bad.toml", "good.toml", "not.toml", "story.toml", "bad-story.toml", "absent.toml"]
    assert run(["profiles", "validate", *files]) == 2
    out, err = capsys.readouterr()
    first, *cost, last = out.splitlines()
    assert (first, last) == ("good.toml: ok (profile)", "story.toml: ok (scenario)")
    assert cost[0].strip().startswith("a breaker of its own, one thread: trials take 16.7 % of the time")
    told = err.splitlines()
    assert told[0].startswith(
        "cbtool: bad.toml:3: unknown key 'minimum_number_of_eror' in [breaker]; did you"
    )
    assert told[1].startswith("cbtool: not.toml:1: not valid TOML")
    assert told[2].startswith("cbtool: bad-story.toml:9: rate must be a rate")
    assert told[3].startswith("cbtool: absent.toml: cannot be read: No such file")
    assert len(told) == 4


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("files", "status"),
    [
        (["good.toml", "story.toml"], 0),
        (["bad.toml"], 2),
        (["absent.toml"], 4),
        (["absent.toml", "bad.toml"], 2),
        (["default", "healthy"], 0),
    ],
)
def test_validates_exit_status(files: list[str], status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "validate", *files]) == status
    valid = [line for line in capsys.readouterr().out.splitlines() if ": ok (" in line]
    assert len(valid) == (len(files) if status == 0 else 0)


@pytest.mark.usefixtures("folder")
def test_validate_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "validate", "--json", "story.toml", "bad.toml", "not.toml"]) == 2
    document = json.loads(capsys.readouterr().out)
    entries = document["files"]
    assert [(entry["file"], entry["kind"], entry["ok"]) for entry in entries] == [
        ("story.toml", "scenario", True),
        ("bad.toml", "profile", False),
        ("not.toml", None, False),
    ]
    assert (entries[0]["error"], entries[1]["error"][:11]) == (None, "bad.toml:3:")
    assert document["ok"] is False
    assert run(["profiles", "validate", "--json", "story.toml"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True


def test_every_shipped_file_validates(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(path) for path in (*shipped_profiles().values(), *shipped_scenarios().values())]
    assert run(["profiles", "validate", *files]) == 0
    assert capsys.readouterr().err == ""


def test_control_characters_of_a_file_never_reach_the_terminal(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    (folder / "evil.toml").write_text('[breaker]\n"\\u001b[2J" = 1\n# \u009b2J\n')
    assert run(["profiles", "validate", "evil.toml"]) == 2
    assert run(["profiles", "show", "./evil.toml"]) == 0
    out, err = capsys.readouterr()
    assert not {"\x1b", "\x9b"}.intersection(out + err)


def test_a_missing_or_unknown_subcommand_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles"]) == 2
    assert run(["profiles", "lst"]) == 2
    assert capsys.readouterr().err == (
        "cbtool: Missing command.\nTry: cbtool profiles --help\n"
        "cbtool: No such command 'lst'. Did you mean 'list'?\nTry: cbtool profiles --help\n"
    )


def test_list_loads_nothing_heavy() -> None:
    script = (
        "import sys; from cbtool.__main__ import run; run(['profiles', 'list']); "
        "heavy = {'numpy', 'polars', 'numba', 'scipy', 'httpx', 'aiohttp', 'rich', 'pydantic', 'asyncio'}; "
        "sys.exit(repr(sorted(heavy & sys.modules.keys())) if heavy & sys.modules.keys() else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_validate_says_which_rules_a_load_never_fires(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "validate", "balanced", "--load", "0.05/s..200/s"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "failure_rate never fires at 3/m" in out
    assert "at most 2 of the 10 calls fall into a window of 30s; from 0.3/s on enough do" in out
    assert "failure_rate fires on 5 errors at 200/s" in out


def test_validate_shares_the_load_and_is_strict_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    at_eight = ["profiles", "validate", "balanced", "--load", "8/s", "--json"]
    assert run([*at_eight, "--strict"]) == 0
    (calm,) = json.loads(capsys.readouterr().out)["files"]
    assert {finding["verdict"] for finding in calm["reachability"]} == {"fine"}
    assert run([*at_eight, "--strict", "--instances", "100"]) == 1
    (shared,) = json.loads(capsys.readouterr().out)["files"]
    rates = {finding["rate"] for finding in shared["reachability"]}
    assert rates == {0.08}
    keys = {"rule", "verdict", "why", "rate", "errors", "reached_from", "strays_per_day"}
    assert set(shared["reachability"][0]) == keys


@pytest.mark.parametrize("load", ["200/s..0.05/s", "0/s", "often", "1/s..", "1..2..3"])
def test_validate_refuses_what_is_no_load(load: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "validate", "balanced", "--load", load]) == 2
    assert "--load" in capsys.readouterr().err


def test_validate_wants_a_load_for_a_failure_rate(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profiles", "validate", "balanced", "--failure-rate", "1%"]) == 2
    assert "--failure-rate" in capsys.readouterr().err
