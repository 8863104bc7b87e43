"""What clocks do to logs: steps, zones, daylight saving, midnight, and many calls in one second."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.logs import read_calls

if TYPE_CHECKING:
    from pathlib import Path

    from cbtool.traffic.calls import Calls

SECOND = 1_000_000_000


def nginx(stamp: str, path: str = "/", took: str = "0.000") -> str:
    return f'::1 - - [{stamp}] "GET {path} HTTP/1.1" 200 5 "-" "curl" {took}'


def calls_in(path: Path, *lines: str) -> Calls:
    path.write_text("".join(f"{line}\n" for line in lines))
    return read_calls([str(path)]).calls


def paths(calls: Calls) -> list[str]:
    assert calls.path is not None
    return calls.path.to_list()


def seconds(calls: Calls) -> list[float]:
    return [start / SECOND for start in calls.start_ns.tolist()]


def test_rows_that_stand_out_of_order_are_put_in_order(tmp_path: Path) -> None:
    # Long requests are written when they end, after others that began later.
    calls = calls_in(
        tmp_path / "a.log",
        nginx("09/Oct/2025:10:00:05 +0000", "/short", "0.500"),
        nginx("09/Oct/2025:10:00:10 +0000", "/long", "9.000"),
        nginx("09/Oct/2025:10:00:09 +0000", "/late", "0.250"),
    )
    assert paths(calls) == ["/long", "/short", "/late"]
    assert seconds(calls) == [0.0, 3.5, 7.75]


def test_a_clock_that_steps_back_moves_what_follows_back(tmp_path: Path) -> None:
    calls = calls_in(
        tmp_path / "a.log",
        nginx("09/Oct/2025:10:00:20 +0000", "/before"),
        nginx("09/Oct/2025:10:00:21 +0000", "/before"),
        nginx("09/Oct/2025:10:00:18 +0000", "/stepped"),
        nginx("09/Oct/2025:10:00:19 +0000", "/stepped"),
    )
    # The stamps are all there is to go by: no call is lost, and none is before another of an earlier stamp.
    assert paths(calls) == ["/stepped", "/stepped", "/before", "/before"]
    assert seconds(calls) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("26/Oct/2025:02:59:59 +0200", "26/Oct/2025:02:00:00 +0100"),  # the hour comes a second time
        ("30/Mar/2025:01:59:59 +0100", "30/Mar/2025:03:00:00 +0200"),  # the hour does not come
        ("31/Dec/2025:23:59:59 -0500", "01/Jan/2026:05:00:00 +0000"),  # a server that moved
        ("09/Oct/2025:16:14:59 +0530", "09/Oct/2025:16:30:00 +0545"),
    ],
)
def test_zones_and_daylight_saving_do_not_move_a_call(tmp_path: Path, earlier: str, later: str) -> None:
    calls = calls_in(tmp_path / "a.log", nginx(earlier, "/1"), nginx(later, "/2"))
    assert (paths(calls), seconds(calls)) == (["/1", "/2"], [0, 1])


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("2025-10-26T02:59:59+02:00", "2025-10-26T02:00:00+01:00"),
        ("2025-10-26T00:59:59Z", "2025-10-26T02:00:00+0100"),
        ("2024-02-29T23:59:59.000", "2024-03-01 00:00:00"),
    ],
)
def test_the_same_for_iso_8601(tmp_path: Path, earlier: str, later: str) -> None:
    calls = calls_in(tmp_path / "a.csv", "timestamp,status", f"{earlier},200", f"{later},500")
    assert (calls.status.tolist(), seconds(calls)) == ([200, 500], [0, 1])


def test_a_request_over_midnight_begins_the_day_before(tmp_path: Path) -> None:
    calls = calls_in(
        tmp_path / "a.log",
        nginx("31/Dec/2025:23:59:59 +0000", "/before", "0.100"),
        nginx("01/Jan/2026:00:00:30 +0000", "/over", "45.000"),
        nginx("01/Jan/2026:00:00:01 +0000", "/after", "0.500"),
    )
    assert paths(calls) == ["/over", "/before", "/after"]
    assert datetime.fromtimestamp(calls.epoch, UTC) == datetime(2025, 12, 31, 23, 59, 45, tzinfo=UTC)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60))
def test_calls_of_one_second_stay_in_it_in_their_order(offsets: list[int]) -> None:
    import tempfile  # noqa: PLC0415  # hypothesis calls this often; a fixture would be one folder for all
    from pathlib import Path  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        lines = [nginx(f"09/Oct/2025:10:00:0{s} +0000", f"/{n}") for n, s in enumerate(offsets)]
        calls = calls_in(Path(folder) / "a.log", *lines)
    stable = sorted(range(len(offsets)), key=lambda n: offsets[n])
    assert paths(calls) == [f"/{n}" for n in stable]
    first = min(offsets)
    for n, at in zip(stable, seconds(calls), strict=True):
        assert offsets[n] - first <= at < offsets[n] - first + 1
