"""A profile's `[refusal]` rules, from its text to what `simulate` tells of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cbtool.__main__ import run
from cbtool.errors import ConfigurationError
from cbtool.logs import intake
from cbtool.profiles import Profile, dump_profile, parse_profile
from cbtool.scratch import sorting
from cbtool.toml.tables import Source

PROFILE = """
[breaker]
sliding_window_type = "consecutive"
sliding_window_size = 2

[refusal]
allowed = ["/healthz"]

[refusal.exports]
reason = "exports run at night"
methods = ["get"]
path = "/export/*"

[refusal.heavy]
reason = "state a limit"
query = "limit=all"

[refusal.costly]
reason = "too many points"
path = "/points"
most = 9000
refuse_unknown_cost = true
"""
LOG = """\
timestamp,status,method,path
0,500,GET,/export/a
1,200,GET,/users?limit=all
2,500,POST,/export/b
3,500,GET,/healthz
4,200,GET,/users
5,200,GET,/points
6,200,GET,/export/c?limit=all
"""


def as_long(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(intake, "MANY", 3)
    patch.setattr(sorting, "RUN", 2)


@pytest.mark.parametrize(
    "command",
    [
        ["simulate", "log.csv", "--json"],
        ["simulate", "log.csv", "--load", "0.6", "--seed", "3"],
        ["simulate", "log.csv", "--since", "+1s", "--by", "path", "--json"],
        ["replay", "log.csv", "--target", "http://127.0.0.1:9", "--methods", "GET", "--dry-run", "--json"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("files")
def test_logs_beyond_memory_are_asked_the_same(
    command: list[str], little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*command, "--profile", "mine.toml"]
    status, known = run(arguments), capsys.readouterr()
    as_long(little_memory)
    assert (run(arguments), capsys.readouterr()) == (status, known)
    assert status == 0
    if command[0] == "replay":
        assert "because of the rule exports: 2" in known.err


@pytest.mark.usefixtures("files")
def test_calls_on_disk_that_do_not_say_what_was_asked_for_are_noted(
    little_memory: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    as_long(little_memory)
    Path("bare.csv").write_text("timestamp,status\n" + "".join(f"{n},200\n" for n in range(9)))
    assert run(["simulate", "bare.csv", "--profile", "mine.toml"]) == 0
    assert "these calls have no methods and no paths" in capsys.readouterr().err


def parsed(text: str) -> Profile:
    return parse_profile(Source(text, "mine.toml"), "mine")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(PROFILE)
    Path("log.csv").write_text(LOG)


def test_a_profile_with_rules_comes_back_as_it_was() -> None:
    profile = parsed(PROFILE)
    assert profile.guard is not None
    assert [rule.name for rule in profile.guard.rules] == ["exports", "heavy", "costly"]
    assert profile.guard.rules[2].refuse_unknown_cost
    assert parsed(dump_profile(profile)) == profile


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        pytest.param('[refusal.a]\nreason = "x"', "mine.toml:2: .*needs methods, a path", id="no condition"),
        pytest.param('[refusal.a]\nmethods = ["GET"]', "mine.toml:2: .*reason must say why", id="no reason"),
        pytest.param(
            '[refusal.a]\nreason = "x"\nmost = -1', "mine.toml:4: .*must not be negative", id="negative"
        ),
        pytest.param(
            '[refusal.a]\nreason = "x"\nquery = "("', "mine.toml:4: .*regular expression", id="no expression"
        ),
        pytest.param('[refusal.a]\nreason = "x"\nhost = "b"', "mine.toml:4: .*host", id="an unknown key"),
        pytest.param('[refusal.a]\nreason = "x"\nmethods = "GET"', "mine.toml:4: ", id="not a list"),
        pytest.param("[refusal]\na = 5", "mine.toml:3: ", id="not a table"),
        pytest.param("[refusal]\nallowed = [5]", "mine.toml:3: ", id="not texts"),
        pytest.param("[refusal]", "mine.toml:2: .*needs a rule", id="no rule"),
    ],
)
def test_what_cannot_be_meant_is_rejected_with_its_line(lines: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parsed(f"[breaker]\n{lines}\n")


@pytest.mark.usefixtures("files")
def test_refused_calls_are_counted_by_rule_and_never_reach_the_breaker(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["simulate", "log.csv", "-p", "mine.toml", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["refused_by_rule"] == [
        {"rule": "exports", "reason": "exports run at night", "calls": 2},
        {"rule": "heavy", "reason": "state a limit", "calls": 1},
        {"rule": "costly", "reason": "too many points", "calls": 1},
    ]
    # The failures of the refused export and of the other two are not in a row.
    assert told["calls"] == 3
    assert told["trips"] == 1


@pytest.mark.usefixtures("files")
def test_the_text_names_each_rule_and_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "log.csv", "-p", "mine.toml"]) == 0
    printed = capsys.readouterr()
    assert "exports              2  exports run at night" in printed.out
    assert "no call says what it costs (costly ask)" in printed.err


@pytest.mark.usefixtures("files")
def test_traffic_without_methods_and_paths_fits_no_rule(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bare.csv").write_text("timestamp,status\n0,500\n1,200\n")
    assert run(["simulate", "bare.csv", "-p", "mine.toml", "--json"]) == 0
    printed = capsys.readouterr()
    assert [rule["calls"] for rule in json.loads(printed.out)["refused_by_rule"]] == [0, 0, 0]
    assert "no methods and no paths" in printed.err


@pytest.mark.usefixtures("files")
def test_a_guard_may_refuse_everything(capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.csv").write_text("timestamp,status,method,path\n0,500,GET,/export/a\n")
    assert run(["simulate", "one.csv", "-p", "mine.toml", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["calls"] == 0


def test_commands_that_do_not_ask_the_rules_say_so(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["compare", "--scenario", "hard-outage", "-p", "trivago-protector", "-p", "balanced"]
    assert run([*arguments, "--load", "0.05"]) == 0
    assert "compare does not ask the [refusal] rules of trivago-protector" in capsys.readouterr().err
