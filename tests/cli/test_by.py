"""`--by`, of simulate, recommend, sweep and compare."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cbtool.__main__ import run

LINE = '10.0.0.1 - - [24/Nov/2026:10:{:02d}:{:02d} +0000] "GET {} HTTP/1.1" {} 12 "-" "curl/8" 0.020\n'


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty minutes, eight calls a second: one path of three fails in the eleventh."""
    lines = []
    for n in range(9600):
        second, path = n // 8, (f"/orders/{n}", "/static/app.js", "/users")[n % 3]
        failing = n % 3 == 0 and second // 60 == 10
        lines.append(LINE.format(second // 60, second % 60, path, 503 if failing else 200))
    lines += [LINE.format(19, 59, f"/probe{n}x", 404) for n in "abcdefghijklmnopqrst"]
    (tmp_path / "access.log").write_text("".join(lines))
    monkeypatch.chdir(tmp_path)


def test_a_simulation_of_each_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["simulate", "access.log", "--by", "path", "-p", "balanced", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    trips = {group["group"]: group["trips"] for group in document["groups"]}
    assert (trips["/orders/:id"] >= 1, trips["/static/app.js"], trips["/users"]) == (True, 0, 0)
    assert len(document["groups"]) == 20
    assert document["left_out"] == {"groups": 3, "calls": 3}
    assert run(["simulate", "access.log", "--path", "/orders/*", "-p", "balanced", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    own = document["groups"][0]
    assert (own["group"], own["calls"]) == ("/orders/:id", 3200)
    assert own["not_permitted"] == alone["not_permitted"]


def test_a_recommendation_for_each_path(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["recommend", "access.log", "--by", "path"]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[0].split() == ["group", "rate", "failing", "errors", "window", "wait", "incidents"]
    orders = next(line for line in lines if line.startswith("/orders/:id"))
    assert orders.split()[-1] == "1"
    assert any(line.startswith("/probeax: no recommendation; needs ") for line in lines)
    assert "3 smaller groups with 3 calls are left out\n" in printed.err


@pytest.mark.parametrize(
    "command",
    [
        ["sweep", "-p", "balanced", "--vary", "failure_rate_threshold=20,60"],
        ["compare", "-p", "balanced", "-p", "default", "--load", "1,0.5"],
    ],
)
def test_a_sweep_and_a_comparison_of_each_path(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "access.log", "--by", "path", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [group.pop("group") for group in document["groups"][:3]] == [
        "/orders/:id",
        "/static/app.js",
        "/users",
    ]
    assert document["left_out"] == {"groups": 3, "calls": 3}
    if command[0] == "compare":
        assert run([*command, "access.log", "--path", "/orders/*", "--json"]) == 0
        alone = json.loads(capsys.readouterr().out)
        assert document["groups"][0] == {"comparison": alone["comparison"]}
    else:
        trips = [[row["trips"] for row in group["rows"]] for group in document["groups"][:3]]
        assert (trips[0][0] >= 1, trips[1:]) == (True, [[0, 0], [0, 0]])
    assert run([*command, "access.log", "--by", "path"]) == 0
    assert "/orders/:id (" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recommend", "access.log", "--by", "host"], "--by host: the log does not say it"),
        (["recommend", "access.log", "--by", "path", "--to", "polly"], "--by prints a line a group"),
        (["simulate", "access.log", "--by", "path", "--threshold", "trips==0"], "--by goes with neither"),
        (
            ["sweep", "access.log", "--by", "path", "--vary", "failure_rate_threshold=5", "-o", "a.csv"],
            "--by goes with neither --output nor --plot",
        ),
    ],
)
def test_what_does_not_go_with_it_is_said(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert message in capsys.readouterr().err
