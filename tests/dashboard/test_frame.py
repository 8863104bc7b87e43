"""Frames as they look: golden files, rewritten by CBTOOL_UPDATE_GOLDEN=1 and reviewed in the diff."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from dashboard_views import CONFIG, EMPTY, VIEWS, breaker, closed, eight, half_open, no_data, open_
from hypothesis import given, settings
from hypothesis import strategies as st

from cbtool.breaker import (
    BreakerConfig,
    HealthCheck,
    ResetBy,
    Snapshot,
    State,
    WhenOpen,
    WhenOpenAction,
    WindowType,
)
from cbtool.dashboard.frame import frame
from cbtool.dashboard.line import width_of
from cbtool.metrics.view import Second

GOLDEN = Path(__file__).parent.parent / "golden" / "dashboard"
SIZES = ((120, 40), (80, 24), (40, 12))


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", VIEWS)
def test_a_frame_looks_as_it_did(name: str, size: tuple[int, int]) -> None:
    drawn = str(frame(VIEWS[name](), *size)) + "\n"
    path = GOLDEN / f"{name}_{size[0]}x{size[1]}.txt"
    if os.environ.get("CBTOOL_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(drawn)
    assert drawn == path.read_text(), "if this is meant, run with CBTOOL_UPDATE_GOLDEN=1 and read the diff"


counts = st.builds(
    lambda calls, failures, slow, run: Snapshot(
        calls, min(failures, calls), min(slow, calls), min(run, calls)
    ),
    *[st.integers(0, 10**6)] * 4,
)
breakers = st.builds(
    breaker,
    st.sampled_from(State),
    st.floats(0, 1e6),
    counts,
    st.none() | st.floats(0, 1e7),
)
configs = st.sampled_from(
    (
        CONFIG,
        BreakerConfig(),
        BreakerConfig(sliding_window_type=WindowType.CONSECUTIVE),
        BreakerConfig(error_count_threshold=7, minimum_number_of_errors=0, wait_duration_in_open_state=0),
        BreakerConfig(health_check=HealthCheck()),
        BreakerConfig(health_check=HealthCheck(reset_by=ResetBy.LATER), failure_rate_threshold=0.1),
    )
)
seconds = st.builds(Second, *[st.integers(0, 5000)] * 4, st.floats(0, 1))


@settings(max_examples=150)
@given(
    name=st.sampled_from(sorted(VIEWS)),
    width=st.integers(1, 260),
    height=st.integers(1, 80),
    many=st.lists(breakers, min_size=1, max_size=12),
    config=configs,
    past=st.lists(seconds, max_size=200),
    total=st.none() | st.floats(0, 1e6),
    title=st.text(max_size=50),
)
def test_every_frame_has_exactly_its_size_and_controls_nothing(  # noqa: PLR0917  # what is drawn
    name: str,
    width: int,
    height: int,
    many: list,
    config: BreakerConfig,
    past: list[Second],
    total: float | None,
    title: str,
) -> None:
    view = closed(
        **{
            **{
                field: getattr(VIEWS[name](), field)
                for field in ("counts", "latency", "transitions", "notice")
            },
            "elapsed": 50.0,
            "breakers": tuple(many),
            "config": config,
            "seconds": tuple(past),
            "total": total,
            "title": title,
        }
    )
    drawn = frame(view, width, height)
    assert len(drawn.lines) == height
    assert {width_of(line) for line in drawn.lines} == {width}
    assert str(drawn).replace("\n", "").isprintable()


def test_the_state_is_in_the_first_rows_of_every_size() -> None:
    for size in SIZES:
        assert "OPEN" in "".join(str(frame(half_open(), *size)).splitlines()[:4])


def test_open_says_when_it_tries_again() -> None:
    assert "half-open in 4.8 s" in str(frame(open_(), 80, 24))
    past_wait = closed(breakers=(breaker(State.OPEN, 10.0, EMPTY, 20.0),))
    assert "wait over, next call tries" in str(frame(past_wait, 80, 24))


def test_while_open_the_gauges_show_what_opened_it_since_the_window_is_empty() -> None:
    drawn = str(frame(open_(), 80, 24))
    assert "window: last 10s, when it opened" in drawn
    assert "1,000 of 10 ✓" in drawn


def test_half_open_shows_its_trials_instead_of_the_gates() -> None:
    drawn = str(frame(half_open(), 80, 24))
    assert "trials 3 of 5, 1 failed" in drawn
    assert "minimum" not in drawn


def test_a_health_check_decides_instead_of_the_wait() -> None:
    health = BreakerConfig(health_check=HealthCheck())
    view = closed(config=health, breakers=(breaker(State.OPEN, 10.0, EMPTY, 99.0),))
    assert "open until healthy" in str(frame(view, 80, 24))


def test_many_breakers_are_counted_and_the_furthest_from_closed_shown() -> None:
    drawn = str(frame(eight(), 120, 40))
    assert "2 of 8 OPEN" in drawn
    assert "2 open  1 half-open  5 closed  #7 for 6.0 s" in drawn


def test_the_one_nearest_to_tripping_is_shown_while_all_are_closed() -> None:
    view = closed(breakers=tuple(breaker(State.CLOSED, 0.0, Snapshot(100, n, 0, 0)) for n in (3, 40, 12)))
    assert "#1 for" in str(frame(view, 80, 24))


def test_a_gate_says_how_full_it_is_and_when_it_is_passed() -> None:
    view = closed(breakers=(breaker(State.CLOSED, 0.0, Snapshot(12, 10, 0, 0)),))
    rows = {row[:14].strip(): row for row in str(frame(view, 80, 24)).splitlines()}
    assert rows["minimum calls"].endswith("12 of 20")
    assert rows["minimum errors"].endswith("10 of 10 ✓")


def test_a_consecutive_window_shows_its_run() -> None:
    view = closed(
        config=BreakerConfig(sliding_window_type=WindowType.CONSECUTIVE, sliding_window_size=5),
        breakers=(breaker(State.CLOSED, 0.0, Snapshot(3, 3, 0, 3)),),
    )
    assert "3 of 5" in str(frame(view, 80, 24))


def test_shadow_redirects_and_drops_are_told() -> None:
    redirecting = BreakerConfig(when_open=WhenOpen(WhenOpenAction.REDIRECT, "http://127.0.0.1:9001"))
    view = closed(
        shadow=True, config=redirecting, counts={"redirected": 12, "dropped": 3, "not_permitted": 12}
    )
    drawn = str(frame(view, 80, 24))
    assert "shadow: refuses nothing" in drawn
    for row in ("redirected", "dropped", "would refuse"):
        assert row in drawn
    brief = str(frame(view, 40, 12))
    assert "12 would refuse  3 dropped" in brief


def test_a_hostile_title_controls_nothing() -> None:
    drawn = str(frame(closed(title="cbtool \x1b[2J\r\nprobe 漢字 e\u0301 \u202e"), 80, 24))
    assert drawn.startswith("cbtool �[2J��probe �� e� �")


def test_no_data_yet_says_so() -> None:
    assert "waiting for the first second" in str(frame(no_data(), 80, 24))


def test_without_filling_a_frame_takes_only_what_it_needs() -> None:
    assert len(frame(closed(), 80, 24, fill=False).lines) < 24


def test_where_few_blocks_fit_abreast_trips_come_before_latency_and_the_rest_below() -> None:
    low, high = str(frame(open_(), 60, 20)), str(frame(open_(), 60, 30))
    assert "trips, time in state" in low
    assert "latency" not in low
    assert "latency, intended start" in high
