"""Logs of Amazon's services as tables: Parquet, and what Athena exports, with its columns' names."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from cbtool.logs import read_calls
from cbtool.traffic.error_kind import ErrorKind

if TYPE_CHECKING:
    from pathlib import Path

MS = 1_000_000
ALB = pl.DataFrame(
    {
        "type": ["https", "h2"],
        "time": ["2026-11-24T10:00:00.500000Z", "2026-11-24T10:01:00.000000Z"],
        "target_ip": ["10.0.0.9", None],
        "request_processing_time": [0.001, -1.0],
        "target_processing_time": [0.098, -1.0],
        "response_processing_time": [0.001, -1.0],
        "elb_status_code": [200, 504],
        "target_status_code": ["200", "-"],
        "request_verb": ["GET", "PUT"],
        "request_url": ["https://shop:443/a?b", "https://shop:443/c"],
        "target_group_arn": ["arn:aws:elasticloadbalancing:x:1:targetgroup/web/7"] * 2,
    }
)


@pytest.mark.parametrize(
    ("suffix", "name"), [("parquet", "alb-table"), ("json", "alb-table"), ("csv", "alb-csv")]
)
def test_a_load_balancers_table(suffix: str, name: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{suffix}"
    write: Any = {"parquet": ALB.write_parquet, "json": ALB.write_ndjson, "csv": ALB.write_csv}[suffix]
    write(path)
    found = read_calls([str(path)])
    calls = found.calls
    assert (found.format, found.rejected) == (name, 0)
    assert calls.epoch == pytest.approx(1_795_514_400.4)
    assert calls.start_ns.tolist() == [0, 59_600 * MS]
    assert calls.duration_ns.tolist() == [100 * MS, -1]
    assert calls.status.tolist() == [200, 504]
    assert calls.error.tolist() == [0, ErrorKind.TIMEOUT]
    assert calls.path is not None
    assert calls.path.to_list() == ["/a?b", "/c"]
    assert calls.upstream is not None
    assert calls.upstream.to_list() == ["web"] * 2
    assert calls.instances == ("-", "10.0.0.9")


@pytest.mark.parametrize(
    "spelled", [str, lambda name: name.replace("(", "_").replace(")", "").replace("-", "_")]
)
@pytest.mark.parametrize("day", [date(2026, 11, 24), "2026-11-24"])
def test_cloudfronts_tables(spelled: Any, day: Any, tmp_path: Path) -> None:
    columns = {
        "date": [day] * 2,
        "time": ["10:00:00", "10:00:05"],
        "x-edge-location": ["FRA1"] * 2,
        "cs-method": ["GET"] * 2,
        "cs(Host)": ["d1.example"] * 2,
        "cs-uri-stem": ["/a"] * 2,
        "cs-uri-query": ["-", "b"],
        "sc-status": [200, 0],
        "x-host-header": ["shop"] * 2,
        "time-taken": [0.25, 1.0],
    }
    pl.DataFrame({spelled(name): values for name, values in columns.items()}).write_parquet(tmp_path / "a")
    found = read_calls([str(tmp_path / "a")])
    calls = found.calls
    assert (found.format, found.rejected) == ("cloudfront-json", 0)
    assert calls.status.tolist() == [200, 499]
    assert calls.duration_ns.tolist() == [250 * MS, 1000 * MS]
    assert calls.path is not None
    assert calls.path.to_list() == ["/a", "/a?b"]
    assert calls.host is not None
    assert calls.host.to_list() == ["shop"] * 2
