"""A run's summary: what counts as a trip, as time to reset and as time in a state."""

from __future__ import annotations

import pytest

from cbtool.breaker import BreakerConfig, Outcome, Reason, Snapshot, State, StateTransition, WindowType
from cbtool.metrics.opening import OpeningTimer
from cbtool.metrics.summary import Impact, RunSummary, summarise
from cbtool.metrics.view import InstanceTransition

CLOSED, OPEN, HALF_OPEN = State.CLOSED, State.OPEN, State.HALF_OPEN
STORY = (
    (10.0, CLOSED, OPEN, Reason.FAILURE_RATE),
    (20.0, OPEN, HALF_OPEN, Reason.WAIT_OVER),
    (21.0, HALF_OPEN, OPEN, Reason.FAILURE_RATE),
    (31.0, OPEN, HALF_OPEN, Reason.WAIT_OVER),
    (33.0, HALF_OPEN, CLOSED, Reason.TRIALS_PASSED),
)


def story(instance: int = 0, later: float = 0.0) -> list[InstanceTransition]:
    return [
        InstanceTransition(
            instance, StateTransition(time + later, source, target, reason, Snapshot(10, 6, 1, 2))
        )
        for time, source, target, reason in STORY
    ]


def summary(transitions: list[InstanceTransition], instances: int = 1) -> RunSummary:
    return summarise(
        transitions,
        calls=100,
        permitted=80,
        end=50.0,
        time_to_open=[2.0],
        impact=Impact(failed_shed=15, healthy_refused=None),
        instances=instances,
    )


def test_a_reopening_is_no_trip_and_the_reset_counts_from_the_trip() -> None:
    made = summary(story())
    assert (made.trips, made.not_permitted) == (1, 20)
    assert made.time_to_reset == (23.0,)
    assert made.time_in_state == {CLOSED: 27.0, OPEN: 20.0, HALF_OPEN: 3.0}


def test_a_trip_at_the_end_has_no_time_to_reset() -> None:
    made = summary(story()[:1])
    assert made.time_to_reset == ()
    assert made.time_in_state[OPEN] == 40.0


def test_instances_are_kept_apart_and_merged_by_time() -> None:
    made = summary(story(1, later=0.5) + story(0), instances=2)
    assert [(each.instance, each.transition.time) for each in made.transitions[:3]] == [
        (0, 10.0),
        (1, 10.5),
        (0, 20.0),
    ]
    assert made.time_to_reset == (23.0, 23.0)
    assert sum(made.time_in_state.values()) == pytest.approx(100.0)


def test_the_document_has_the_promised_keys() -> None:
    document = summary(story()).to_json(BreakerConfig())
    assert document["time_to_reset"] == {"count": 1, "mean": 23.0, "max": 23.0, "each": [23.0]}
    assert document["impact"] == {"failed_shed": 15, "healthy_refused": None}
    assert document["time_in_state"] == {"closed": 27.0, "open": 20.0, "half_open": 3.0}
    assert document["transitions"][0] == {
        "t": 10.0,
        "from": "closed",
        "to": "open",
        "reason": "failure_rate",
        "instance": 0,
        "calls": 10,
        "failures": 6,
        "slow": 1,
        "detail": "failure rate 60 % ≥ 50 % (6 of 10 calls, gates 100 calls and 1 error)",
    }


def test_no_trip_means_null_and_not_zero() -> None:
    document = summary([]).to_json(BreakerConfig())
    assert document["time_to_reset"] == {"count": 0, "mean": None, "max": None, "each": []}


def test_time_to_open_counts_from_the_first_bad_result_of_the_window_that_tripped() -> None:
    timer = OpeningTimer(BreakerConfig(sliding_window_size=4))
    for second, outcome in enumerate(
        (Outcome.FAILURE, Outcome.SUCCESS, Outcome.SLOW_SUCCESS, Outcome.SUCCESS, Outcome.FAILURE)
    ):
        timer.count(outcome, float(second))
    trip = StateTransition(4.0, CLOSED, OPEN, Reason.FAILURE_RATE, Snapshot(4, 1, 1, 1))
    assert timer.opened(trip) == 2.0  # the failure at 0 has left the window, the slow call at 2 is in it


def test_the_timer_forgets_with_its_window() -> None:
    config = BreakerConfig(sliding_window_type=WindowType.TIME, sliding_window_size=10.0)
    timer = OpeningTimer(config)
    for second in range(10_000):
        timer.count(Outcome.FAILURE, float(second))
    assert len(timer._bad) <= 21
