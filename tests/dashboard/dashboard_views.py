"""Runs at one moment, for the dashboard to draw."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cbtool.breaker import BreakerConfig, Reason, Snapshot, State, StateTransition, WindowType
from cbtool.metrics.view import BreakerView, InstanceTransition, LiveView, Second

EMPTY = Snapshot(0, 0, 0, 0)
CONFIG = BreakerConfig(
    failure_rate_threshold=50,
    slow_call_duration_threshold=2.0,
    sliding_window_type=WindowType.TIME,
    sliding_window_size=10,
    minimum_number_of_calls=20,
    minimum_number_of_errors=10,
    wait_duration_in_open_state=10,
    permitted_number_of_calls_in_half_open_state=5,
)
TRIP = StateTransition(31.2, State.CLOSED, State.OPEN, Reason.FAILURE_RATE, Snapshot(2000, 1000, 4, 3), 10.0)
RETRY = StateTransition(41.2, State.OPEN, State.HALF_OPEN, Reason.WAIT_OVER, EMPTY)

HEALTHY_SECONDS = tuple(Second(200, index % 3 * 2, 0, 0, 0.0) for index in range(26))
BAD_SECONDS = tuple(Second(200, 20 + 30 * index, 1, 0, 0.0) for index in range(5))
OPEN_SECONDS = (Second(40, 38, 0, 160, 1.0), *[Second(0, 0, 0, 200, 1.0)] * 4)


def breaker(state: State, since: float, counts: Snapshot = EMPTY, until: float | None = None) -> BreakerView:
    return BreakerView(state, since, counts, until)


def closed(**changes: Any) -> LiveView:
    view = LiveView(
        title="cbtool probe http://127.0.0.1:8080/items",
        elapsed=26.4,
        total=60.0,
        config=CONFIG,
        shadow=False,
        breakers=(breaker(State.CLOSED, 0.0, Snapshot(1987, 20, 4, 0)),),
        target_rate=200.0,
        rate=198.0,
        counts={
            "calls": 5280, "permitted": 5280, "not_permitted": 0, "redirected": 0, "dropped": 0,
            "in_flight": 4, "success": 5216, "failure": 52, "slow_success": 8, "slow_failure": 0,
            "ignored": 0,
        },
        latency={"p50": 0.0213, "p95": 0.0805, "p99": 0.123, "max": 1.2},
        trips=0,
        time_in_state={State.CLOSED: 26.4, State.OPEN: 0.0, State.HALF_OPEN: 0.0},
        transitions=(),
        seconds=HEALTHY_SECONDS,
    )  # fmt: skip
    return replace(view, **changes)


def open_() -> LiveView:
    view = closed()
    return replace(
        view,
        elapsed=36.4,
        breakers=(breaker(State.OPEN, 31.2, EMPTY, 41.2),),
        counts={**view.counts, "calls": 7280, "not_permitted": 960, "failure": 452, "dropped": 3},
        trips=1,
        time_in_state={State.CLOSED: 31.2, State.OPEN: 5.2, State.HALF_OPEN: 0.0},
        transitions=(InstanceTransition(0, TRIP),),
        seconds=HEALTHY_SECONDS + BAD_SECONDS + OPEN_SECONDS,
    )


def half_open() -> LiveView:
    view = open_()
    return replace(
        view,
        elapsed=41.5,
        breakers=(breaker(State.HALF_OPEN, 41.2, Snapshot(3, 1, 0, 1)),),
        time_in_state={State.CLOSED: 31.2, State.OPEN: 10.0, State.HALF_OPEN: 0.3},
        transitions=(InstanceTransition(0, TRIP), InstanceTransition(0, RETRY)),
        seconds=view.seconds + OPEN_SECONDS[1:] * 2,
        notice="stopping, waiting for 4 calls …",
    )


def eight() -> LiveView:
    view = half_open()
    quiet = [breaker(State.CLOSED, 0.0, Snapshot(250, count, 0, 0)) for count in range(5)]
    return replace(
        view,
        breakers=(
            *quiet,
            breaker(State.HALF_OPEN, 41.2, Snapshot(3, 1, 0, 1)),
            breaker(State.OPEN, 33.0, EMPTY, 43.0),
            breaker(State.OPEN, 35.5, EMPTY, 45.5),
        ),
        trips=3,
        time_in_state={State.CLOSED: 312.0, State.OPEN: 19.7, State.HALF_OPEN: 0.3},
        transitions=(
            InstanceTransition(5, TRIP),
            InstanceTransition(6, replace(TRIP, time=33.0)),
            InstanceTransition(7, replace(TRIP, time=35.5)),
            InstanceTransition(5, RETRY),
        ),
        seconds=tuple(second._replace(open_share=second.open_share * 3 / 8) for second in view.seconds),
        notice="",
    )


def no_data() -> LiveView:
    return closed(
        elapsed=0.1,
        breakers=(breaker(State.CLOSED, 0.0),),
        rate=0.0,
        counts={},
        latency={},
        time_in_state={State.CLOSED: 0.1},
        seconds=(),
    )


VIEWS = {
    "closed": closed,
    "open": open_,
    "half_open": half_open,
    "eight": eight,
    "no_data": no_data,
}
