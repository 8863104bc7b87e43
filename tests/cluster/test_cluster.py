"""The same on a cluster of processes as on one machine, bit for bit."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
import os
import random
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import dask
import numpy as np
import pytest
from distributed import LocalCluster

import cbtool
from cbtool import version
from cbtool.__main__ import run
from cbtool.cluster import connected, connection
from cbtool.cluster.calls import ClusterCalls
from cbtool.cluster.connection import Connection, connecting
from cbtool.errors import (
    ConfigurationError,
    InsufficientDataError,
    UnreachableError,
    WrongFormatError,
)
from cbtool.logs import intake, ranges, read_calls
from cbtool.recommend.incidents import segments
from cbtool.recommend.reading import columns
from cbtool.scenarios import load_scenario
from cbtool.scratch import sorting
from cbtool.simulation.generate import generate
from cbtool.traffic import parts
from cbtool.traffic.calls import Calls
from cbtool.traffic.selection import Moment, Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

VARY = ["failure_rate_threshold=5..95:15", "minimum_number_of_errors=1,5", "dialect=hystrix,gobreaker,nginx"]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    once = dask.config.set({"distributed.scheduler.allowed-failures": 1})
    with (
        once,
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as made,
    ):
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
        there = cluster.read(logs, many=math.inf)
    for name in ("start_ns", "duration_ns", "status", "error", "position"):
        assert np.array_equal(getattr(here.calls, name), getattr(there.calls, name)), name
    assert (there.calls.epoch, there.lines, there.rejected) == (here.calls.epoch, here.lines, 3)
    assert there.samples == here.samples
    assert there.calls.notes == here.calls.notes


@pytest.mark.parametrize("kind", ["csv", "nginx", "ndjson", "csv without a last newline"])
def test_ranges_of_one_file_are_read_as_the_whole(
    kind: str, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut at every kind of place: within lines, at their ends, in lines longer than a range."""
    path = tmp_path / "large.log"
    draw = random.Random(4)
    lines = ["timestamp,duration_ms,status"] if kind.startswith("csv") else []
    for n in range(200):
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
    with connected(scheduler) as cluster:
        monkeypatch.setattr(ranges, "RANGE", 700)
        assert len(ranges.ranges_of(str(path), ())) > 1
        cut = cluster.read([str(path)])
        assert_alike(cut.calls, whole.calls)
        assert (cut.lines, cut.rejected, cut.samples) == (whole.lines, whole.rejected, whole.samples)
        assert (cut.calls.notes, cut.format) == (whole.calls.notes, whole.format)
        many = cluster.read([str(path)], many=100)
        assert isinstance(many.calls, ClusterCalls)
        assert_alike(joined(many.calls), whole.calls)
        assert (many.lines, many.rejected, many.samples) == (whole.lines, whole.rejected, whole.samples)
        assert (many.calls.notes, many.format) == (whole.calls.notes, whole.format)
        assert (many.calls.span, many.calls.knows_durations) == (
            whole.calls.span,
            whole.calls.knows_durations,
        )


COLUMNS = ("start_ns", "duration_ns", "status", "error")


def joined(calls: ClusterCalls) -> Calls:
    parts = list(calls.parts(61))
    assert len(parts) > 1
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in (*COLUMNS, "position")
    }
    return Calls(**columns, epoch=calls.epoch)


def assert_alike(one: Calls, other: Calls) -> None:
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    places = (np.arange(len(each)) if each.position is None else each.position for each in (one, other))
    np.testing.assert_array_equal(*(np.argsort(place) for place in places))
    assert one.epoch == other.epoch


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
        there = cluster.read(logs, many=math.inf)
    assert np.array_equal(here.calls.start_ns, there.calls.start_ns)
    assert (there.samples, there.lines, there.rejected) == (here.samples, here.lines, here.rejected)


def test_a_file_that_is_no_log_is_named_as_here(scheduler: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello\n")
    with connected(scheduler) as cluster, pytest.raises(WrongFormatError, match="no known log format"):
        cluster.read([str(path)])


def test_a_sweep_gives_the_same_bits(scheduler: str, logs: list[str]) -> None:
    calls = cbtool.read_log(*logs)
    here = cbtool.sweep(calls, VARY, instances=3, seed=5)
    there = cbtool.sweep(calls, VARY, instances=3, seed=5, scheduler=scheduler)
    assert here.equals(there)
    assert len(here) == 42
    assert here["trips"].sum() > 0


def as_long(patch: pytest.MonkeyPatch) -> None:
    """From now on the calls stay with the workers, in many parts."""
    patch.setattr(intake, "MANY", 500)
    patch.setattr(ranges, "RANGE", 300_000)
    patch.setattr(sorting, "_SAMPLED", 64)
    patch.setattr(parts, "PART", 7000)
    patch.setattr(columns, "PIECE", 5777)
    patch.setattr(segments, "PIECE", 5777)


@pytest.mark.parametrize(
    "which",
    [
        Selection(),
        Selection(status=("5xx",), since=Moment(10.0, relative=True)),
        Selection(until=Moment(1_700_000_040.0)),
    ],
    ids=str,
)
def test_calls_are_chosen_as_here(
    which: Selection, scheduler: str, logs: list[str], little_memory: pytest.MonkeyPatch
) -> None:
    here = which.of(read_calls(logs).calls)
    as_long(little_memory)
    little_memory.setattr(intake, "MANY", 5)
    with connected(scheduler) as cluster:
        there = cluster.read(logs, which=which).calls
        assert isinstance(there, ClusterCalls)
        assert_alike(joined(there), here)
        assert (there.notes, there.span) == (here.notes, here.span)


def test_what_the_calls_do_not_say_or_are_is_refused_as_here(
    scheduler: str, logs: list[str], little_memory: pytest.MonkeyPatch
) -> None:
    as_long(little_memory)
    with connected(scheduler) as cluster:
        with pytest.raises(ConfigurationError, match="--host: the log does not say it"):
            cluster.read(logs, which=Selection(host=("a",)))
        with pytest.raises(InsufficientDataError, match="calls is --status 418"):
            cluster.read(logs, which=Selection(status=("418",)))


@pytest.mark.parametrize(
    "command",
    [
        ["sweep", "--vary", VARY[0], "--vary", VARY[2], "--instances", "2"],
        ["sweep", "--vary", VARY[0], "--load", "0.5"],
        ["simulate", "--threshold", "trips<9999"],
        ["simulate", "--load", "0.5"],
    ],
    ids=" ".join,
)
def test_commands_on_calls_that_stay_with_the_workers(
    command: list[str],
    scheduler: str,
    logs: list[str],
    little_memory: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([*command, *logs, "--json"]) == 0
    here = json.loads(capsys.readouterr().out)
    as_long(little_memory)
    assert run([*command, *logs, "--json", "--scheduler", scheduler]) == 0
    assert json.loads(capsys.readouterr().out) == here


@pytest.fixture(scope="module")
def named(logs: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The same calls, which go to several hosts and paths, by instances of which one fails for a while."""
    draw, folder, names = random.Random(5), tmp_path_factory.mktemp("named"), []
    for number, log in enumerate(logs):
        _, *rows = Path(log).read_text().splitlines()
        lines = ["timestamp,duration_ms,status,path,host,instance"]
        for n, row in enumerate(rows):
            instance = draw.choice(("10.0.0.1", "10.0.0.2", "10.0.0.10"))
            call = row.rpartition(",")[0] + ",503" if 400 < n < 700 and instance == "10.0.0.2" else row
            path = draw.choice((f"/orders/{n}", "/", f"/only-{number}"))
            lines.append(f"{call},{path},{draw.choice(('Shop.example', 'api.example', ''))},{instance}")
        names.append(str(folder / f"{number}.csv"))
        Path(names[-1]).write_text("\n".join(lines) + "\n")
    return names


@pytest.mark.parametrize(
    "command",
    [
        ["simulate", "--by", "path"],
        ["sweep", "--vary", "failure_rate_threshold=20,60", "--by", "host"],
        ["compare", "-p", "default", "-p", "hystrix", "--load", "0.5", "--by", "instance"],
        ["recommend", "--instances", "auto"],
        ["recommend"],
    ],
    ids=" ".join,
)
def test_what_calls_with_the_workers_went_to_is_known(
    command: list[str],
    scheduler: str,
    named: list[str],
    little_memory: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named_columns = ("timestamp", "duration_ms", "status", "path", "host", "instance")
    command = [*command, *named, "--map", ",".join(f"{name}={name}" for name in named_columns), "--json"]
    assert run(command) == 0
    here = json.loads(capsys.readouterr().out)
    as_long(little_memory)
    assert run([*command, "--scheduler", scheduler]) == 0
    assert json.loads(capsys.readouterr().out) == here
    if command[:2] == ["recommend", named[0]]:
        assert any("The calls go to several hosts" in note for note in here["notes"])
        assert any("The log names 3 instances" in note for note in here["notes"])


def test_refusal_rules_are_not_asked_about_calls_that_stay_with_the_workers(
    scheduler: str,
    logs: list[str],
    tmp_path: Path,
    little_memory: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('[breaker]\n[refusal.gets]\nreason = "none"\nmethods = ["GET"]\n')
    command = ["simulate", *logs, "-p", str(profile), "--scheduler", scheduler]
    assert run(command) == 0
    as_long(little_memory)
    assert run(command) == 2
    assert "[refusal] rules are asked about at most 500 calls" in capsys.readouterr().err


def test_a_stopped_sweep_goes_on_there_from_what_was_tried_here(
    scheduler: str,
    logs: list[str],
    tmp_path: Path,
    little_memory: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "all.csv"
    arguments = ["sweep", *logs, "--vary", VARY[0], "-o", str(output)]
    assert run(arguments) == 0
    whole = output.read_text()

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cbtool.report.sweep.write_sweep", stopped)
        assert run(arguments) == 130
    as_long(little_memory)
    capsys.readouterr()
    assert run([*arguments, "--scheduler", scheduler]) == 0
    assert "going on from" in capsys.readouterr().err
    assert output.read_text() == whole


def test_a_cluster_s_sweep_prints_the_same_document(
    scheduler: str, logs: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
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


def dying(survivors: Path) -> str:
    """End the process that works; but not where another one has ended before."""
    if survivors.exists():
        return "done"
    survivors.touch()
    os._exit(1)


def ending(_: int) -> None:
    os._exit(1)


def test_what_a_lost_worker_did_is_done_again_but_not_for_ever(scheduler: str, tmp_path: Path) -> None:
    with connecting(scheduler) as made:
        assert made.results([made.begin(dying, tmp_path / "ended")]) == ["done"]
        with pytest.raises(UnreachableError, match=r"workers ended again and again .*\n.*--memory-limit"):
            made.results([made.begin(ending, 1)])
        begun = made.begin(math.sqrt, 1)
        made.stop([begun])
        with pytest.raises(UnreachableError, match="the cluster lost work"):
            made.results([begun])


class Hung:
    """A client whose scheduler takes what is sent to it, and never answers."""

    scheduler = SimpleNamespace(identity=None)

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = SimpleNamespace(asyncio_loop=loop)

    async def gather(self, *_: object, asynchronous: bool) -> None:
        assert asynchronous
        await asyncio.Event().wait()

    def sync(self, *_: object, callback_timeout: float, **__: object) -> None:
        assert 0 < callback_timeout <= 60
        raise TimeoutError


def test_a_scheduler_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_PATIENCE", 0.01)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        with pytest.raises(UnreachableError, match="the scheduler does not answer any more"):
            Connection(Hung(loop), "tcp://10.0.0.1:8786").results([object()])
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def test_a_sweep_whose_scheduler_is_lost_goes_on_from_what_was_tried(
    scheduler: str,
    logs: list[str],
    tmp_path: Path,
    little_memory: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = tmp_path / "all.csv"
    arguments = ["sweep", *logs, "--vary", "failure_rate_threshold=20..50:10", "-o", str(output)]
    assert run(arguments) == 0
    whole = output.read_text()
    output.unlink()
    as_long(little_memory)
    ends = 0

    def lost(made: Connection, begun: list[object], known: Any = Connection.results) -> Any:
        nonlocal ends
        found = known(made, begun)
        if isinstance(found[0], list):  # a group's end
            ends += 1
            if ends > 1:
                raise UnreachableError("the cluster lost work")
        return found

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Connection, "results", lost)
        assert run([*arguments, "--scheduler", scheduler]) == 4
    assert not output.exists()
    capsys.readouterr()
    assert run([*arguments, "--scheduler", scheduler]) == 0
    assert "going on from" in capsys.readouterr().err
    assert output.read_text() == whole


def test_workers_with_another_version_are_refused(scheduler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(version, "__version__", "0.0.1")
    refused = pytest.raises(ConfigurationError, match=r"worker tcp://.* has cbtool .*; here is 0\.0\.1")
    with refused, connected(scheduler):
        pass


def test_no_scheduler_at_the_address() -> None:
    unreachable = pytest.raises(UnreachableError, match=r"tcp://127\.0\.0\.1:1: no Dask scheduler answers")
    with unreachable, connected("tcp://127.0.0.1:1"):
        pass
