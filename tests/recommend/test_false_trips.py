"""The budget's closed forms against simulation, and windows against a naive count."""

from __future__ import annotations

import numpy as np
import pytest
from traffic_cases import phase, traced, traffic, with_bursts

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.chance import Levels, cold_trip, levels_of, trips_per_second
from cbtool.recommend.false_trips.clusters import HARDLY, chance_of_fullest, clusters_after
from cbtool.recommend.false_trips.exposure import Exposure, exposure_of
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.simulation.engine import Engine
from cbtool.simulation.run import simulate
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES

UNLIMITED = 1e9  # trips a day


def exposure(calls: Calls) -> Exposure:
    return exposure_of([traced(calls)], [])


def simulated_trips(calls: Calls, gate: Gate) -> int:
    config = BreakerConfig(
        failure_rate_threshold=gate.threshold,
        sliding_window_type=WindowType.COUNT if gate.counted else WindowType.TIME,
        sliding_window_size=gate.window,
        minimum_number_of_calls=gate.calls,
        minimum_number_of_errors=gate.errors,
        wait_duration_in_open_state=0.0,
        permitted_number_of_calls_in_half_open_state=1,
    )
    verdicts = DEFAULT_RULES.verdicts(calls)
    return simulate(calls, verdicts, config, engine=Engine.KERNEL).summary.trips


@pytest.mark.parametrize(
    ("rate", "gate"),
    [
        (2.0, Gate(10.0, 20.0, 2, 5)),
        (2.0, Gate(10.0, 10.0, 3, 3)),
        (20.0, Gate(5.0, 8.0, 6, 6)),
        (0.5, Gate(20.0, 10.0, 2, 2)),
        (2.0, Gate(20.0, 15.0, 3, 20, counted=True)),
        (2.0, Gate(3.0, 60.0, 2, 3, counted=True)),
    ],
)
def test_chance_bounds_the_simulated_trips_and_is_not_far_above(rate: float, gate: Gate) -> None:
    seconds = 100_000 / rate
    calls = traffic(phase("steady", seconds, rate, failure_rate=3.0), seed=1)
    seen = simulated_trips(calls, gate)
    data = exposure(calls)
    bound = seconds * trips_per_second(levels_of(data.end, data.failed), gate, gate.threshold)
    assert seen >= 20  # or the comparison says nothing
    assert seen < bound < 6 * seen


@pytest.mark.parametrize(("errors", "calls"), [(1, 1), (2, 5), (3, 10)])
def test_the_cold_window_is_exact(errors: int, calls: int) -> None:
    levels = Levels(np.array([2.0]), np.array([0.04]), np.array([1.0]))
    exact = cold_trip(levels, Gate(10.0, 20.0, errors, calls), 20.0)
    bad = np.random.default_rng(1).random((100_000, 20)) < 1.5 * 0.04
    count = np.cumsum(bad, axis=1)
    n = np.arange(1, 21)
    tripped = ((count >= errors) & (n >= calls) & (100 * count >= 20 * n)).any(axis=1).mean()
    assert exact == pytest.approx(tripped, rel=0.05)


def test_a_gate_that_tripped_on_the_background_is_over_any_budget() -> None:
    calls = traffic(phase("steady", 3600, 2, failure_rate=3.0), seed=1)
    data = exposure(calls)
    trips = Guard(data, [data], UNLIMITED).false_trips(Gate(10.0, 10.0, 1, 1))
    assert trips.seen > 24


def test_false_trips_fall_with_the_errors_gate() -> None:
    data = exposure(traffic(phase("steady", 7200, 2, failure_rate=3.0), seed=1))
    guard = Guard(data, [data], UNLIMITED)
    upper = [guard.false_trips(Gate(10.0, 20.0, errors, errors)).upper for errors in (1, 2, 3, 4, 6, 8)]
    assert upper == sorted(upper, reverse=True)
    assert upper[-1] < upper[1] / 100


def test_the_bound_moves_with_the_blocks_that_are_drawn() -> None:
    calls = with_bursts(traffic(phase("calm", 6000, 10), seed=2), every=150, size=6, seed=2)
    calls = with_bursts(calls, every=1000, size=8, seed=3)
    seen = exposure(calls)
    guard = Guard(seen, [seen], 1 / 30)
    gates = [Gate(10.0, 20.0, errors, errors) for errors in (8, 12, 30)]
    bounds = guard.bounds_on_resamples(gates, 30, seed=1)
    assert bounds.shape == (30, 3)
    assert (np.diff(bounds.mean(axis=0)) <= 0).all()  # more errors, fewer trips
    assert len(np.unique(bounds[:, 0])) > 20
    assert (bounds == guard.bounds_on_resamples(gates, 30, seed=1)).all()


@pytest.mark.parametrize("counted", [False, True])
def test_an_empty_window_is_tried_from_every_moment_of_the_background(counted: bool) -> None:
    random = np.random.default_rng(7)
    end = np.cumsum(random.integers(1, 5, 400)) * 10**9
    failed = random.random(400) < 0.2
    gate = Gate(12.0, 40.0, 3, 3, counted=counted)
    lost = 0
    for first in range(400):
        for last in range(first, 400):
            held = last - first + 1
            if held > 12 if counted else end[last] - end[first] >= 12 * 10**9:
                break
            bad = int(failed[first : last + 1].sum())
            if failed[last] and bad >= 3 and 100 * bad >= 40 * held:
                lost += int(end[first] - end[max(first - 1, 0)])
                break
    seconds = float(end[-1] - end[0]) / 1e9
    found = Exposure(end, failed, np.zeros(400, np.int64), seconds).cold_trips(gate, None, 40.0)
    assert lost > 0
    assert found == pytest.approx(lost / 1e9 / seconds)


def test_loads_of_many_breakers_are_each_one_s() -> None:
    """Forty breakers' shares stand one after the other: more gaps between them than there are levels."""
    calls = traffic(phase("steady", 400, 0.5, failure_rate=2.0), seed=4)
    shares = [traced(calls)] * 40
    levels = levels_of(exposure_of(shares, []).end, np.tile(shares[0].failed, 40))
    assert levels.rate == pytest.approx(np.full(25, 0.5), rel=0.2)
    assert levels.time.sum() == pytest.approx(1.0)
    gate = Gate(60.0, 10.0, 3, 3)
    alone = trips_per_second(levels_of(exposure_of(shares[:1], []).end, shares[0].failed), gate, 10.0)
    assert trips_per_second(levels, gate, 10.0) == pytest.approx(alone, rel=0.5)


@pytest.mark.parametrize(("size", "clustered"), [(0, False), (6, True)])
def test_bursts_are_told_from_chance(size: int, clustered: bool) -> None:
    calls = traffic(phase("steady", 7200, 5, failure_rate=1.0), seed=3)
    data = exposure(with_bursts(calls, every=900, size=size, seed=3) if size else calls)
    levels = levels_of(data.end, data.failed)
    assert (chance_of_fullest(data, levels, None) < HARDLY) == clustered


def test_clusters_are_the_likelier_the_less_chance_explains() -> None:
    assert clusters_after(1.0) == clusters_after(0.4) == pytest.approx(0.05)
    assert clusters_after(0.01) == pytest.approx(1 / (1 + 19 * 0.125), rel=0.01)  # −e p ln p = 0.1252
    assert clusters_after(0.0) == 1.0
    found = [clusters_after(chance) for chance in (0.3, 0.1, 0.03, 0.01, 0.001)]
    assert found == sorted(found)


BUDGET = 1 / 30  # trips a day
GATES = (Gate(10.0, 30.0, 4, 4), Gate(5.0, 80.0, 4, 4, counted=True), Gate(20.0, 50.0, 4, 4, counted=True))


@pytest.mark.parametrize(("percent", "hours", "usual"), [(1.0, 2, 4.6), (5.0, 2, 6.5)])
def test_short_logs_of_independent_failures_keep_the_budget_by_gates_that_are_hardly_too_large(
    percent: float, hours: float, usual: float
) -> None:
    truth = Levels(np.array([0.5]), np.array([percent / 100]), np.array([1.0]))
    found = []
    for seed in range(12):
        data = exposure(traffic(phase("night", 3600 * hours, 0.5, failure_rate=percent), seed=seed))
        guard = Guard(data, [data], BUDGET)
        for gate in GATES:
            sized = (gate._replace(errors=k, calls=k) for k in range(4, 60))
            smallest = next(each for each in sized if guard.false_trips(each).upper <= BUDGET)
            assert (
                86_400 * trips_per_second(truth, smallest, gate.threshold) < 2 * BUDGET
            )  # itself a bound, by 2
            found.append(smallest.errors)
    assert np.mean(found) < usual
