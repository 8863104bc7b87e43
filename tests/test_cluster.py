"""The same on a cluster of processes as on one machine, bit for bit."""

from __future__ import annotations

import gzip
import json
import pickle
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import cloudpickle
import numpy as np
import pytest
from distributed import LocalCluster

import cbtool
from cbtool.__main__ import run
from cbtool.cluster import connected
from cbtool.errors import UnreachableError, WrongFormatError
from cbtool.logs import ranges, read_calls
from cbtool.scenarios import load_scenario
from cbtool.simulation.generate import generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

VARY = ["failure_rate_threshold=5..95:15", "minimum_number_of_errors=1,5", "dialect=hystrix,gobreaker,nginx"]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
        yield made.scheduler_address


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    calls = generate(load_scenario("brown-out"), seed=3).calls
    folder = tmp_path_factory.mktemp("logs")
    rows = [
        f"{1_700_000_000 + start / 1e9:.6f},{duration / 1e6:.3f},{status}"
        for start, duration, status in zip(
            calls.start_ns.tolist(), calls.duration_ns.tolist(), calls.status.tolist(), strict=True
        )
    ]
    names = []
    for part in range(3):
        path: Path = folder / f"{part}.csv"
        path.write_text(
            "\n".join(["timestamp,duration_ms,status", *rows[part::3], *["bad,1,200"] * part]) + "\n"
        )
        names.append(str(path))
    return names


def test_several_files_are_read_as_here(scheduler: str, logs: list[str]) -> None:
    here = read_calls(logs)
    with connected(scheduler) as cluster:
        there = read_calls(logs, spread=cluster.map)
    for name in ("start_ns", "duration_ns", "status", "error", "position"):
        assert np.array_equal(getattr(here.calls, name), getattr(there.calls, name)), name
    assert (there.calls.epoch, there.lines, there.rejected) == (here.calls.epoch, here.lines, 3)
    assert there.samples == here.samples
    assert there.calls.notes == here.calls.notes


@pytest.mark.parametrize("kind", ["csv", "nginx", "ndjson", "csv without a last newline"])
def test_ranges_of_one_file_are_read_as_the_whole(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut at every kind of place: within lines, at their ends, in lines longer than a range."""
    path = tmp_path / "large.log"
    draw = random.Random(4)
    lines = ["timestamp,duration_ms,status"] if kind.startswith("csv") else []
    for n in range(400):
        at, status = 1_700_000_000 + n // 7, draw.choice((200, 503))
        if n % 50 == 17:
            lines.append("nonsense " * draw.randint(1, 60))
        elif kind.startswith("csv"):
            lines.append(f"{at},{draw.randint(1, 90)},{status}")
        elif kind == "ndjson":
            lines.append(json.dumps({"timestamp": at, "duration_ms": 5, "status": status}))
        else:
            stamp = datetime.fromtimestamp(at, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
            lines.append(f'10.0.0.1 - - [{stamp}] "GET /{n} HTTP/1.1" {status} 10 "-" "curl" 0.{n:03}')
    path.write_text("\n".join(lines) + ("" if "without" in kind else "\n"))
    whole = read_calls([str(path)])
    for size in (100, 333, 4096):
        monkeypatch.setattr(ranges, "RANGE", size)
        worked = []

        def here(
            function: Callable[[Any], Any], items: Sequence[Any], worked: list[Any] = worked
        ) -> list[Any]:
            worked.extend(items)
            return [function(pickle.loads(cloudpickle.dumps(item))) for item in items]  # noqa: S301

        cut = read_calls([str(path)], spread=here)
        assert len(worked) > 1
        for name in ("start_ns", "duration_ns", "status", "error", "position"):
            assert np.array_equal(getattr(whole.calls, name), getattr(cut.calls, name)), name
        assert (cut.lines, cut.rejected, cut.samples) == (whole.lines, whole.rejected, whole.samples)
        assert (cut.calls.epoch, cut.calls.notes, cut.format) == (
            whole.calls.epoch,
            whole.calls.notes,
            whole.format,
        )


def test_what_cannot_be_cut_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "RANGE", 50)
    rows = "".join(f"{1_700_000_000 + n},5,200\n" for n in range(99))
    packed, counts = tmp_path / "a.csv.gz", tmp_path / "counts.csv"
    packed.write_bytes(gzip.compress(b"timestamp,duration_ms,status\n" + rows.encode()))
    counts.write_text(
        "timestamp,total,errors\n" + "".join(f"{1_700_000_000 + 60 * n},9,1\n" for n in range(9))
    )
    for path in (packed, counts):
        assert ranges.ranges_of(str(path), ()) == []


def test_ranges_go_to_the_workers(scheduler: str, logs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranges, "RANGE", 500_000)
    assert len(ranges.ranges_of(logs[0], ())) > 2
    here = read_calls(logs)
    with connected(scheduler) as cluster:
        there = read_calls(logs, spread=cluster.map)
    assert np.array_equal(here.calls.start_ns, there.calls.start_ns)
    assert (there.samples, there.lines, there.rejected) == (here.samples, here.lines, here.rejected)


def test_a_file_that_is_no_log_is_named_as_here(scheduler: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello\n")
    with connected(scheduler) as cluster, pytest.raises(WrongFormatError, match="no known log format"):
        read_calls([str(path)], spread=cluster.map)


def test_a_sweep_gives_the_same_bits(scheduler: str, logs: list[str]) -> None:
    calls = cbtool.read_log(*logs)
    here = cbtool.sweep(calls, VARY, instances=3, seed=5)
    there = cbtool.sweep(calls, VARY, instances=3, seed=5, scheduler=scheduler)
    assert here.equals(there)
    assert len(here) == 42
    assert here["trips"].sum() > 0


def test_the_command(scheduler: str, logs: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["sweep", *logs, "--vary", "failure_rate_threshold=10..50:10", "--json"]
    answers = []
    for further in ([], ["--scheduler", scheduler]):
        assert run([*arguments, *further]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "command", [["simulate"], ["compare", "--profile", "default", "--profile", "hystrix"], ["recommend"]]
)
def test_other_commands_read_there_and_answer_as_here(
    command: list[str], scheduler: str, logs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    answers = []
    for further in ([], ["--scheduler", scheduler]):
        assert run([*command, *logs, "--json", *further]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    assert answers[0] == answers[1]


def test_no_scheduler_at_the_address() -> None:
    unreachable = pytest.raises(UnreachableError, match=r"tcp://127\.0\.0\.1:1: no Dask scheduler answers")
    with unreachable, connected("tcp://127.0.0.1:1"):
        pass
