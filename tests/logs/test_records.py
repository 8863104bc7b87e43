"""Run records beyond their calls: the run's own settings, and what its breakers did."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pytest

from cbtool.breaker import Reason, State
from cbtool.live.record import _to_parquet
from cbtool.live.record_lines import CallLine, End, Header, TransitionLine
from cbtool.logs.records import read_record

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADER = Header(
    cbtool="0.1.0",
    command="probe",
    target="http://127.0.0.1:8080/",
    started="2026-11-25T12:00:00+00:00",
    epoch=1_795_608_000.0,
    seed=2,
    instances=1,
    shadow=False,
    timeout=1.0,
    profile={"failure_rate_threshold": 20, "sliding_window_type": "time", "sliding_window_size": "30s"},
    outcomes={"failure": ["5xx"], "ignored": ["4xx"]},
)


def call(t: float, **settings: Any) -> CallLine:
    given = {"lag_ms": 0.1, "permitted": True, "state": "closed", "instance": 0, "method": "GET", **settings}
    return CallLine(t=t, **given)


LINES = [
    HEADER,
    call(0.5, duration_ms=9.0, status=200, outcome="success"),
    call(1.0, duration_ms=9.0, status=503, outcome="failure", path='/"permitted":false'),
    TransitionLine(1.2, 0, "closed", "open", "failure_rate", 2, 1, 0, "failure rate 50 %"),
    call(1.5, permitted=False, state="open"),
    call(1.6, permitted=False, state="open"),
    TransitionLine(3.2, 0, "open", "half_open", "wait_over", 0, 0, 0, "the wait is over"),
    End(4.0, False, 4, 0),  # the record's own order
]


def written(path: Path, lines: Sequence[Any] = LINES) -> Path:
    text = msgspec.json.Encoder().encode_lines(lines)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text))
    elif path.suffix == ".parquet":
        plain = path.with_suffix(".partial")
        plain.write_bytes(text)
        _to_parquet(plain, path)
    else:
        path.write_bytes(text)
    return path


@pytest.mark.parametrize("name", ["run.ndjson", "run.ndjson.gz", "run.parquet"])
def test_a_record_says_what_its_breakers_did(tmp_path: Path, name: str) -> None:
    record = read_record(str(written(tmp_path / name)))
    assert record is not None
    assert record.header["profile"] == HEADER.profile
    assert (record.arrived, record.refused) == (4, 2)
    assert (record.refused_failed, record.refused_healthy) == (None, None)
    first, second = record.changes
    assert (first[0], first[1].time, first[1].reason) == (0, 1.2, Reason.FAILURE_RATE)
    assert (first[1].snapshot.calls, first[1].snapshot.failures) == (2, 1)
    assert (second[1].source, second[1].target) == (State.OPEN, State.HALF_OPEN)
    assert record.end == 4.0


def test_in_shadow_it_is_known_what_refused_calls_would_have_come_to(tmp_path: Path) -> None:
    lines = [
        HEADER,
        call(0.0, duration_ms=9.0, status=200, outcome="success"),
        *[call(1.0, permitted=False, duration_ms=9.0, status=503, outcome="slow_failure")] * 3,
        call(2.0, permitted=False, duration_ms=9.0, status=200, outcome="success"),
    ]
    record = read_record(str(written(tmp_path / "run.ndjson", lines)))
    assert record is not None
    assert (record.refused, record.refused_failed, record.refused_healthy) == (4, 3, 1)


def test_a_record_may_end_within_a_line(tmp_path: Path) -> None:
    path = written(tmp_path / "run.ndjson")
    path.write_bytes(path.read_bytes()[:-20])
    record = read_record(str(path))
    assert record is not None
    assert len(record.changes) == 2
    assert record.end == 3.2


def test_other_files_are_none(tmp_path: Path) -> None:
    log, table = tmp_path / "calls.ndjson", tmp_path / "calls.parquet"
    log.write_text(json.dumps({"timestamp": 1, "status": 200}) + "\n")
    pl.DataFrame({"timestamp": [1], "status": [200]}).write_parquet(table)
    (tmp_path / "empty").touch()
    assert read_record(str(log)) is None
    assert read_record(str(table)) is None
    assert read_record(str(tmp_path / "empty")) is None
    assert read_record("-") is None
