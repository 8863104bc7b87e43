"""What is in flight when traffic stops: against a naive count, and in the budget of false trips."""

from __future__ import annotations

import numpy as np
import pytest
from traffic_cases import phase, traced, traffic

from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.exposure import exposure_of
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.reading.trace import Trace

SLOW = 4.0
SECOND = 1_000_000_000


def with_slow_ones(seconds: int, rate: int, every: int) -> Trace:
    """Return calls of 10 ms at an even rate, one of `every` of which takes ten seconds."""
    start = np.arange(seconds * rate, dtype=np.int64) * (SECOND // rate)
    duration = np.full(len(start), SECOND // 100)
    duration[every // 2 :: every] = 10 * SECOND
    return Trace(start, duration, np.zeros(len(start), np.bool_), knows_durations=True)


def stops_that_trip(trace: Trace, gate: Gate, bad: np.ndarray) -> int:
    """Count the completions after which the calls in flight trip the gate, if no other call began."""
    end = trace.start + trace.duration
    order = np.argsort(end, kind="stable")
    end, start, bad = end[order], trace.start[order], bad[order]
    trips = 0
    for last in range(len(end)):
        known = np.flatnonzero((np.arange(len(end)) <= last) | (start <= end[last]))
        for place, call in enumerate(known):
            if call <= last or not bad[call]:
                continue
            held = known[: place + 1]
            near = end[call] - end[held] < gate.window * SECOND
            held = held[-int(gate.window) :] if gate.counted else held[near]
            number, calls = int(bad[held].sum()), len(held)
            if number >= gate.errors and calls >= gate.calls and 100 * number >= gate.threshold * calls:
                trips += 1
                break
    return trips


GATES = (Gate(3.0, 40.0, 3, 3), Gate(3.0, 40.0, 2, 5), Gate(9, 40.0, 4, 4, counted=True))


@pytest.mark.parametrize("gate", GATES)
@pytest.mark.parametrize("of_slow", [False, True])
def test_what_is_in_flight_is_counted_as_one_by_one(gate: Gate, of_slow: bool) -> None:
    random = np.random.default_rng(5)
    start = np.cumsum(random.integers(1, SECOND // 4, 230))
    duration = (random.exponential(2.0, 230) * SECOND).astype(np.int64)
    trace = Trace(start, duration, random.random(230) < 0.25, knows_durations=True)
    bad = duration > SLOW * SECOND if of_slow else trace.failed
    expected = stops_that_trip(trace, gate, bad)
    found = exposure_of([trace], []).stop_trips(gate, SLOW if of_slow else None, gate.threshold)
    assert 10 < expected < 220
    assert found == pytest.approx(expected / 230)


def test_the_slow_calls_that_complete_last_cost_budget() -> None:
    """Two of a hundred calls a second take ten seconds: twenty are all that completes after a stop."""
    calm = exposure_of([with_slow_ones(3600, 100, 50)], [])
    few, many = (
        Guard(calm, [calm], 1 / 30).false_trips(
            Gate(5.0, 100.0, errors, errors, slow_from=SLOW, slow_threshold=50.0)
        )
        for errors in (8, 30)
    )
    assert few.likely == pytest.approx(12.0)  # twelve stops a day, and each would trip
    assert many.upper < 1 / 30


def test_traffic_without_durations_has_nothing_in_flight() -> None:
    calls = traced(traffic(phase("steady", 600, 5, failure_rate=5.0), seed=3))
    instant = Trace(calls.start, np.zeros_like(calls.duration), calls.failed, knows_durations=False)
    assert exposure_of([instant], []).stop_trips(Gate(30.0, 1.0, 1, 1), None, 1.0) == 0.0
