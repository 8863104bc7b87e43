"""Short outages of so few calls that where many calls fail by chance they are no bad stretches."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from traffic_cases import config_of, recommended

from cbtool.recommend.candidates.gates import gate_of
from cbtool.recommend.incidents.bursts import hidden_bursts
from cbtool.recommend.incidents.incidents import apart_along
from cbtool.recommend.incidents.segments import Segment
from cbtool.recommend.model import Budget
from cbtool.recommend.reading.trace import Trace
from cbtool.traffic.calls import Calls

SECOND = 10**9
CALLS, RATE, BASELINE = 50_000, 2, 0.035
AT = (8_000, 21_000, 33_000, 46_000)


def some(*sizes: int, seed: int = 1) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Seven hours at 2/s in which 3.5 % of calls fail, and here and there all of a few."""
    failed = np.random.default_rng(seed).random(CALLS) < BASELINE
    for at, size in zip(AT, sizes, strict=False):
        failed[at - 40 : at + size + 40] = False
        failed[at : at + size] = True
    return np.arange(CALLS) * (SECOND // RATE), failed


def trace_of(start: NDArray[np.int64], failed: NDArray[np.bool_]) -> Trace:
    return Trace(start, np.full(len(start), SECOND // 100), failed, knows_durations=True)


def test_a_run_of_failures_is_a_burst_although_no_bad_stretch() -> None:
    start, failed = some(6, 4, 7, 14)
    apart = apart_along(trace_of(start, failed), None, Budget())
    assert apart.segments == (Segment(46_000, 46_013),)
    assert apart.hidden == (Segment(8_000, 8_005), Segment(33_000, 33_006))


def test_one_that_is_known_already_is_not_found_again() -> None:
    start, failed = some(14)
    assert hidden_bursts(start, failed, [Segment(8_000, 8_013)]) == []
    assert hidden_bursts(start, failed, []) == [Segment(8_000, 8_013)]


def test_one_that_lasts_is_none() -> None:
    start, failed = some(6)
    assert hidden_bursts(start * 30, failed, []) == []


def test_chance_makes_hardly_any() -> None:
    found = [hidden_bursts(*some(seed=seed), []) for seed in range(40)]
    assert sum(map(len, found)) <= 6  # e⁻³ a log


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gates_ride_through_the_next_that_is_half_as_long_again(seed: int) -> None:
    start, failed = some(7, seed=seed)
    failed[12_000:12_600] = True  # an outage of five minutes
    status = np.where(failed, 503, 200).astype(np.int16)
    duration = np.full(CALLS, SECOND // 100)
    answer = recommended(Calls(start, duration, status, np.zeros(CALLS, np.uint8)), brief=True)
    gate = gate_of(config_of(answer))
    assert gate is not None
    assert gate.asked_for(RATE) > 10
