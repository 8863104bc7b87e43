"""The background at the quietest load, and the breakers whose shares of the calls are looked at."""

from __future__ import annotations

import numpy as np
import pytest
from traffic_cases import phase, traced, traffic, with_bursts

from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.exposure import exposure_of
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.false_trips.night import Night, power_of_load, thinned_to_quietest
from cbtool.recommend.reading.breakers import breakers_of
from cbtool.recommend.reading.regimes import load_regimes
from cbtool.recommend.reading.trace import Trace

UNLIMITED = 1e9  # trips a day
GATE = Gate(2.0, 50.0, 5, 5)


def whole(background: Trace) -> list[np.ndarray]:
    return [np.ones(len(background), np.bool_)]


def test_bursts_seen_by_day_count_at_the_night_s_load() -> None:
    day_and_night = traffic(phase("day", 900, 50), phase("night", 3600, 0.5), seed=1)
    background = traced(with_bursts(day_and_night, every=60, size=8, seed=1))
    day = background.take(background.start < 900 * 10**9)
    regimes = load_regimes(background)
    night = thinned_to_quietest(day, whole(day), regimes, seed=1)
    data = night.exposure()
    assert data.share == regimes[0].share_of_time == pytest.approx(0.8, abs=0.03)
    assert len(data) / data.seconds == pytest.approx(0.5, rel=0.6)
    assert (data.peaks(GATE, None).bad >= 6).any()
    assert Guard(data, [data], UNLIMITED).false_trips(GATE).seen > 0


def test_a_steady_load_needs_no_transfer_to_the_night() -> None:
    background = traced(traffic(phase("steady", 600, 20), seed=1))
    assert thinned_to_quietest(background, whole(background), load_regimes(background), seed=1).passes == []


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_how_bursts_follow_the_load_is_read_from_when_they_came(power: float) -> None:
    random = np.random.default_rng(3)
    local = np.repeat([0.5, 20.0], [2000, 80_000])  # 4000 seconds each
    weight = local ** (power - 1.0)  # a call stands for 1 / load seconds
    bursts = random.choice(len(local), 60, p=weight / weight.sum())
    assert power_of_load(local, bursts) == pytest.approx(power, abs=0.15)
    assert power_of_load(local, bursts[:0]) > 0.6  # nothing seen: nearly as calls come


def test_bursts_that_come_by_the_clock_come_as_often_by_night() -> None:
    calls = traffic(phase("day", 7200, 20, failure_rate=0.0), phase("night", 7200, 0.5), seed=1)
    background = traced(with_bursts(calls, every=240, size=8, seed=1))
    night = thinned_to_quietest(background, whole(background), load_regimes(background), seed=1)
    data = night.exposure()
    full = exposure_of([background], [])
    bursts = [(e.peaks(GATE, None).bad == 8).sum() / e.seconds for e in (full, data)]
    assert bursts[1] == pytest.approx(bursts[0], rel=0.35)  # thinned as the calls are, it would be a tenth
    assert night.copies == pytest.approx(len(night.passes), rel=0.35)


def test_a_burst_that_several_passes_hold_is_one() -> None:
    background = traced(with_bursts(traffic(phase("a", 20_000, 1), seed=2), every=500, size=4, seed=2))
    background.start[-1] = 20_000 * 10**9  # so that each pass is cut into the same blocks
    once = exposure_of([background], [])
    often = Night([background] * 6, 6.0, 1.0).exposure()
    seldom = exposure_of([traced(traffic(phase("a", 5000, 0.5), seed=3))], [])
    gate = Gate(2.0, 50.0, 10, 10)
    bounds = [Guard(seldom, [view], UNLIMITED).false_trips(gate).upper for view in (once, often)]
    assert bounds[1] == pytest.approx(bounds[0], rel=0.01)


def test_a_night_counts_for_the_share_of_the_time_that_it_takes() -> None:
    background = traced(with_bursts(traffic(phase("a", 5000, 0.5), seed=2), every=300, size=6, seed=2))
    long, short = (Night([background], 1.0, share).exposure() for share in (1.0, 0.25))
    seldom = exposure_of([traced(traffic(phase("a", 5000, 0.5), seed=3))], [])
    trips = [Guard(seldom, [night], UNLIMITED).false_trips(GATE).upper for night in (long, short)]
    assert trips[1] == pytest.approx(trips[0] / 4)


def test_one_breaker_sees_all_calls() -> None:
    (mine,) = breakers_of(np.zeros(1000, np.int32), 1, 0, named=False)
    assert mine.all()


def test_dealt_calls_are_dealt_several_times_over() -> None:
    instance = np.random.default_rng(1).integers(0, 8, 40_000).astype(np.int32)
    seen = breakers_of(instance, 8, 0, named=False)
    assert len(seen) == 40
    assert all((seen[number] == (instance == number)).all() for number in range(8))
    assert np.sum(seen[8:16], axis=0).tolist() == [1] * 40_000  # another deal of all calls
    assert (seen[8] & seen[0]).mean() == pytest.approx(1 / 64, rel=0.1)
    again = breakers_of(instance, 8, 0, named=False)
    assert all((a == b).all() for a, b in zip(seen, again, strict=True))


def test_named_instances_are_each_looked_at_once_and_the_largest_of_very_many_calls() -> None:
    instance = np.repeat(np.arange(8, dtype=np.int32), 10)
    assert [mask.sum() for mask in breakers_of(instance, 8, 0, named=True)] == [10] * 8
    many = np.broadcast_to(np.int32(0), 4_000_000)
    assert len(breakers_of(many, 8, 0, named=False)) == 4


def test_passes_of_one_breaker_have_its_load() -> None:
    calls = traffic(phase("day", 1800, 64), phase("night", 3600, 4), seed=1)
    background = traced(calls)
    instance = np.random.default_rng(1).integers(0, 8, len(background)).astype(np.int32)
    regimes = load_regimes(background, instances=8)
    night = thinned_to_quietest(background, breakers_of(instance, 8, 0, named=False), regimes, seed=1)
    data = night.exposure()
    assert len(data) / data.seconds == pytest.approx(0.5, rel=0.1)
