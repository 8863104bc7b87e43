"""One bad instance of eight, and incidents in which little more than a third of the calls are slow."""

from __future__ import annotations

import numpy as np
import pytest
from traffic_cases import config_of, phase, recommended, traced, traffic, trips

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.chance import Levels, trips_in_stretches
from cbtool.recommend.false_trips.exposure import exposure_of
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.false_trips.few import Few
from cbtool.recommend.false_trips.mild import Mild, mild_stretches
from cbtool.recommend.incidents.segments import Segment
from cbtool.recommend.model import Regime
from cbtool.recommend.reading.trace import Trace
from cbtool.traffic.calls import Calls

GATE = Gate(15, 20.0, 6, 6, counted=True)
UNLIMITED = 1e9  # trips a day


def stretch(seconds: float, failing: float, seed: int) -> Calls:
    return traffic(phase("stretch", seconds, 20, failure_rate=failing), seed=seed)


def test_a_mild_stretch_trips_as_often_as_chance_has_it() -> None:
    calm = exposure_of([traced(stretch(5_000, 0.5, 1))], [])
    mild = Mild((traced(stretch(500, 12.5, 2)),), seconds=5_500)
    without = Guard(calm, [calm], UNLIMITED).false_trips(GATE).upper
    found = Guard(calm, [calm], UNLIMITED, few=Few(mild=mild)).false_trips(GATE).upper
    config = BreakerConfig(
        failure_rate_threshold=GATE.threshold,
        sliding_window_type=WindowType.COUNT,
        sliding_window_size=GATE.window,
        minimum_number_of_calls=GATE.calls,
        minimum_number_of_errors=GATE.errors,
        wait_duration_in_open_state=0.0,
        permitted_number_of_calls_in_half_open_state=1,
    )
    seen = len(trips(stretch(20_000, 12.5, 3), config, []).false)
    a_day = seen / 20_000 * 86_400 * 500 / 5_500
    assert seen > 50
    assert without < 0.05 * a_day
    assert 0.8 * a_day < found < 6 * a_day


def test_only_what_lasts_is_a_level() -> None:
    n = 4_000
    failed = np.random.default_rng(1).random(n) < 0.1
    trace = Trace(np.arange(n) * 10**8, np.zeros(n, np.int64), failed, knows_durations=False)
    burst, lasting = Segment(100, 160), Segment(1_000, 1_999)
    found = mild_stretches(trace, [burst, lasting], failed, 400.0, breakers=2)
    assert found is not None
    levels = found.levels(None)
    assert levels.rate == pytest.approx([5.0], rel=0.01)
    assert levels.bad == pytest.approx([failed[1_000:2_000].mean()])
    assert found.levels(None).time == pytest.approx([0.25], rel=0.01)
    assert found.levels(1.0).bad == pytest.approx([0.0])
    assert mild_stretches(trace, [burst], failed, 400.0, breakers=2) is None


def test_many_calls_tell_a_level_however_soon_they_came() -> None:
    n = 4_000
    failed = np.random.default_rng(1).random(n) < 0.1
    trace = Trace(np.arange(n) * 2 * 10**6, np.zeros(n, np.int64), failed, knows_durations=False)  # 500/s
    few, many = Segment(0, 998), Segment(1_000, 2_999)
    found = mild_stretches(trace, [few, many], failed, 8.0, breakers=1)
    assert found is not None
    assert found.levels(None).rate == pytest.approx([500.0], rel=0.01)
    assert mild_stretches(trace, [many], failed, 8.0, breakers=3) is None  # each sees too few of them


def test_one_bad_instance_for_longer_than_it_was_seen_does_not_trip() -> None:
    calls = traffic(
        phase("calm", 1_500, 20, failure_rate=0.3),
        phase("one bad", 240, 20, failure_rate=13.0),
        phase("more", 900, 20, failure_rate=0.3),
        phase("outage", 120, 20, failure_rate=100.0),
        phase("end", 600, 20, failure_rate=0.3),
        seed=2,
    )
    config = config_of(recommended(calls, brief=True))
    for seed in (21, 22, 23):
        assert trips(stretch(1_800, 13.0, seed), config, []).false == []


@pytest.mark.parametrize(
    ("calls", "gate"),
    [
        (40, Gate(200, 4.0, 4, 4, counted=True)),  # an endless stretch would fill it five times over
        (40, Gate(100, 8.0, 4, 4, counted=True)),
        (120, Gate(100, 16.0, 4, 4, counted=True)),
        (400, Gate(100, 18.0, 4, 4, counted=True)),
        (400, Gate(50, 16.0, 11, 11, counted=True)),
    ],
)
def test_a_stretch_fills_no_more_of_a_window_than_it_has_calls(calls: int, gate: Gate) -> None:
    level, usual, logs = 0.1, 0.002, 4_000
    random = np.random.default_rng(calls)
    share = np.concatenate((np.full(200, usual), np.full(calls, level), np.full(100, usual)))
    bad = (random.random((logs, len(share))) < share).astype(np.int64)
    totals = np.cumsum(bad, axis=1)
    window = int(gate.window)
    held = totals[:, window:] - totals[:, :-window]
    need = max(gate.errors, int(np.ceil(gate.threshold / 100 * window)))
    tripping = float((held >= need).any(axis=1).mean())
    levels = Levels(np.array([1.0]), np.array([level]), np.array([1.0]), {})
    expected = float(trips_in_stretches(levels, gate, gate.threshold, np.array([float(calls)]), usual).item())
    assert tripping > 0.01  # or the comparison says nothing
    assert 0.8 * tripping - 0.01 < expected < 2.0 * tripping + 0.02


def test_a_level_seen_by_night_comes_by_day_too() -> None:
    night = Trace(
        np.arange(60) * 10**10, np.zeros(60, np.int64), np.arange(60) % 8 == 0, knows_durations=False
    )
    regimes = [Regime("low", 0.1, 1_000, 1, 0.5), Regime("high", 2.0, 20_000, 20, 0.5)]
    segment, bad = Segment(0, 59), night.failed
    alone, everywhere = (
        mild_stretches(night, [segment], bad, 86_400.0, breakers=1, regimes=loads) for loads in ([], regimes)
    )
    assert alone is not None
    assert everywhere is not None
    assert everywhere.levels(None).rate[1:] == pytest.approx([0.1, 2.0])
    gate = Gate(60, 25.0, 9, 9, counted=True)  # by night the stretch hardly fills it, by day many times over
    by_night, by_day = (each.trips(gate, None, gate.threshold, 0.001)[0] for each in (alone, everywhere))
    assert by_day > 5 * by_night


def test_few_stretches_may_be_more_next_time() -> None:
    trace = traced(stretch(400, 12.0, 2))
    n = len(trace)
    segments = [Segment(k * n // 9, (k + 1) * n // 9 - 2) for k in range(9)]
    for number, factor in ((1, 3.0), (4, 2.0), (9, 1 + 2 / 3)):
        mild = mild_stretches(trace, segments[:number], trace.failed, 86_400.0, breakers=1)
        assert mild is not None
        likely, upper = mild.trips(GATE, None, GATE.threshold, 0.001)
        assert upper == pytest.approx(factor * likely)


def test_lone_failures_are_a_level_where_stretches_are_few() -> None:
    n = 4_000
    failed = np.zeros(n, np.bool_)
    failed[1_000:1_040:10] = True
    trace = Trace(np.arange(n) * 30 * 10**9, np.zeros(n, np.int64), failed, knows_durations=False)
    few = [Segment(1_000, 1_030)]
    many = [*few, *(Segment(k, k + 3) for k in range(2_000, 2_090, 10))]
    assert mild_stretches(trace, few, failed, n * 30.0, breakers=1) is not None
    assert mild_stretches(trace, many, failed, n * 30.0, breakers=1) is None


def test_an_incident_with_a_third_of_its_calls_slow_is_found_beside_deployments() -> None:
    def calls(seed: int) -> Calls:
        deploys = [
            each
            for number in range(6)
            for each in (
                phase(f"calm {number}", 60, 40, failure_rate=0.1),
                phase(f"deploy {number}", 4, 40, failure_rate=80.0),
            )
        ]
        slow = phase("slow", 150, 40, failure_rate=0.1, latency_median=0.09, latency_p99=0.5)
        return traffic(*deploys, slow, phase("end", 120, 40, failure_rate=0.1), seed=seed)

    answer = recommended(calls(1))
    (incident,) = [i for i in answer.incidents if i.actionable]
    assert incident.slow < 60
    for seed in (21, 22, 23):
        found = trips(calls(seed), config_of(answer), [(384.0, 534.0)])
        assert found.false == []
        assert found.right
        assert found.right[0] < 420


def test_a_stretch_of_few_calls_is_a_level_where_its_failures_came_apart() -> None:
    n = 2_000
    apart, bursts = np.zeros(n, np.bool_), np.zeros(n, np.bool_)
    apart[1_000:1_090:9] = True
    bursts[1_010:1_015] = bursts[1_070:1_075] = True  # one caller's attempts, twice
    segment = Segment(1_000, 1_089)
    for failed, lasts in ((apart, True), (bursts, False)):
        trace = Trace(np.arange(n) * 20 * 10**9, np.zeros(n, np.int64), failed, knows_durations=False)
        found = mild_stretches(trace, [segment], failed, n * 20.0, breakers=1)
        assert (found is not None) == lasts
