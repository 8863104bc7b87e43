"""The order of events that both engines share, and what results count as."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.breaker import Outcome, Verdict
from cbtool.breaker.outcome import outcome_of
from cbtool.simulation.traffic import Traffic, outcomes_of, traffic_of


def order_of(traffic: Traffic) -> list[str]:
    """Return the events by name: s0 is the start of call 0, c0 its completion."""
    events, done = [], 0
    for call in range(len(traffic)):
        while done < len(traffic) and traffic.started[done] <= call:
            events.append(f"c{traffic.call_of[done]}")
            done += 1
        events.append(f"s{call}")
    return events + [f"c{call}" for call in traffic.call_of[done:]]


def traffic(*calls: tuple[int, int]) -> Traffic:
    start, duration = (np.array(column, np.int64) for column in zip(*calls, strict=True))
    return traffic_of(start, duration, np.zeros(len(calls), np.uint8))


@pytest.mark.parametrize(
    ("calls", "events"),
    [
        pytest.param([(0, 5), (5, 1)], "s0 c0 s1 c1", id="a completion comes before a start"),
        pytest.param([(0, 0), (0, 0)], "s0 c0 s1 c1", id="no time: completes before the next start"),
        pytest.param([(0, -1), (0, 3)], "s0 c0 s1 c1", id="an unknown duration takes no time"),
        pytest.param([(0, 9), (4, 5), (9, 0)], "s0 s1 c0 c1 s2 c2", id="equal completions in call order"),
        pytest.param([(0, 9), (1, 2), (2, 1)], "s0 s1 s2 c1 c2 c0", id="completion order is its own"),
        pytest.param([(0, 4), (4, 0), (4, 2)], "s0 c0 s1 c1 s2 c2", id="all at one instant"),
    ],
)
def test_the_order_of_events(calls: list[tuple[int, int]], events: str) -> None:
    assert order_of(traffic(*calls)) == events.split()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 6)), min_size=1, max_size=25))
def test_the_order_equals_a_plain_sort(calls: list[tuple[int, int]]) -> None:
    calls.sort(key=lambda call: call[0])
    events = []
    for number, (start, duration) in enumerate(calls):
        lasts = duration > 0
        events.append(((start, 1, number, 0), f"s{number}"))
        # A call that takes no time completes right after its own start.
        end = (start + duration, 0, number, 0) if lasts else (start, 1, number, 1)
        events.append((end, f"c{number}"))
    assert order_of(traffic(*calls)) == [name for _, name in sorted(events)]


def test_late_results_are_settled_when_the_last_older_call_has_completed() -> None:
    # Completions: call 1, call 2, call 0.
    assert traffic((0, 9), (1, 2), (2, 3)).settled.tolist() == [0, 3, 3, 3]


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(list(Verdict)))), st.sampled_from([None, 0.2]))
def test_outcomes_of_many_equal_the_outcome_of_each(
    calls: list[tuple[int, Verdict]], threshold: float | None
) -> None:
    duration = np.array([steps * 100_000_000 for steps, _ in calls], np.int64)
    verdicts = np.array([verdict for _, verdict in calls], np.uint8)
    expected = [outcome_of(verdict, steps / 10, threshold) for steps, verdict in calls]
    assert outcomes_of(duration, verdicts, threshold).tolist() == expected


def test_sums_count_what_came_before() -> None:
    made = traffic_of(
        np.arange(4, dtype=np.int64), np.zeros(4, np.int64), np.array([0, 1, 2, 1], np.uint8)
    ).results(None)
    assert made.outcomes.tolist() == [Outcome.SUCCESS, Outcome.FAILURE, Outcome.IGNORED, Outcome.FAILURE]
    assert made.sums[:, :3].tolist() == [[0, 0, 0], [1, 0, 0], [2, 1, 0], [2, 1, 0], [3, 2, 0]]
