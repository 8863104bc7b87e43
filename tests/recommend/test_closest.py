"""The last step of the search: gates no larger than the budget needs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from traffic_cases import config_of, recommended

from cbtool.recommend.candidates.gates import Candidate, Gate
from cbtool.recommend.candidates.moves import with_errors
from cbtool.recommend.search.closest import closest_errors, closest_windows
from cbtool.recommend.search.ground import Ground
from cbtool.traffic.calls import Calls

GROUND = Ground(quiet=50.0, busy=50.0, seconds=3000.0, incident=120.0, p99=None, break_even=20.0)
NEEDED = 214  # errors, of a burst with its margin


def allowed(gate: Gate) -> bool:
    """As a gate is that asks for more errors than a burst has: in a full window, or outright."""
    return max(gate.errors, gate.threshold * gate.holds(GROUND.busy) / 100) >= NEEDED


def fit(gate: Gate) -> Gate | None:
    return with_errors(gate, 5) if allowed(with_errors(gate, 5)) else None


@pytest.mark.parametrize(
    "gate",
    [
        Gate(30.0, 20.0, 5, 5),
        Gate(20.0, 20.0, 300, 300),  # held by its errors gate, which the windows then need no more
        Gate(300.0, 80.0, 5, 5, counted=True),
    ],
)
def test_the_windows_ask_for_little_more_than_is_needed(gate: Gate) -> None:
    with ThreadPoolExecutor(2) as pool:
        found = list(closest_windows(Candidate(gate, 4.0, 1), GROUND, allowed, fit, pool))
    assert [each.gate.threshold for each in found] == GROUND.thresholds()
    for each in found:
        asked = each.gate.threshold * each.gate.holds(GROUND.busy) / 100
        assert NEEDED <= asked < 1.12 * NEEDED
        assert (each.gate.errors, each.gate.calls) == (5, 5)
        assert each.gate.counted == gate.counted


def test_the_errors_gate_is_the_smallest_that_is_allowed() -> None:
    found = list(closest_errors(Candidate(Gate(5.0, 20.0, 300, 300), 4.0, 1), allowed))
    assert [each.gate.errors for each in found] == [NEEDED]


def test_where_the_grid_s_gate_is_the_smallest_there_is_none_closer() -> None:
    assert not list(closest_errors(Candidate(Gate(5.0, 20.0, 214, 214), 4.0, 1), allowed))
    assert not list(closest_errors(Candidate(Gate(5.0, 20.0, 4, 4), 4.0, 1), lambda _: True))


def test_a_run_of_the_fewest_errors_is_among_the_windows() -> None:
    """At a call in three minutes of which one in twenty fails, four in a row come by chance in a year."""
    random, n = np.random.default_rng(1), 20_000
    start = np.sort(random.random(n) * 4e14).astype(np.int64)
    failed = random.random(n) < 0.05
    for at in (60_000, 180_000, 300_000):
        failed[slice(*np.searchsorted(start, (at * 10**9, (at + 3600) * 10**9)))] = True
    duration = random.integers(50, 90, n) * 10**6
    calls = Calls(start, duration, np.where(failed, 503, 200).astype(np.int16), np.zeros(n, np.uint8))
    config = config_of(recommended(calls, instances=8, brief=True))
    assert config.sliding_window_type.value == "count"
    assert (config.sliding_window_size, config.minimum_number_of_errors) == (4, 4)
