"""The run record: what is in it, what a kill leaves of it, and where it cannot be written."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cbtool.errors import UnreachableError
from cbtool.live import record
from cbtool.live.record import RunRecorder
from cbtool.live.record_lines import CallLine, End, Header, TransitionLine

HEADER = Header(
    cbtool="1", command="probe", target="http://h/", started="2026-01-01T00:00:00+00:00", epoch=1.5, seed=3,
    instances=1, shadow=False, timeout=1.0, profile={"failure_rate_threshold": 50},
    outcomes={"failure": ["5xx"]},
)  # fmt: skip
CALL = CallLine(0.1, 0.2, True, "closed", 0, "GET", 12.5, 200, outcome="success", path="/")
REFUSED = CallLine(0.2, 0.2, False, "open", 0, "GET", path="/")
TRIP = TransitionLine(0.15, 0, "closed", "open", "failure_rate", 4, 3, 0, "because")
END = End(1.0, interrupted=False, calls=2, dropped=0)
LINES = (HEADER, CALL, TRIP, REFUSED, END)


def write(path: Path) -> None:
    with RunRecorder(path) as recorder:
        for line in LINES:
            recorder.put(line)


def read(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def check(lines: list[dict[str, Any]]) -> None:
    assert [line["type"] for line in lines] == ["header", "call", "transition", "call", "end"]
    assert lines[0]["format"] == 1
    assert lines[0]["clock"] == "monotonic"
    assert lines[1] == {
        "type": "call", "t": 0.1, "lag_ms": 0.2, "permitted": True, "state": "closed", "instance": 0,
        "method": "GET", "duration_ms": 12.5, "status": 200, "outcome": "success", "path": "/",
    }  # fmt: skip
    assert (lines[2]["from"], lines[2]["to"]) == ("closed", "open")
    assert "status" not in lines[3]
    assert lines[4] == {"type": "end", "t": 1.0, "interrupted": False, "calls": 2, "dropped": 0, "lost": 0}


def test_a_line_each(tmp_path: Path) -> None:
    write(tmp_path / "run.ndjson")
    check(read((tmp_path / "run.ndjson").read_text()))


def test_a_compressed_record_holds_the_same_lines(tmp_path: Path) -> None:
    write(tmp_path / "run.ndjson.gz")
    check(read(gzip.decompress((tmp_path / "run.ndjson.gz").read_bytes()).decode()))


def test_as_a_table_at_the_end(tmp_path: Path) -> None:
    write(tmp_path / "run.parquet")
    table = pl.read_parquet(tmp_path / "run.parquet")
    assert table["type"].to_list() == ["header", "call", "transition", "call", "end"]
    assert table["duration_ms"].to_list() == [None, 12.5, None, None, None]
    assert json.loads(table["header"][0])["seed"] == 3
    assert [path.name for path in tmp_path.iterdir()] == ["run.parquet"]


@pytest.mark.parametrize("name", ["run.ndjson", "run.ndjson.gz"])
def test_what_was_flushed_survives_a_kill(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    recorder = RunRecorder(path)
    recorder.put(HEADER)
    recorder.put(CALL)
    recorder._drain(record.msgspec.json.Encoder())
    recorder._flush()
    data = path.read_bytes()  # what is on the disk while the process still runs
    text = zlib.decompressobj(31).decompress(data) if name.endswith("gz") else data
    assert [line["type"] for line in read(text.decode())] == ["header", "call"]
    recorder._file.close()


def test_a_disk_that_cannot_follow_costs_calls_but_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "LONGEST_QUEUE", 3)
    recorder = RunRecorder(tmp_path / "run.ndjson")
    for line in (HEADER, CALL, CALL, CALL, CALL, TRIP):
        recorder.put(line)
    assert recorder.lost == 2
    assert recorder._queue[-1] is TRIP
    recorder._file.close()


def test_a_place_that_cannot_be_written_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="cannot be written: No such file"):
        RunRecorder(tmp_path / "missing" / "run.ndjson")


def test_a_full_disk_is_told_at_the_end() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(UnreachableError, match="No space left"), RunRecorder(full) as recorder:
        recorder.put(HEADER)
