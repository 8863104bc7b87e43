"""`cbtool upstream` as a process: its first line, its end and its errors."""

from __future__ import annotations

import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from cbtool.cli.exit_status import ExitStatus
from cbtool.errors import UnreachableError
from cbtool.live.upstream_process import spawn_upstream

SCENARIO = """
name = "quick"
[[phase]]
name = "fine"
duration = "10s"
rate = "10/s"
latency_median = "1ms"
latency_p99 = "1ms"
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "quick.toml"
    path.write_text(SCENARIO)
    return path


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cbtool", "upstream", *arguments]


def failing(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_a_signal_ends_it_with_a_count(scenario: Path, number: int) -> None:
    process = subprocess.Popen(
        command("--scenario", str(scenario)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith("listening on http://127.0.0.1:")
    with urllib.request.urlopen(first.split()[-1]) as answer:  # noqa: S310  # the address is ours
        assert answer.read() == b"ok\n"
    process.send_signal(number)
    rest, errors = process.communicate(timeout=10)
    assert process.returncode == ExitStatus.INTERRUPTED
    assert rest == ""
    assert "scenario quick, seed 1" in errors
    assert "0.0 s  fine (10s): no faults, latency 1ms to 1ms" in errors
    assert errors.endswith("served 1 requests (1 × 200), 0 health checks\n")


def test_the_end_of_its_time_is_a_good_end(scenario: Path) -> None:
    done = subprocess.run(
        command("--scenario", str(scenario), "--for", "0s"),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == ExitStatus.DONE
    assert done.stdout.count("\n") == 1


def test_a_spawned_lab_serves_and_ends_with_its_block(scenario: Path) -> None:
    with spawn_upstream(scenario) as url, urllib.request.urlopen(url + "/healthz") as answer:  # noqa: S310
        assert answer.status == 200
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url)  # noqa: S310  # the address is ours


def test_a_lab_that_cannot_start_says_why(tmp_path: Path) -> None:
    with (
        pytest.raises(UnreachableError, match=r"did not start: .*cannot be read"),
        spawn_upstream(tmp_path / "no.toml"),
    ):
        pass


def test_its_errors_say_what_to_do(scenario: Path) -> None:
    status, text = failing("--scenario", str(scenario), "--host", "10.0.0.1")
    assert (status, "not on loopback" in text) == (ExitStatus.USAGE, True)
    status, text = failing("--scenario", str(scenario), "--log", str(scenario / "x"))
    assert (status, "cannot be written" in text) == (ExitStatus.UNREACHABLE, True)
    status, text = failing("--scenario", str(scenario), "--start", "never")
    assert (status, "not one of first-request, now" in text) == (ExitStatus.USAGE, True)
