"""A sweep's file as a page: the front, its knee and the neighbours."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import sweep_cases

from cbtool.errors import InsufficientDataError, WrongFormatError
from cbtool.report.html.page import sweep_page
from cbtool.report.html.sweep_file import read_sweep, sweep_document


def test_the_knee_costs_least_and_has_its_neighbours_on_the_front() -> None:
    found = sweep_cases.document()
    rows = found["rows"]
    # 20 % costs 300 + 200/4; 10 % costs 10 + 200 + 500/4; 40 % costs 700 + 100/4.
    assert rows[found["chosen"]["knee"]]["failure_rate_threshold"] == 10.0
    assert found["cost"][found["chosen"]["knee"]] == 335.0
    assert rows[found["chosen"]["more sensitive"]]["failure_rate_threshold"] == 5.0
    assert rows[found["chosen"]["calmer"]]["failure_rate_threshold"] == 20.0
    assert (found["points"], found["on_front"], found["distinct_on_front"]) == (8, 6, 5)
    assert found["failing"] == sweep_cases.FAILING


def test_what_a_refusal_costs_moves_the_knee() -> None:
    dear = sweep_cases.document(reject_cost=2.0)
    assert dear["rows"][dear["chosen"]["knee"]]["failure_rate_threshold"] == 20.0
    free = sweep_cases.document(reject_cost=0.001)
    assert free["chosen"]["more sensitive"] is None


def test_a_large_sweep_is_drawn_by_its_outline() -> None:
    n = 50_000
    table = pl.DataFrame(
        {
            "failure_rate_threshold": [float(i % 100) for i in range(n)],
            "trips": [1] * n,
            "false_trips": [i % 3 for i in range(n)],
            "caught": [1] * n,
            "detection_delay": [1.0] * n,
            "failed_shed": [0] * n,
            "let_through": [i * 7 % 1000 for i in range(n)],
            "healthy_refused": [i * 13 % 2000 for i in range(n)],
            "front": [i == 0 for i in range(n)],
        }
    )
    found = sweep_document(table, "sweep.parquet", reject_cost=0.25)
    assert found["points"] == n
    assert len(found["rows"]) <= 1601
    most = {key: max(row[key] for row in found["rows"]) for key in ("let_through", "healthy_refused")}
    assert most["let_through"] > 970
    assert most["healthy_refused"] > 1940
    assert len(sweep_page(found)) < 2_000_000


@pytest.mark.parametrize("name", ["sweep.parquet", "sweep.csv"])
def test_what_a_sweep_wrote_is_read_back(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    table = sweep_cases.table()
    table.write_parquet(path) if name.endswith("parquet") else table.write_csv(path)
    read = read_sweep(str(path))
    assert read is not None
    assert sweep_document(read, "sweep.parquet", reject_cost=0.25) == sweep_cases.document()


def test_other_files_are_none(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("timestamp,status\n1,200\n")
    (tmp_path / "empty.csv").touch()
    pl.DataFrame({"status": [200]}).write_parquet(tmp_path / "calls.parquet")
    for name in ("calls.csv", "empty.csv", "calls.parquet", "missing.csv"):
        assert read_sweep(str(tmp_path / name)) is None


def test_a_damaged_or_empty_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sweep.parquet"
    path.write_bytes(b"PAR1 nonsense")
    with pytest.raises(WrongFormatError, match=r"sweep\.parquet: not a readable table"):
        read_sweep(str(path))
    with pytest.raises(InsufficientDataError, match="no setting in it"):
        sweep_document(sweep_cases.table().head(0), "sweep.parquet", reject_cost=0.25)
