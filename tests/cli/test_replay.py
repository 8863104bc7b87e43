"""`cbtool replay`: which calls of a log are sent, when, where, and without whose secrets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from helpers_live import Untouchable

from cbtool.__main__ import run
from cbtool.breaker import BreakerConfig
from cbtool.errors import InsufficientDataError
from cbtool.live import long_replaying, safety, session
from cbtool.live.long_replaying import long_replay_plan
from cbtool.live.plan import RequestLine, RunPlan
from cbtool.live.replaying import Replay, Sending, replay_plan
from cbtool.logs import StoredCalls, asked, read_calls, read_long_calls
from cbtool.scratch import sorting
from cbtool.traffic.texts import ASKED

TARGET = "http://127.0.0.1:8080/base"
LINES = [
    (0.0, "GET", "/a?token=s3cret&x=1"),
    (0.5, "POST", "/b"),
    (1.0, "get", "http://evil.example/c?y=2"),
    (1.2, "HEAD", "//evil.example/d"),
    (1.4, "DELETE", "/e"),
    (2.0, "GET", "/a?token=s3cret&x=1"),
]


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    rows = [
        {"timestamp": 1.7e9 + t, "duration_ms": 5, "status": 200, "method": method, "path": path}
        for t, method, path in LINES
    ]
    (tmp_path / "log.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.chdir(tmp_path)
    return "log.ndjson"


def plan_for(log: str, **how: object) -> Replay:
    base = RunPlan("replay", TARGET, np.empty(0, dtype=np.int64), BreakerConfig())
    settings: Any = {"methods": ("GET", "HEAD", "OPTIONS"), **how}
    return replay_plan(read_calls([log]).calls, base, Sending(**settings))


def test_only_safe_methods_are_sent_with_the_logs_own_gaps(log: str) -> None:
    made = plan_for(log)
    lines = [line for _, line in sent(made)]
    assert [line.method for line in lines] == ["GET", "GET", "HEAD", "GET"]
    assert (made.plan.schedule / 1e9).round(6).tolist() == [0.0, 1.0, 1.2, 2.0]
    assert made.left_out == {"POST": 1, "DELETE": 1}
    assert len(made.plan.lines) == 3


def sent(made: Replay) -> list[tuple[int, RequestLine]]:
    lines = made.plan.line_of
    assert lines is not None
    due = made.plan.schedule[0 : len(made.plan)].tolist()
    return [(at, made.plan.lines[line]) for at, line in zip(due, lines[0 : len(due)].tolist(), strict=True)]


@pytest.mark.parametrize(
    "how",
    [{}, {"speed": 3.0, "duration": 0.6}, {"methods": ("POST", "delete")}, {"keep_secrets": True}],
    ids=str,
)
def test_what_does_not_fit_in_memory_is_sent_alike(
    how: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two files whose calls take turns, of a thousand each, some of which say less."""
    monkeypatch.setattr(asked, "_APART", 7)
    monkeypatch.setattr(sorting, "RUN", 300)
    monkeypatch.setattr(long_replaying, "_AT_ONCE", 64)
    monkeypatch.setattr(long_replaying, "PART", 333)
    monkeypatch.setattr(safety, "_PIECE", 97)
    files = []
    for number in range(2):
        path = tmp_path / f"{number}.ndjson"
        rows = []
        for n in range(1000):
            method = ("GET", "post", "HEAD", "DELETE", None)[(n * 7 + number) % 5]
            row = {"timestamp": 1.7e9 + n + number / 2, "duration_ms": 5, "status": 200, "method": method}
            rows.append(row | ({"path": f"/ä{n % 50}?token=x{n}&q={n}"} if n % 9 else {}))
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        files.append(str(path))
    base = RunPlan("replay", TARGET, (), BreakerConfig())
    settings: Any = {"methods": ("GET", "HEAD", "OPTIONS"), **how}
    sending = Sending(**settings)
    known = replay_plan(read_calls(files).calls, base, sending)
    stored = read_long_calls(files, many=100, texts=ASKED, requests=True).calls
    assert isinstance(stored, StoredCalls)
    made = long_replay_plan(stored, base, sending)
    assert len(made.plan) == len(known.plan) > 1
    assert sent(made) == sent(known)
    assert sorted(made.left_out.items()) == sorted(known.left_out.items())
    assert made.plan.duration == known.plan.duration
    assert safety.peak_rate(made.plan.schedule) == safety.peak_rate(known.plan.schedule)
    assert made.plan.lines[1] == sent(made)[1][1]
    with pytest.raises(InsufficientDataError, match="no call of the log is left to send"):
        long_replay_plan(stored, base, Sending(("PATCH",)))


def test_other_methods_are_sent_when_named(log: str) -> None:
    made = plan_for(log, methods=("POST",))
    assert [tuple(line) for line in made.plan.lines] == [("POST", "/b")]
    assert made.plan.schedule.tolist() == [0]


def test_faster_and_shorter(log: str) -> None:
    made = plan_for(log, speed=2.0, duration=0.7)
    assert (made.plan.schedule / 1e9).round(6).tolist() == [0.0, 0.5, 0.6]


def test_secrets_are_replaced_unless_they_are_to_be_kept(log: str) -> None:
    assert plan_for(log).plan.lines[0].path == "/a?token=REDACTED&x=1"
    assert plan_for(log, keep_secrets=True).plan.lines[0].path == "/a?token=s3cret&x=1"


class Target(httpx.AsyncBaseTransport):
    """Answers at once, and remembers."""

    asked: list[httpx.Request]

    def __init__(self, *, verify: bool = True) -> None:
        type(self).asked = []
        self.verify = verify

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(200)


def test_every_call_goes_to_the_target(
    log: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(session, "FastTransport", Target)
    arguments = ["--speed", "100x", "--no-check", "--no-dashboard", "-o", "run.ndjson"]
    assert run(["replay", log, "--target", TARGET, *arguments]) == 0
    assert [str(request.url) for request in Target.asked] == [
        f"{TARGET}/a?token=REDACTED&x=1",
        f"{TARGET}/c?y=2",
        f"{TARGET}/evil.example/d",
        f"{TARGET}/a?token=REDACTED&x=1",
    ]
    out, err = capsys.readouterr()
    assert "4 sent of 4 due" in out
    assert "not sent, because of --methods: 1 " in err
    assert "s3cret" not in out + err + Path("run.ndjson").read_text()


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "FastTransport", lambda **_: Untouchable())


@pytest.mark.usefixtures("untouched")
def test_a_dry_run_counts_and_sends_nothing(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", log, "--target", TARGET, "--dry-run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["calls"], document["duration"]) == (4, 2.0)
    assert document["left_out"] == {"POST": 1, "DELETE": 1}


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["log.ndjson", "--target", "http://example.com"], 2, "--allow-host example.com"),
        (["log.ndjson", "--target", TARGET, "--speed", "0x"], 2, "not a speed"),
        (["log.ndjson", "--target", TARGET, "--speed", "nan"], 2, "not a speed"),
        (["log.ndjson", "--target", TARGET, "--max-rate", "1/s"], 2, "--max-rate"),
        (["log.ndjson", "--target", TARGET, "--methods", "PATCH"], 3, "3 GET"),
        (["nowhere.log", "--target", TARGET], 4, "nowhere.log"),
        (["log.ndjson"], 2, "--target"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    log: str, arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert log == "log.ndjson"
    assert run(["replay", *arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert words in " ".join(err.split())
    assert "Traceback" not in err
