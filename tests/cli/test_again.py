"""The commands that a recommendation ends with: what was given is given again."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from cbtool.cli.again import wrapped
from cbtool.cli.run import run_command as run

HEAD = "timestamp,duration_ms,status,path\n"


@pytest.fixture(name="log")
def _log(tmp_path: Path) -> Path:
    """Two hours at 1/s, of which one in two calls is of /api, and an outage of ten minutes."""
    rows = (
        f"{1_760_000_000 + n},{20 + n * 37 % 60},{503 if n // 600 == 5 else 200},/{('web', 'api')[n % 2]}\n"
        for n in range(7200)
    )
    path = tmp_path / "a log.csv"
    path.write_text(HEAD + "".join(rows))
    return path


def commands(text: str) -> list[list[str]]:
    """Return the commands that a report ends with, as a shell would take them apart."""
    tried = text.partition("Try it\n")[2].partition("\n\n")[0].replace("\\\n", "")
    return [shlex.split(line) for line in tried.splitlines()]


def test_what_chose_the_traffic_and_weighed_it_is_given_again(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [str(log), "--path", "/api", "--seed", "3"]
    weighed = ["--shortest-incident", "30s", "--reject-cost", "0.3"]
    assert run(["recommend", *asked, *weighed, "--explain"]) == 0
    recommend, simulate, report = commands(capsys.readouterr().out)
    given = {"--path": "/api", "--seed": "3"}
    kept = {**given, "--shortest-incident": "30s", "--reject-cost": "0.3"}
    for words, name, options in (
        (recommend, "recommend", {**kept, "--output": "recommended.toml"}),
        (simulate, "simulate", {**given, "--profile": "recommended.toml"}),
        (report, "report", {**kept, "--output": "report.html"}),
    ):
        assert words[:3] == ["cbtool", name, str(log)]
        assert dict(zip(words[3::2], words[4::2], strict=True)) == options


def test_they_do_what_they_say(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["recommend", str(log), "--path", "/api", "--instances", "2"]) == 0
    for words in commands(capsys.readouterr().out):
        assert run(words[1:]) == 0
    assert "0.25/s" in Path("recommended.toml").read_text()
    assert "cbtool report" in Path("report.html").read_text()
    assert "--path /api" in Path("report.html").read_text()


def test_where_the_profile_was_saved_it_is_not_made_again(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = str(tmp_path / "mine.toml")
    assert run(["recommend", str(log), "-o", saved]) == 0
    simulate, report = commands(capsys.readouterr().out)
    assert simulate == ["cbtool", "simulate", str(log), "--profile", saved]
    assert report == ["cbtool", "report", str(log), "--output", "report.html"]


def test_a_long_command_goes_on_behind_a_backslash() -> None:
    words = ["cbtool", "simulate", *(f"/var/log/nginx/access.log.{n}" for n in range(1, 5)), "a b"]
    text = wrapped(words)
    assert max(map(len, text.splitlines())) <= 78
    assert shlex.split(text.replace("\\\n", "")) == words
    assert text.count(" \\\n") == 1
