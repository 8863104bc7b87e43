from __future__ import annotations

from itertools import chain

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.logs.pieces import Pieces
from cbtool.traffic.formats import FORMATS, Rows, assemble, placing
from cbtool.traffic.formats.placing import in_order, order_of, spread

SECOND = 1_000_000_000
MS = 1_000_000
NGINX, APACHE, CSV = FORMATS["nginx"], FORMATS["apache-us"], FORMATS["csv"]


def frame(times: list[int], durations: list[int], **columns: list[object]) -> pl.DataFrame:
    n = len(times)
    return pl.DataFrame(
        {
            "time": pl.Series(times, dtype=pl.Int64),
            "duration": pl.Series(durations, dtype=pl.Int64),
            "status": pl.Series(columns.pop("status", [200] * n), dtype=pl.Int16),
            "error": pl.Series([0] * n, dtype=pl.UInt8),
        }
        | {name: pl.Series(values, dtype=pl.String) for name, values in columns.items()}
    )


def test_a_start_is_the_end_less_the_duration_and_rows_are_sorted_by_it() -> None:
    calls = assemble(
        [Rows(NGINX, frame([10 * SECOND, 11 * SECOND], [500 * MS, 3 * SECOND], status=[200, 503]))]
    )
    assert calls.epoch == 8.0
    assert calls.start_ns.tolist() == [0, 1500 * MS]
    assert calls.duration_ns.tolist() == [3 * SECOND, 500 * MS]
    assert calls.status.tolist() == [503, 200]


def test_a_stamp_of_the_start_stays() -> None:
    calls = assemble([Rows(APACHE, frame([10 * SECOND, 11 * SECOND], [500 * MS, 3 * SECOND]))])
    assert (calls.epoch, calls.start_ns.tolist()) == (10.0, [0, SECOND])


def test_an_unknown_duration_starts_at_its_end() -> None:
    calls = assemble([Rows(NGINX, frame([10 * SECOND, 11 * SECOND], [-1, 100 * MS]))])
    assert calls.start_ns.tolist() == [0, 900 * MS]
    assert calls.duration_ns.tolist() == [-1, 100 * MS]
    assert "1 of 2 calls have no duration, and count as instantaneous" in calls.notes


def test_calls_of_the_same_second_are_spread_over_it_in_the_logs_order() -> None:
    rows = frame([5 * SECOND] * 4 + [6 * SECOND], [0] * 5, status=[201, 202, 203, 204, 205])
    calls = assemble([Rows(NGINX, rows)])
    assert calls.start_ns.tolist() == [0, 250 * MS, 500 * MS, 750 * MS, SECOND]
    assert calls.status.tolist() == [201, 202, 203, 204, 205]
    assert "times are whole seconds: calls of the same second were spread evenly over it" in calls.notes


def test_exact_times_stay_as_they_are() -> None:
    calls = assemble([Rows(CSV, frame([5 * SECOND, 5 * SECOND, 6 * SECOND], [0, 0, 0]))])
    assert calls.start_ns.tolist() == [0, 0, SECOND]
    assert calls.notes == ()


def test_files_are_merged_by_time_and_equal_starts_keep_their_order() -> None:
    first = Rows(CSV, frame([1, 3, 5], [0, 0, 0], status=[201, 203, 205]))
    second = Rows(CSV, frame([3, 2, 9], [0, 0, 0], status=[213, 212, 219]))
    assert assemble([first, second]).status.tolist() == [201, 212, 203, 213, 205, 219]


def test_each_file_is_spread_by_itself() -> None:
    calls = assemble([Rows(NGINX, frame([SECOND] * 2, [0] * 2)), Rows(NGINX, frame([SECOND] * 4, [0] * 4))])
    assert (calls.start_ns // MS).tolist() == [0, 0, 250, 500, 500, 750]


def test_texts_and_instances() -> None:
    with_texts = Rows(
        CSV, frame([2, 1], [0, 0], method=["GET", None], path=["/b", "/a"], instance=["z", "a"])
    )
    calls = assemble([with_texts, Rows(NGINX, frame([3 * SECOND], [0]))])
    assert calls.method is not None
    assert calls.method.to_list() == [None, "GET", None]
    assert calls.path is not None
    assert calls.path.to_list() == ["/a", "/b", None]
    assert calls.instance is not None
    assert calls.instances == ("-", "a", "z")
    assert calls.instance.tolist() == [1, 2, 0]


def test_nobody_named_an_instance() -> None:
    calls = assemble([Rows(CSV, frame([1], [0], instance=[None]))])
    assert (calls.instance, calls.instances) == (None, ())


def test_notes_on_what_lacks() -> None:
    calls = assemble([Rows(FORMATS["combined"], frame([SECOND, 2 * SECOND], [-1, -1], status=[499, 200]))])
    assert not calls.knows_durations
    assert any("no durations" in note for note in calls.notes)
    assert any(note.startswith("1 calls have status 499") for note in calls.notes)
    assert any("microseconds" in note for note in assemble([Rows(APACHE, frame([1], [0]))]).notes)


@given(st.lists(st.integers(0, 20), max_size=60))
def test_spreading_keeps_every_call_in_its_second_and_the_order_of_equal_ones(seconds: list[int]) -> None:
    times = np.array(seconds, np.int64) * SECOND
    placed = spread(times, SECOND)
    assert (placed // SECOND).tolist() == seconds
    for second in set(seconds):
        within = placed[times == second * SECOND] - second * SECOND
        m = len(within)
        assert within.tolist() == [k * SECOND // m for k in range(m)]


@given(st.lists(st.lists(st.integers(0, 50), max_size=30), min_size=1, max_size=6), st.integers(0, 60))
def test_rows_come_in_order_piece_by_piece_whatever_the_parts(parts: list[list[int]], apart: int) -> None:
    """Both where the order moves rows little, and where they come from everywhere."""
    starts = np.array([at // 7 * apart + start for at, start in enumerate(chain(*parts))], np.int64)
    cuts = np.cumsum([len(part) for part in parts])[:-1]
    series = [pl.Series(part.astype(str), dtype=pl.String) for part in np.split(starts, cuts)]
    order = order_of(starts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placing, "PIECE", 8)
        pieces = list(in_order(series, order))
    assert series == []
    assert [text for piece in pieces for text in piece] == np.sort(starts).astype(str).tolist()
    assert order is None or all(len(piece) <= 8 for piece in pieces)


def test_a_table_is_joined_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cbtool.logs.pieces.PIECE", 5)
    pieces = Pieces()
    for at in range(9):
        pieces.add(pl.DataFrame({"a": [at, -at]}))
    table = pieces.taken()
    assert table["a"].to_list() == [sign * at for at in range(9) for sign in (1, -1)]
    assert table["a"].n_chunks() == 3


def test_calls_can_be_taken_and_keep_their_places() -> None:
    calls = assemble(
        [Rows(CSV, frame([1, 2, 3], [0, 5, 0], path=["/a", "/b", "/c"], instance=["x", "y", "x"]))]
    )
    some = calls.take(np.array([False, True, True]))
    assert len(some) == 2
    assert some.start_ns.tolist() == [1, 2]
    assert some.end_ns.tolist() == [6, 2]
    assert some.path is not None
    assert some.path.to_list() == ["/b", "/c"]
    assert some.instance is not None
    assert [some.instances[i] for i in some.instance] == ["y", "x"]


def test_rate_and_span() -> None:
    calls = assemble([Rows(CSV, frame([0, SECOND, 4 * SECOND], [0, 0, 0]))])
    assert (calls.span, calls.rate) == (4.0, pytest.approx(0.5))
    alone = assemble([Rows(CSV, frame([0], [0]))])
    assert (alone.span, alone.rate, len(alone)) == (0.0, 0.0, 1)
    assert alone.noting(("a", "b")).noting(("c",)).notes == ("a", "b", "c")
