"""`cbtool probe` from its command line to its exit status, without a network."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import httpx
import pytest
from helpers_live import Untouchable

from cbtool.__main__ import run
from cbtool.live import session

URL = "http://127.0.0.1:8080/"
FAST = ["-r", "2000", "-n", "20", "--no-dashboard"]


class Fake(httpx.AsyncBaseTransport):
    """Answers every request with one status, or fails it."""

    status = 200
    error: type[httpx.TransportError] | None = None
    signal_at = -1
    asked: list[httpx.Request]

    def __init__(self, *, verify: bool = True) -> None:
        type(self).asked = []
        self.verify = verify

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.error is not None:
            raise self.error("connection refused")
        if len(self.asked) == self.signal_at:
            os.kill(os.getpid(), signal.SIGINT)
        return httpx.Response(self.status)


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Fake]:
    fake = type("Target", (Fake,), {})
    monkeypatch.setattr(session, "FastTransport", fake)
    monkeypatch.chdir(tmp_path)
    return fake


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(session, "FastTransport", lambda **_: Untouchable())
    monkeypatch.chdir(tmp_path)


def test_a_run_in_words(target: type[Fake], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["probe", URL, *FAST]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Never tripped: all 20 calls were permitted.\n")
    assert "status codes  200:20" in out
    assert "seed          0" in out
    assert "Recommendation refused; it needs" in out
    assert "Traceback" not in err
    assert all(len(line) <= 80 for line in out.splitlines())
    assert [request.method for request in target.asked] == ["HEAD"] + ["GET"] * 20


@pytest.mark.usefixtures("target")
def test_a_run_as_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["probe", URL, *FAST, "--json", "--threshold", "p95<1h", "--threshold", "opens==0"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["calls"], document["permitted"], document["trips"]) == (20, 20, 0)
    assert set(document["latency"]) == {"from_intended", "from_sent"}
    assert document["errors"] == {"timeout": 0, "connection_error": 0}
    assert document["dropped"] == 0
    assert "p99" in document["schedule_lag"]
    assert document["recommend"]["verdict"] == "refused"
    assert [check["passed"] for check in document["checks"]] == [True, True]
    assert document["time_in_state"]["open"] == 0


def test_a_gate_that_fails_is_printed_first_and_decides_the_status(
    target: type[Fake], capsys: pytest.CaptureFixture[str]
) -> None:
    target.status = 503
    status = run(["probe", URL, *FAST, "--threshold", "failure_rate<1%", "--threshold", "calls==20"])
    out = capsys.readouterr().out
    assert status == 1
    assert out.splitlines()[2].split() == ["✗", "failure_rate<1%", "100", "%"]
    assert out.splitlines()[3].split() == ["✓", "calls==20", "20"]
    assert "status codes  503:20" in out


def test_a_breaker_that_trips_is_reported(target: type[Fake], capsys: pytest.CaptureFixture[str]) -> None:
    target.status = 500
    Path("mine.toml").write_text('[breaker]\nsliding_window_type = "consecutive"\nsliding_window_size = 3\n')
    assert run(["probe", URL, *FAST, "-p", "mine.toml", "--threshold", "time_to_open<5s"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Tripped 1 time: ")
    assert "3 failures in a row" in out
    assert "profile mine" in out


def test_shadow_sends_everything(target: type[Fake], capsys: pytest.CaptureFixture[str]) -> None:
    target.status = 500
    Path("mine.toml").write_text('[breaker]\nsliding_window_type = "consecutive"\nsliding_window_size = 3\n')
    # Slow enough that results come between the calls, also where other work holds them up for a while.
    unhurried = ["-r", "200", "-n", "20", "--no-dashboard"]
    assert run(["probe", URL, *unhurried, "-p", "mine.toml", "--shadow", "--no-check", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert len(target.asked) == 20
    assert document["impact"] == {"failed_shed": document["not_permitted"], "healthy_refused": 0}
    assert document["not_permitted"] > 0


def test_ctrl_c_prints_the_summary_and_ends_with_130(
    target: type[Fake], capsys: pytest.CaptureFixture[str]
) -> None:
    target.signal_at = 10
    arguments = ["probe", URL, "-r", "2000", "-d", "1m", "--no-check", "--no-dashboard", "-o", "run.ndjson"]
    assert run([*arguments, "--threshold", "opens>5"]) == 130
    assert capsys.readouterr().out.startswith("Interrupted after ")
    end = json.loads(Path("run.ndjson").read_text().splitlines()[-1])
    assert (end["type"], end["interrupted"]) == ("end", True)


def test_a_target_that_refuses(target: type[Fake], capsys: pytest.CaptureFixture[str]) -> None:
    target.error = httpx.ConnectError
    assert run(["probe", URL, *FAST]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"cbtool: {URL}: connection refused; is the server running on this port?\n"


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["http://example.com/"], "--allow-host example.com"),
        (["http://example.com/", "--allow-host", "example.org"], "--allow-host example.com"),
        (["example.com/x"], "--allow-host example.com"),
        (["http://example.com/", "--allow-host", "example.com", "-r", "51"], "--max-rate"),
        (["http://example.com/", "--allow-host", "example.com", "-s", "10s:60/s"], "--max-rate"),
        (
            ["http://example.com/", "--allow-host", "example.com", "-r", "200", "--max-rate", "100"],
            "--max-rate",
        ),
        ([URL, "-p", "redirect.toml"], "--allow-host fallback.example"),
        (["ftp://127.0.0.1/"], "not an HTTP target"),
        ([URL, "--rate", "fast"], "not a rate"),
        ([URL, "--rate", "0"], "--rate must be above 0"),
        ([URL, "-s", "10s"], "not a stage"),
        ([URL, "-s", "10s:5/s", "-d", "5s"], "leave out --duration"),
        ([URL, "--scenario", "healthy", "-r", "5"], "leave out --rate"),
        ([URL, "--timeout", "0"], "longer than 0"),
        ([URL, "--header", "nonsense"], "not a header"),
        ([URL, "--header", "A: b\x00"], "not a header"),
        ([URL, "--body", "a", "--body-file", "b"], "exclude each other"),
        ([URL, "--threshold", "p95"], "not a threshold"),
        ([URL, "--threshold", "nothing==0"], "unknown number"),
        ([URL, "-p", "nowhere"], "nowhere"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("redirect.toml").write_text(
        '[breaker.when_open]\naction = "redirect"\ntarget = "http://fallback.example/"\n'
    )
    assert run(["probe", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert words in " ".join(err.split())
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 3


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize(
    ("arguments", "calls", "seconds"),
    [
        (["-r", "100", "-d", "30s"], 3000, 30.0),
        (["-n", "7"], 7, 0.14),
        ([], 500, 10.0),
        (["-r", "6000/m", "-d", "1m"], 6000, 60.0),
        (["-s", "10s:100/s", "-s", "10s:100/s", "-s", "10s:0/s"], 2000, 30.0),
        (["-r", "100", "-s", "10s:100/s"], 1000, 10.0),
        (["-r", "100", "-d", "30s", "-n", "50"], 50, 0.49),
    ],
)
def test_a_dry_run_says_how_much_and_how_long(
    arguments: list[str], calls: int, seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["probe", URL, *arguments, "--dry-run", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["calls"], document["dry_run"]) == (calls, True)
    assert document["duration"] == pytest.approx(seconds)


@pytest.mark.usefixtures("untouched")
def test_poisson_arrivals_come_from_the_seed(capsys: pytest.CaptureFixture[str]) -> None:
    counts = []
    for seed in ("1", "1", "2"):
        arguments = ["probe", URL, "-r", "100", "-d", "100s", "--arrivals", "poisson", "--seed", seed]
        assert run([*arguments, "--dry-run", "--json"]) == 0
        counts.append(json.loads(capsys.readouterr().out)["calls"])
    assert counts[0] == counts[1] != counts[2]
    assert all(9500 < count < 10500 for count in counts)


@pytest.mark.usefixtures("untouched")
def test_a_scenario_brings_its_load_and_seed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.toml").write_text(
        'name = "mine"\nseed = 9\ntimeout = "2s"\n[[phase]]\nname = "a"\nduration = "10s"\nrate = "20/s"\n'
        'arrivals = "constant"\n'
    )
    assert run(["probe", URL, "--scenario", "mine.toml", "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "200, 20/s on average, at most 20/s" in out
    assert out.rstrip().endswith("9")


@pytest.mark.usefixtures("untouched")
def test_an_option_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CBTOOL_RATE", "10/s")
    assert run(["probe", URL, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["calls"] == 100


def test_headers_and_body_are_sent(target: type[Fake]) -> None:
    arguments = ["-X", "post", "-H", "X-A: 1", "-H", "X-B:2", "--body", "hello", "-n", "1"]
    assert run(["probe", URL, *arguments, "--no-check", "--no-dashboard", "--insecure"]) == 0
    request = target.asked[0]
    assert (request.method, request.content) == ("POST", b"hello")
    assert (request.headers["x-a"], request.headers["x-b"]) == ("1", "2")
