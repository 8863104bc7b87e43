"""Counts instead of calls: tables of intervals, Locust's history, and a Prometheus server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from helpers_prometheus import Asked, StandIn, standing_in
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import ConfigurationError, InsufficientDataError, UnreachableError, WrongFormatError
from cbtool.logs import read_calls
from cbtool.logs.prometheus import source_of
from cbtool.traffic.formats import counts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cbtool.logs import LogRead

SECOND = 1_000_000_000


def read(path: Path, content: str) -> LogRead:
    path.write_text(content)
    return read_calls([str(path)])


def test_each_interval_becomes_its_calls_spread_evenly(tmp_path: Path) -> None:
    got = read(tmp_path / "c.csv", "timestamp,total,errors\n1700000000,4,1\n1700000010,2,2\n1700000020,0,0\n")
    calls = got.calls
    assert (got.format, got.rejected) == ("counts", 0)
    # In the middle of quarters of ten seconds, and of halves.
    assert (calls.start_ns / SECOND).tolist() == [0.0, 2.5, 5.0, 7.5, 11.25, 16.25]
    assert calls.epoch == pytest.approx(1_700_000_001.25)
    assert (calls.status == 500).sum() == 3
    assert calls.status[4:].tolist() == [500, 500]
    assert not calls.knows_durations
    assert any(note.startswith("the input is counts") for note in calls.notes)


def test_a_gap_is_not_filled_and_an_interval_may_be_named(tmp_path: Path) -> None:
    rows = "1700000000,2,0,\n1700000010,2,0,\n1700000020,2,0,\n1700000900,2,0,20\n"
    calls = read(tmp_path / "c.csv", f"timestamp,requests,failures,interval\n{rows}").calls
    assert (np.diff(calls.start_ns) / SECOND).tolist() == [5, 5, 5, 5, 5, 880 - 27.5 + 5 + 20, 10]


def test_a_row_that_makes_no_sense_is_rejected(tmp_path: Path) -> None:
    got = read(
        tmp_path / "c.csv",
        "timestamp,total,errors\n1,4,1\n2,x,0\n3,-1,0\n4,1,nan\n5,3,0\n6,1,9\n7,3,0\n",
    )
    assert (len(got.calls), got.rejected) == (11, 3)
    assert (got.calls.status == 500).sum() == 2  # of more errors than calls, as many as there are calls


@given(st.lists(st.floats(0, 50), min_size=1, max_size=30), st.floats(0, 1))
def test_fractions_are_not_lost(totals: list[float], share: float) -> None:
    import polars as pl  # noqa: PLC0415  # beside hypothesis' own start

    n = len(totals)
    frame = pl.DataFrame(
        {
            "time": np.arange(n) * SECOND,
            "total": np.array(totals),
            "failed": np.array(totals) * share,
        }
    )
    made = counts.spread_counts(frame, cumulative=False)
    assert abs(len(made) - sum(totals)) <= 1
    # A row without a whole call cannot hold the error that falls to it.
    failed = int((made["status"] == 500).sum())
    assert sum(totals) * share - n - 1 <= failed <= sum(totals) * share + 1


def test_too_many_to_simulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "MOST_CALLS", 10)
    with pytest.raises(WrongFormatError, match="11 calls are counted; at most 10"):
        read(tmp_path / "c.csv", "timestamp,total,errors\n1,11,0\n")


def test_locusts_history_and_a_counter_that_begins_anew(tmp_path: Path) -> None:
    head = '"Timestamp","User Count","Type","Name","50%","Total Request Count","Total Failure Count"'
    rows = [
        (1, "Aggregated", 10, 0),
        (2, "/a", 99, 99),
        (2, "Aggregated", 14, 1),
        (3, "Aggregated", 14, 1),
        (4, "Aggregated", 2, 2),
    ]
    lines = [f'170000000{t},5,"","{name}",N/A,{total},{bad}' for t, name, total, bad in rows]
    got = read(tmp_path / "stats_history.csv", "\n".join([head, *lines]) + "\n")
    assert (got.format, got.rejected) == ("locust", 0)
    assert (got.calls.start_ns / SECOND).tolist() == [0, 0.25, 0.5, 0.75, 2.125, 2.625]
    assert (got.calls.status == 500).tolist()[4:] == [True, True]
    assert (got.calls.status[:4] == 500).sum() == 1


ODD: dict[str, Any] = {
    "vector": {"status": "success", "data": {"resultType": "vector", "result": []}},
    "histograms": {"status": "success", "data": {"resultType": "matrix", "result": [{"histograms": []}]}},
    "words": {"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1, "x"]]}]}},
    "shapes": {"status": "success", "data": {"resultType": "matrix", "result": [[1]]}},
    "list": [],
}
"""What other servers, other kinds of series and mistakes would give."""


def two_calls_a_second(asked: Asked) -> tuple[int, bytes]:
    """In two series, and an error rate for a while."""
    start, query = asked.start, asked.query
    times = np.arange(start, asked.end + 0.001, asked.step)
    known: dict[str, Any] = {
        "total": [{"values": [[t, "1.5"] for t in times]}, {"values": [[t, "0.5"] for t in times]}],
        "errors": [
            {"values": [[t, "0.4" if t > start + 60 else "NaN" if t > start else "+Inf"] for t in times]}
        ],
        "nothing": [],
        "counter": [{"values": [[t, str(t - start)] for t in times]}],
        "huge": [{"values": [[t, "1e9"] for t in times]}],
    }
    if query == "html":
        return 400, b"<html>"
    if query not in known:
        return 400, json.dumps(
            ODD.get(query, {"status": "error", "error": "parse error: unexpected end"})
        ).encode()
    answer: Any = {"status": "success", "data": {"resultType": "matrix", "result": known[query]}}
    answer["warnings"] = ["a store is missing"] * (query == "counter")
    return 200, json.dumps(answer).encode()


@pytest.fixture
def prometheus() -> Iterator[StandIn]:
    with standing_in(two_calls_a_second) as made:
        yield made


@pytest.fixture
def server(prometheus: StandIn) -> str:
    return prometheus.url


def test_a_prometheus_servers_rates(server: str) -> None:
    source = source_of(f"{server}/", "total", "errors", step=10, start=1_700_000_000, end=1_700_000_120)
    got = read_calls([source])
    # Thirteen points, each standing for the ten seconds before it; those after the first minute have errors.
    assert got.format == "counts"
    assert len(got.calls) == 13 * 20
    assert (got.calls.status == 500).sum() == 6 * 4
    assert got.calls.epoch == pytest.approx(1_699_999_990.25)
    assert got.calls.span == pytest.approx(129.5)


def test_a_long_time_takes_several_requests(prometheus: StandIn) -> None:
    got = read_calls(
        [source_of(prometheus.url, "total", "nothing", step=1, start=1_700_000_000, end=1_700_010_500)]
    )
    assert len(got.calls) == 2 * 10_501
    assert [asked.query for asked in prometheus.asked] == ["total", "total", "nothing", "nothing"]


@pytest.mark.parametrize(
    ("total", "problem"),
    [
        ("sum(", "parse error: unexpected end"),
        ("vector", "a vector instead of a matrix"),
        ("html", "status 400"),
        ("words", "no answer of Prometheus"),
        ("shapes", "no answer of Prometheus"),
        ("list", "no answer of Prometheus"),
    ],
)
def test_what_a_server_does_not_take_is_told_in_its_words(server: str, total: str, problem: str) -> None:
    with pytest.raises(UnreachableError, match=problem):
        read_calls([source_of(server, total, "errors", start=0, end=60)])


def test_a_query_without_data_and_a_server_that_is_not_there(server: str) -> None:
    with pytest.raises(InsufficientDataError, match="no point of histograms"):
        read_calls([source_of(server, "histograms", "errors", start=0, end=60)])
    with pytest.raises(
        InsufficientDataError,
        match="nothing between 1970-01-01 00:00:00Z and 1970-01-01 00:01:0",
    ):
        read_calls([source_of(server, "nothing", "errors", start=0, end=60)])
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1/api"):
        read_calls([source_of("http://127.0.0.1:1", "total", "errors", start=0, end=60)])
    with pytest.raises(ConfigurationError, match="no URL of a Prometheus server"):
        source_of("localhost:9090", "total", "errors")


def test_what_is_odd_of_an_answer_is_said(server: str) -> None:
    got = read_calls(
        [source_of(server, "counter", "nothing", step=10, start=1_700_000_000, end=1_700_000_400)]
    )
    words = "\n".join(got.calls.notes)
    assert "Prometheus warns: a store is missing" in words
    assert "there is no point of nothing between 2023-11-14 22:13:20Z and 2023-11-14 22:20:00Z" in words
    assert "counter hardly ever falls, as a counter: it must give calls a second" in words
    sound = read_calls(
        [source_of(server, "total", "errors", step=10, start=1_700_000_000, end=1_700_000_400)]
    )
    assert not [note for note in sound.calls.notes if "counter" in note or "no point" in note]
    with pytest.raises(
        WrongFormatError, match=r"(?s)130,000,000,000 calls between.*queries must give calls a s"
    ):
        read_calls([source_of(server, "huge", "errors", step=10, start=1_700_000_000, end=1_700_000_120)])


@pytest.mark.parametrize(
    ("url", "settings", "problem"),
    [
        ("http://[::1", {}, "is no URL of a Prometheus server"),
        ("http://h:99999", {}, "is no URL of a Prometheus server"),
        ("http://h:9090/graph?g0.expr=up", {}, r"graph\?g0.expr=up' should be http://h:9090$"),
        ("http://me:secret@h/?x=1", {}, "'http://h/\\?x=1' should be http://h$"),
        ("http://h", {"start": 5, "end": 5}, "--since must be before --until"),
        ("http://h", {"step": 0}, "--step must be over 0"),
    ],
)
def test_what_cannot_be_asked(url: str, settings: dict[str, float], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        source_of(url, "total", "errors", **settings)


def test_too_many_points_are_not_asked_for() -> None:
    with pytest.raises(ConfigurationError, match="a point every 1ms from 1970-01-01 00:00:00Z"):
        read_calls([source_of("http://127.0.0.1:1", "total", "errors", step=0.001, start=0, end=86_400)])


def test_user_and_password_are_sent_and_not_shown(
    prometheus: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    from cbtool.__main__ import run  # noqa: PLC0415  # as a user would

    url = prometheus.url.replace("//", "//me:se%40cret@")
    asked = ["--prometheus", url, "--total", "total", "--errors", "errors", "--since", "1700000000"]
    for command in (["simulate", "--json"], ["recommend"], ["verify", "-p", "balanced", "--json"]):
        run([*command, *asked, "--until", "1700003600"])
        printed = capsys.readouterr()
        assert "cret" not in printed.out + printed.err
        assert prometheus.url.removeprefix("http://") in printed.out
    assert {asked.authorization for asked in prometheus.asked} == {"Basic bWU6c2VAY3JldA=="}
    when = ["--since", "0", "--until", "60"]
    asked[1] = "http://me:se%40cret@127.0.0.1:1"
    assert run(["simulate", *asked[:6], *when]) == 4
    assert "cret" not in capsys.readouterr().err


def test_an_answer_that_is_too_long(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbtool.logs.prometheus._LARGEST", 1000)
    with pytest.raises(UnreachableError, match=r"sum\(total\), or a longer --step, is shorter"):
        read_calls([source_of(server, "total", "errors", step=10, start=0, end=4000)])
