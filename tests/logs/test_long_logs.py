"""Logs that do not fit in memory: what is read in pieces, over the disk, is what is read at once."""

from __future__ import annotations

import errno
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cbtool.errors import ConfigurationError, InsufficientDataError, UnreachableError
from cbtool.logs import StoredCalls, read_calls, read_long_calls
from cbtool.logs.stored import thinned
from cbtool.scratch import arrays, sorting
from cbtool.traffic.calls import Calls
from cbtool.traffic.selection import Moment, Selection
from cbtool.traffic.thinning import Splitter, split, thin

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MANY = 300
EPOCH = 1_700_000_000


@pytest.fixture(autouse=True)
def _small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a small log has many, each with a few samples of its keys."""
    monkeypatch.setattr(sorting, "RUN", 97)
    monkeypatch.setattr(sorting, "_SAMPLED", 8)


def nginx(path: Path, lines: int, seed: int, *, disorder: int) -> str:
    """Whole seconds, at the end of each request, out of order by up to so many seconds."""
    draw = random.Random(seed)
    with path.open("w") as file:
        for n in range(lines):
            at = datetime.fromtimestamp(EPOCH + n // 20 + draw.randint(-disorder, disorder), UTC)
            stamp = at.strftime("%d/%b/%Y:%H:%M:%S +0000")
            status = draw.choice((200, 200, 200, 499, 503, 404))
            took = draw.choice(("0.000", "0.250", "0.250", "3.100"))
            path_asked = draw.choice(("/a", "/b?q=1", "/c/d"))
            file.write(f'10.0.0.1 - - [{stamp}] "GET {path_asked} HTTP/1.1" {status} 10 "-" "curl" {took}\n')
            if draw.random() < 0.02:
                file.write("nonsense\n")
    return str(path)


def table(path: Path, rows: int, seed: int, *, columns: str = "") -> str:
    """Times in tenths of a second, in any order, many of them equal."""
    draw = random.Random(seed)
    with path.open("w") as file:
        file.write(f"timestamp,duration_ms,status{columns}\n")
        for _ in range(rows):
            took = draw.choice(("", "0", "100", "250"))
            further = ",srv-1" if columns and draw.random() < 0.5 else "," * bool(columns)
            file.write(
                f"{EPOCH + draw.randint(0, 600) / 10:.1f},{took},{draw.choice((200, 500, 0))}{further}\n"
            )
    return str(path)


def joined(stored: StoredCalls, size: int = 61) -> Calls:
    parts = list(stored.parts(size))
    columns = ("start_ns", "duration_ns", "status", "error", "position")
    return Calls(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns},
        epoch=stored.epoch,
        notes=stored.notes,
    )


def assert_read_alike(
    sources: Sequence[str], which: Selection | None = None, log_format: str | None = None
) -> None:
    whole = read_calls(sources, log_format=log_format)
    calls = whole.calls if which is None else which.of(whole.calls)
    read = read_long_calls(sources, log_format=log_format, which=which, many=MANY)
    assert isinstance(read.calls, StoredCalls)
    stored = joined(read.calls)
    for name in ("start_ns", "duration_ns", "status", "error"):
        np.testing.assert_array_equal(getattr(stored, name), getattr(calls, name), name)
    position = np.arange(len(calls)) if calls.position is None else calls.position
    np.testing.assert_array_equal(np.argsort(stored.position), np.argsort(position))
    assert (stored.epoch, stored.notes) == (calls.epoch, calls.notes)
    assert (read.calls.span, read.calls.knows_durations) == (calls.span, calls.knows_durations)
    assert (read.lines, read.rejected, read.samples) == (whole.lines, whole.rejected, whole.samples)
    assert read.format == whole.format


@pytest.mark.parametrize("disorder", [0, 2, 60])
def test_whole_seconds_are_spread_as_at_once(tmp_path: Path, disorder: int) -> None:
    assert_read_alike([nginx(tmp_path / "a.log", 2000, disorder, disorder=disorder)])


def test_files_of_several_kinds_are_merged_as_at_once(tmp_path: Path) -> None:
    first = nginx(tmp_path / "a.log", 250, 1, disorder=3)
    third = nginx(tmp_path / "c.log", 700, 3, disorder=3)
    assert_read_alike([first, table(tmp_path / "b.csv", 900, 2), third, first])


@pytest.mark.parametrize(
    "which",
    [
        Selection(path=("/a",)),
        Selection(status=("5xx",), since=Moment(10.0, relative=True)),
        Selection(until=Moment(EPOCH + 40.0)),
        Selection(method=("get",), since=Moment(5.5, relative=True), until=Moment(EPOCH + 50.25)),
    ],
    ids=str,
)
def test_calls_are_chosen_as_at_once(tmp_path: Path, which: Selection) -> None:
    assert_read_alike([nginx(tmp_path / "a.log", 1500, 4, disorder=5)], which)


def test_an_instance_that_only_some_files_tell_is_chosen_as_at_once(tmp_path: Path) -> None:
    sources = [table(tmp_path / "a.csv", 500, 5), table(tmp_path / "b.csv", 500, 6, columns=",instance")]
    for pattern in ("srv-*", "*", "-"):
        assert_read_alike(sources, Selection(instance=(pattern,)))


def test_what_the_log_does_not_say_cannot_be_asked_for(tmp_path: Path) -> None:
    source = nginx(tmp_path / "a.log", 900, 7, disorder=1)
    for which, message in (
        (Selection(host=("a",)), "--host: the log does not say it"),
        (Selection(instance=("a",)), "--instance: the log does not say which instance answered"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            read_long_calls([source], which=which, many=MANY)
    with pytest.raises(InsufficientDataError, match="none of 900 calls is --status 418"):
        read_long_calls([source], which=Selection(status=("418",)), many=MANY)


def test_few_calls_stay_in_memory(tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", MANY, 8)
    assert isinstance(read_long_calls([source], many=MANY).calls, Calls)
    assert isinstance(read_long_calls([source], many=MANY - 1).calls, StoredCalls)


def test_counts_are_spread_as_at_once(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    rows = [f"{EPOCH + 60 * n},{200 + n % 7},{n % 5}" for n in range(20)]
    path.write_text("timestamp,total,errors\n" + "\n".join(rows) + "\n")
    assert_read_alike([str(path)])


def test_a_share_is_the_same_calls_as_at_once(tmp_path: Path) -> None:
    source = table(tmp_path / "a.csv", 1000, 9)
    whole = read_calls([source]).calls
    stored = read_long_calls([source], many=MANY).calls
    assert isinstance(stored, StoredCalls)
    kept = whole.take(thin(len(whole), 0.3, 11))
    few = joined(thinned(stored, 0.3, 11))
    np.testing.assert_array_equal(few.start_ns, kept.start_ns)
    np.testing.assert_array_equal(few.status, kept.status)
    splitter = Splitter(7, 11)
    parts = [splitter.split(size) for size in (1, 400, 0, 599)]
    np.testing.assert_array_equal(np.concatenate(parts), split(1000, 7, 11))


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = table(tmp_path / "a.csv", 900, 10)

    class Full:
        def seek(self, at: int) -> None: ...

        def write(self, _: bytes) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None: ...

    monkeypatch.setattr(arrays.tempfile, "TemporaryFile", Full)
    with pytest.raises(UnreachableError, match=r"the temporary folder is full.*\n.*set TMPDIR"):
        read_long_calls([source], many=MANY)
