"""The last step of the search: gates no larger than the budget needs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from cbtool.recommend.candidates.gates import Candidate, Gate
from cbtool.recommend.candidates.moves import with_errors
from cbtool.recommend.search.closest import closest_errors, closest_windows
from cbtool.recommend.search.ground import Ground

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
