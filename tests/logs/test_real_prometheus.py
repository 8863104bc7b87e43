"""Against Prometheus itself, as Debian packages it, on loopback: six hours of a shop's counters.

Where it is installed (`apt-get install prometheus`), since it is no Python package.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cbtool.__main__ import run
from cbtool.logs import read_calls
from cbtool.logs.prometheus import source_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.traffic.calls import Calls

pytestmark = pytest.mark.skipif(
    not (shutil.which("prometheus") and shutil.which("promtool")), reason="Prometheus is not installed"
)

START = 1_789_999_980
HOUR = 3600
END = START + 6 * HOUR
SCRAPE = 15
INCIDENT = (4 * HOUR, 4 * HOUR + 300)  # half of the calls fail
GAP = (2 * HOUR, 2 * HOUR + 1200)  # nothing was scraped
RESTART = 5 * HOUR  # the counters begin anew
TOTAL = 'sum(rate(http_requests_total{job="shop"}[1m]))'
ERRORS = 'sum(rate(http_requests_total{job="shop",code=~"5.."}[1m]))'


def calls_in(at: int) -> tuple[float, float]:
    """How many calls there were in the scrape interval from then on, and how many of them failed."""
    calls = SCRAPE * (0.4 if at < 3 * HOUR else 8.0)
    return calls, calls * (0.5 if INCIDENT[0] <= at < INCIDENT[1] else 0.01)


def exposition() -> str:
    """The counters as they were scraped."""
    good = bad = 0.0
    rows: dict[str, list[str]] = {"200": [], "500": []}
    for at in range(0, END - START + 1, SCRAPE):
        if at == RESTART:
            good = bad = 0.0
        calls, failed = calls_in(at - SCRAPE) if at else (0.0, 0.0)
        good, bad = good + calls - failed, bad + failed
        if not GAP[0] < at <= GAP[1]:
            for code, value in (("200", good), ("500", bad)):
                name = f'http_requests_total{{job="shop",code="{code}"}}'
                rows[code].append(f"{name} {value:.6f} {START + at}\n")
    return "# TYPE http_requests counter\n" + "".join(map("".join, rows.values())) + "# EOF\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a Prometheus that holds them."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "counters.txt").write_text(exposition())
    (folder / "prometheus.yml").write_text("{}\n")
    made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "counters.txt", "data"]
    subprocess.run(made, cwd=folder, check=True, capture_output=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    words = ["--config.file=prometheus.yml", "--storage.tsdb.path=data", "--storage.tsdb.retention.time=99y"]
    with subprocess.Popen(
        ["prometheus", *words, f"--web.listen-address={address}"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(f"http://{address}/-/ready")
            yield f"http://{address}"
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310  # loopback
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


def between(calls: Calls, begin: float, end: float) -> Calls:
    at = calls.start_ns / 1e9 + calls.epoch - START
    kept: Calls = calls.take((at >= begin) & (at < end))
    return kept


@pytest.mark.parametrize("step", [15, 60])
def test_counts_are_those_of_the_counters(server: str, step: int) -> None:
    calls = read_calls([source_of(server, TOTAL, ERRORS, step=step, start=START, end=END)]).calls
    scraped = [at for at in range(0, END - START, SCRAPE) if not GAP[0] <= at < GAP[1]]
    total = sum(calls_in(at)[0] for at in scraped)
    failed = sum(calls_in(at)[1] for at in scraped)
    # At the beginning, at each side of the gap and at the restart a rate over a minute knows less.
    assert len(calls) == pytest.approx(total, rel=0.01)
    assert (calls.status == 500).sum() == pytest.approx(failed, rel=0.03)
    busy = between(calls, 3.5 * HOUR, 3.75 * HOUR)
    assert len(busy) == pytest.approx(8 * HOUR / 4, rel=0.01)
    incident = between(calls, INCIDENT[0] + 60, INCIDENT[1] - 60)
    assert (incident.status == 500).mean() == pytest.approx(0.5, abs=0.02)
    assert not len(between(calls, GAP[0] + 120, GAP[1] - 120))
    # The restart is neither a hole nor a heap.
    anew = between(calls, RESTART - 300, RESTART + 300)
    seconds = np.histogram(anew.start_ns / 1e9, bins=10)[0]
    assert seconds.min() > 0.7 * seconds.max()


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["simulate", "-p", "balanced"], "trips"),
        (["recommend"], "breaker"),
        (["sweep", "-p", "balanced", "--vary", "failure_rate_threshold=20,40"], "rows"),
    ],
)
def test_commands_answer_from_a_server_s_counts(
    server: str, command: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    when = ["--since", str(START), "--until", str(END)]
    asked = ["--prometheus", server, "--total", TOTAL, "--errors", ERRORS, *when, "--json"]
    assert run([*command, *asked]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document[told]
    if command[0] == "recommend":
        assert document["breaker"]["failure_rate_threshold"] < 50
        assert len(document["incidents"]) == 1


@pytest.mark.parametrize(
    ("total", "status", "message"),
    [
        ("sum(rate(", 4, "parse error: unclosed left parenthesis"),
        ("http_requests_total[1m]", 4, 'invalid expression type "range vector"'),
        ('"word"', 4, 'invalid expression type "string"'),
        ("nosuch", 3, "no point of nosuch between 2026-09-21 14:13:00Z"),
        ("sum(http_requests_total)", 2, "queries must give calls a second"),
    ],
)
def test_queries_that_give_nothing(
    server: str, total: str, status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    when = ["--since", str(START), "--until", str(END)]
    assert run(["simulate", "--prometheus", server, "--total", total, "--errors", ERRORS, *when]) == status
    assert message in capsys.readouterr().err


def test_a_counter_in_place_of_a_rate_is_noticed(server: str) -> None:
    source = source_of(
        server, "sum(http_requests_total) / 1000", "0 * sum(http_requests_total)", start=START, end=END
    )
    assert any("hardly ever falls" in note for note in read_calls([source]).calls.notes)
