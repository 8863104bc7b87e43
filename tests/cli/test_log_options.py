"""The options that choose calls, as every command that reads a log has them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cbtool.__main__ import run

LINE = '10.0.0.1 - - [24/Nov/2026:10:00:{second:02d} +0000] "GET {path} HTTP/1.1" {status} 12 "-" "c" 0.010\n'


@pytest.fixture
def log(tmp_path: Path) -> str:
    lines = [
        LINE.format(second=n, path="/a/1" if n % 2 else "/b", status=500 if n == 31 else 200)
        for n in range(60)
    ]
    (tmp_path / "access.log").write_text("".join(lines))
    return str(tmp_path / "access.log")


def test_a_path_and_a_time_choose_the_calls(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    when = ["--since", "2026-11-24T11:00:30+01:00", "--until", "+45s"]
    assert run(["simulate", log, "--path", "/a/*", *when, "--json"]) == 0
    printed = capsys.readouterr()
    assert '"calls": 7,' in printed.out
    note = "note: 7 of 60 calls are looked at: --path /a/* --since 1795514430 --until +45s\n"
    assert note in printed.err


@pytest.mark.parametrize("command", ["simulate", "compare", "recommend", "hosts", "replay"])
def test_every_command_that_reads_logs_has_them(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    text = capsys.readouterr().out
    for name in ("path", "host", "method", "status", "upstream", "instance", "since", "until"):
        assert f"--{name} " in text


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--since", "tomorrow"], 2, "--since: 'tomorrow' is no time; write 2026-11-24T10:00"),
        (["--host", "x"], 2, "--host: the log does not say it"),
        (["--path", "/none"], 3, "none of 60 calls is --path /none"),
    ],
)
def test_what_cannot_be_chosen_is_said(
    log: str, arguments: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["simulate", log, *arguments]) == status
    assert message in capsys.readouterr().err


def test_a_scenario_has_nothing_to_choose(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "--scenario", "hard-outage", "--path", "/"]) == 2
    assert "--path / chooses among a log's calls" in capsys.readouterr().err
