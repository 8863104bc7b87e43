"""What one of several breakers sees of bursts: closed forms, and breakers of many deals."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from traffic_cases import phase, traffic

from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.chance import levels_of
from cbtool.recommend.false_trips.clusters import HARDLY, chance_of_fullest
from cbtool.recommend.false_trips.dealt import Pooled, dealt_bounds, dealt_trips
from cbtool.recommend.false_trips.exposure import Exposure, exposure_of
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.false_trips.last_calls import LastCalls
from cbtool.recommend.reading.trace import Trace, trace_of
from cbtool.traffic.outcomes import DEFAULT_RULES

BREAKERS, SECONDS, EVERY = 8, 40_000, 400
UNLIMITED = 1e9  # trips a day
GATES = (
    Gate(5.0, 60.0, 3, 3, counted=True),
    Gate(10.0, 40.0, 4, 4, counted=True),
    Gate(20.0, 50.0, 3, 3),
    Gate(60.0, 30.0, 4, 4),
    Gate(60.0, 30.0, 4, 6),
)


def bursts(size: int) -> Trace:
    """A burst every 400 s among half a call a second, none of which fails by itself."""
    calls = traffic(phase("a", SECONDS, 0.5, failure_rate=0.0), seed=1)
    calm = trace_of(calls, DEFAULT_RULES.verdicts(calls))
    begins = np.arange(EVERY // 2, SECONDS, EVERY) * 10**9
    extra = (begins[:, None] + np.arange(size) * 10**8).ravel()
    start = np.concatenate((calm.start, extra))
    order = np.argsort(start, kind="stable")
    duration = np.concatenate((calm.duration, np.full(len(extra), 20_000_000)))
    failed = np.concatenate((calm.failed, np.ones(len(extra), np.bool_)))
    return Trace(start[order], duration[order], failed[order], calm.knows_durations)


def at_least(number: int, of: int, share: float) -> float:
    return sum(math.comb(of, i) * share**i * (1 - share) ** (of - i) for i in range(number, of + 1))


@pytest.mark.parametrize("gate", [GATES[0], Gate(2.0, 1.0, 3, 3)])
def test_a_burst_s_part_is_binomial(gate: Gate) -> None:
    pooled = Pooled(exposure_of([bursts(10)], []), BREAKERS)
    found = pooled.trips(gate, None, gate.threshold)
    assert np.median(found.chance) == pytest.approx(at_least(3, 10, 1 / 8), rel=1e-3)
    assert found.times.sum() >= SECONDS / EVERY


@pytest.mark.parametrize(("window", "need"), [(3, 3), (4, 2), (5, 1), (6, 4)])
def test_the_last_calls_of_one_breaker_are_what_all_deals_together_give(window: int, need: int) -> None:
    bad, cut, share = np.array([1, 1, 0, 1, 0, 1, 1, 1, 0, 1], np.bool_), 4, 1 / 3
    places = np.flatnonzero(bad)
    reached, filled = np.zeros(len(places)), np.zeros(len(places))
    for deal in itertools.product((False, True), repeat=len(bad)):
        chance = np.prod(np.where(deal, share, 1 - share))
        for number, place in enumerate(places):
            since = range(cut if place >= cut else 0, place + 1)
            errors = sum(bad[[call for call in since if deal[call]][-window:]])
            reached[number] += chance * (deal[place] and errors == need)
            filled[number] += chance * (errors >= need)
    asked, ends = LastCalls(places, np.array([cut]), window, need, share), np.arange(len(places))
    np.testing.assert_allclose(asked.reached(ends), reached, atol=1e-12)
    np.testing.assert_allclose(asked.full(ends, 1.0), filled, atol=1e-12)
    assert (asked.full(ends, 1.5) >= filled - 1e-12).all()


def test_good_calls_within_a_burst_break_a_run_of_bad_ones() -> None:
    """The bad calls alone would say four times as much."""
    calls = traffic(phase("a", SECONDS, 20.0, failure_rate=0.0), seed=1)
    busy = trace_of(calls, DEFAULT_RULES.verdicts(calls))
    random, gate = np.random.default_rng(4), Gate(4.0, 100.0, 4, 4, counted=True)
    failed = np.zeros(len(busy), np.bool_)
    for begin in range(1000, len(busy) - 1000, 2500):
        failed[begin : begin + 24 : 2] = True
    trace = Trace(busy.start, busy.duration, failed, busy.knows_durations)
    likely = dealt_trips(Pooled(exposure_of([trace], []), BREAKERS), gate, None, 100.0, 1.3).likely
    seen = []
    for _ in range(20):
        mine = trace.take(random.integers(0, BREAKERS, len(trace)) == 0)
        seen.append((exposure_of([mine], []).block_maxima(gate, None, 100.0).positive >= 1.0).sum())
    assert np.sum(seen) > 25
    assert 0.8 < likely * SECONDS / np.mean(seen) < 1.6


@pytest.mark.parametrize("gate", GATES)
def test_it_is_what_the_breakers_of_many_deals_see(gate: Gate) -> None:
    trace = bursts(9)
    likely = dealt_trips(Pooled(exposure_of([trace], []), BREAKERS), gate, None, gate.threshold, 1.3).likely
    random = np.random.default_rng(5)
    seen = []
    for _ in range(40):
        mine = trace.take(random.integers(0, BREAKERS, len(trace)) == 0)
        seen.append((exposure_of([mine], []).block_maxima(gate, None, gate.threshold).positive >= 1.0).sum())
    assert np.sum(seen) > 25  # or the comparison says nothing
    assert 0.5 < likely * SECONDS / np.mean(seen) < 3.0


@pytest.mark.parametrize("gate", [GATES[0], Gate(2.0, 1.0, 3, 3)])
def test_many_bursts_count_as_often_as_they_come(gate: Gate) -> None:
    calls = traffic(phase("a", SECONDS, 2.0, failure_rate=0.0), seed=1)
    quiet = trace_of(calls, DEFAULT_RULES.verdicts(calls))
    failed = np.arange(len(quiet)) % 80 < 10  # 1,000 bursts
    many = Pooled(exposure_of([Trace(quiet.start, quiet.duration, failed, True)], []), BREAKERS)
    few = failed & (np.arange(len(quiet)) < 8_000)
    tenth = Pooled(exposure_of([Trace(quiet.start, quiet.duration, few, True)], []), BREAKERS)
    once, often = (dealt_trips(each, gate, None, gate.threshold, 1.3).likely for each in (tenth, many))
    assert often == pytest.approx(10 * once, rel=0.1)


def test_the_bound_leaves_room_for_one_burst_that_is_worse() -> None:
    pooled = Pooled(exposure_of([bursts(8)], []), BREAKERS)
    gate = Gate(5.0, 100.0, 5, 5, counted=True)
    trips = dealt_trips(pooled, gate, None, 100.0, 1.5)
    chance = pooled.trips(gate, None, 100.0).chance
    worse = at_least(5, 12, 1 / 8)
    expected = chance.sum() + math.sqrt((chance**2).sum()) + worse
    assert trips.upper * pooled.exposure.seconds == pytest.approx(expected, rel=1e-6)
    resampled = dealt_bounds(pooled, [gate], 1.5, 400, [1])[:, 0]
    assert np.median(resampled) == pytest.approx(trips.upper, rel=0.1)
    assert resampled.std() > 0.0


def test_one_breaker_for_all_calls_trips_on_each_burst_that_fills_its_gate() -> None:
    pooled = Pooled(exposure_of([bursts(6)], []), 1)
    six, seven, eight = (
        dealt_trips(pooled, Gate(10.0, 100.0, k, k, counted=True), None, 1.0, 1.3) for k in (6, 7, 8)
    )
    assert six.likely * SECONDS >= 0.9 * SECONDS / EVERY
    assert seven.likely == 0.0 < seven.upper  # 1.3 × 6 bad calls fill seven
    assert eight.upper == 0.0


def test_the_guard_holds_dealt_bursts_to_what_a_breaker_sees_of_them() -> None:
    trace = bursts(9)
    share = trace.take(np.random.default_rng(2).integers(0, BREAKERS, len(trace)) == 0)
    dealt, alone = exposure_of([share], []), exposure_of([trace], [])
    dealt.pooled = Pooled(alone, BREAKERS)
    gate = Gate(7.0, 100.0, 7, 7, counted=True)
    assert Guard(alone, [alone], UNLIMITED).false_trips(gate).seen > 100.0
    found = Guard(dealt, [dealt], UNLIMITED).false_trips(gate)
    expected = 86_400 * dealt_trips(dealt.pooled, gate, None, 100.0, 1.3).upper
    assert found.upper == pytest.approx(expected)
    assert found.upper < 0.1


def dealt_to_one(trace: Trace) -> Exposure:
    share = trace.take(np.random.default_rng(2).integers(0, BREAKERS, len(trace)) == 0)
    dealt = exposure_of([share], [])
    dealt.pooled = Pooled(exposure_of([trace], []), BREAKERS)
    return dealt


def test_clusters_are_told_by_the_calls_of_all_breakers_rather_than_by_one_s_few() -> None:
    dealt = dealt_to_one(bursts(4))
    assert dealt.pooled is not None
    chances = [
        chance_of_fullest(seen, levels_of(seen.end, seen.failed), None)
        for seen in (dealt, dealt.pooled.exposure)
    ]
    assert chances[1] < HARDLY < chances[0]
    gate = Gate(5.0, 80.0, 4, 4, counted=True)
    expected = 86_400 * dealt_trips(dealt.pooled, gate, None, gate.threshold, 1.3).upper
    assert Guard(dealt, [dealt], UNLIMITED).false_trips(gate).upper == pytest.approx(expected)


@pytest.mark.parametrize("gate", GATES[:2])
def test_the_interval_of_dealt_bursts_holds_what_breakers_of_many_deals_see(gate: Gate) -> None:
    trace, random = bursts(9), np.random.default_rng(6)
    window, need = int(gate.window), max(gate.errors, math.ceil(gate.threshold * gate.window / 100))
    seen = []
    for _ in range(400):
        failed = trace.failed[random.integers(0, BREAKERS, len(trace)) == 0]
        full = np.convolve(failed, np.ones(window, np.int64))[: len(failed)] >= need
        seen.append(np.count_nonzero(np.diff(full.astype(np.int8)) > 0))
    a_day = np.mean(seen) / SECONDS * 86_400
    dealt = dealt_to_one(trace)
    found = Guard(dealt, [dealt], UNLIMITED).estimate(gate, 1)
    assert found.low is not None
    assert found.high is not None
    assert found.low < a_day < found.high < 3 * a_day
