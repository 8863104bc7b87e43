"""What a log does not show: retries where it holds none, and restarts at a load that it held none at."""

from __future__ import annotations

import numpy as np
import pytest
from traffic_cases import config_of, phase, recommended, traffic, trips

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.chance import Levels, reached_by_bursts
from cbtool.recommend.false_trips.exposure import Exposure, exposure_of
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.false_trips.few import Few, at_busiest
from cbtool.recommend.false_trips.replays import Replays, replays_of
from cbtool.recommend.false_trips.unseen import most_unseen, share_tripping, unseen_rate
from cbtool.recommend.incidents.segments import Segment
from cbtool.recommend.reading.trace import Trace
from cbtool.traffic.calls import Calls

HOUR, DAY = 3600.0, 86_400.0
SECOND = 1_000_000_000


def test_the_rate_is_the_posterior_mean_of_systems_that_showed_no_burst() -> None:
    random = np.random.default_rng(1)
    rate = np.exp(random.uniform(np.log(1 / (30 * DAY)), np.log(10 / HOUR), 2_000_000))
    rate[random.random(len(rate)) > 0.3] = 0.0
    for seconds in (600.0, 2 * HOUR, DAY):
        none = np.exp(-rate * seconds)  # the chance that the log shows none
        assert unseen_rate(seconds) == pytest.approx((rate * none).mean(), rel=0.02)


def test_three_in_a_hundred_systems_that_showed_no_burst_have_more() -> None:
    random = np.random.default_rng(2)
    rate = np.exp(random.uniform(np.log(1 / (30 * DAY)), np.log(10 / HOUR), 2_000_000))
    rate[random.random(len(rate)) > 0.3] = 0.0
    for seconds in (30.0, 2 * HOUR, DAY):
        none = np.exp(-rate * seconds)
        share = none[rate > most_unseen(seconds)].sum() / none.sum()
        assert share == pytest.approx(0.03, abs=0.002)
    assert most_unseen(100 * DAY) == 0.0


def test_retries_that_were_not_seen_are_expected_less_the_longer_none_was() -> None:
    gate = Gate(20.0, 20.0, 4, 4, counted=True)
    found = []
    for hours in (0.2, 4, 100):
        seen = exposure_of([restart_at(4.0, hours * HOUR)], [])
        quiet = exposure_of([Trace(seen.end, seen.duration, ~seen.failed & False, knows_durations=True)], [])
        found.append(Guard(quiet, [quiet], 1 / 30).estimate(gate, 1))
    values, highs = ([getattr(each, name) for each in found] for name in ("value", "high"))
    assert values == sorted(values, reverse=True)
    assert highs == sorted(highs, reverse=True)
    assert all(value < high for value, high in zip(values, highs, strict=True))
    assert values[0] > 10 * values[-1]


def test_no_caller_tries_more_than_ten_times() -> None:
    levels = Levels(np.array([5.0]), np.array([0.0]), np.array([1.0]))
    by_errors = [
        share_tripping(levels, Gate(20.0, 20.0, errors, errors, counted=True)) for errors in range(4, 12)
    ]
    assert by_errors == sorted(by_errors, reverse=True)
    assert by_errors[-2] > 0.0
    assert by_errors[-1] == 0.0


def test_ten_days_without_retries_tell_more_than_ten_minutes() -> None:
    gate = Gate(20.0, 20.0, 4, 4, counted=True)
    seen = [exposure_of([restart_at(4.0, seconds)], []) for seconds in (600.0, 100 * HOUR)]
    short, long = (Guard(each, [each], 1 / 30).unseen.retries(gate) for each in seen)
    assert long < 0.25 * short


@pytest.mark.parametrize("gate", [Gate(40.0, 20.0, 6, 6, counted=True), Gate(10.0, 30.0, 6, 6)])
def test_a_burst_beside_usual_calls_trips_as_simulated(gate: Gate) -> None:
    levels = Levels(np.array([4.0]), np.array([0.003]), np.array([1.0]))
    sizes = np.array([4, 9, 25])
    found = reached_by_bursts(levels, gate, gate.threshold, sizes)
    for size, chance in zip(sizes, found, strict=True):
        assert chance == pytest.approx(_tripped(gate, int(size)), abs=0.1)
    assert found[0] < 0.1
    assert found[-1] > 0.95


def _tripped(gate: Gate, size: int) -> float:
    """Of 400 bursts at 4/s beside 0.3 % failures, the share that opens a breaker."""
    calls = with_retries(traffic(phase("calm", 40_100, 4, failure_rate=0.3), seed=1), size)
    return len(np.unique(np.floor_divide(trips(calls, _config(gate), []).false, 100))) / 400


def with_retries(calls: Calls, size: int) -> Calls:
    """Add failed calls of one caller, so many within a second, each hundred seconds."""
    begins = np.arange(50, calls.span - 50, 100)
    extra = (begins[:, None] + np.arange(size) / size).ravel() * 1e9
    start = np.concatenate((calls.start_ns, extra.astype(np.int64)))
    order = np.argsort(start, kind="stable")
    return Calls(
        start_ns=start[order],
        duration_ns=np.concatenate((calls.duration_ns, np.full(len(extra), 20_000_000)))[order],
        status=np.concatenate((calls.status, np.full(len(extra), 503, np.int16)))[order],
        error=np.concatenate((calls.error, np.zeros(len(extra), np.uint8)))[order],
    )


def _config(gate: Gate) -> BreakerConfig:
    return BreakerConfig(
        failure_rate_threshold=gate.threshold,
        sliding_window_type=WindowType.COUNT if gate.counted else WindowType.TIME,
        sliding_window_size=gate.window,
        minimum_number_of_calls=gate.calls,
        minimum_number_of_errors=gate.errors,
        wait_duration_in_open_state=0.0,
        permitted_number_of_calls_in_half_open_state=1,
    )


def restart_at(rate: float, seconds: float = 600.0) -> Trace:
    """Three seconds in which every call fails, and no other, among ten minutes at a steady load."""
    n = round(seconds * rate)
    start = (np.arange(n) / rate * 1e9).astype(np.int64)
    failed = (start >= 300e9) & (start < 303e9)
    return Trace(start, np.full(n, 1_000_000), failed, knows_durations=True)


def burst_of(trace: Trace) -> Segment:
    places = np.flatnonzero(trace.failed)
    return Segment(int(places[0]), int(places[-1]))


def test_a_restart_fails_as_many_calls_as_the_busiest_load_brings() -> None:
    quiet, busy = restart_at(4.0), restart_at(20.0)
    thick = at_busiest([quiet], quiet.start, [burst_of(quiet)], 20.0)
    assert thick is not None
    assert int(thick.failed.sum()) == pytest.approx(int(busy.failed.sum()), rel=0.1)
    for gate in (Gate(5.0, 20.0, 30, 30), Gate(100.0, 20.0, 4, 4, counted=True), Gate(20.0, 20.0, 4, 4)):
        seen = exposure_of([busy], []).block_maxima(gate, None, gate.threshold).positive.max()
        assert thick.block_maxima(gate, None, gate.threshold).positive.max() == pytest.approx(seen, rel=0.1)


def test_a_restart_at_the_busiest_load_is_left_as_it_is() -> None:
    busy = restart_at(20.0)
    assert at_busiest([busy], busy.start, [burst_of(busy)], 20.0) is None


def test_one_callers_retries_come_at_no_load_but_their_own() -> None:
    quiet = restart_at(4.0)
    failed = np.zeros(len(quiet), np.bool_)
    failed[1_200:1_208] = True
    start = quiet.start.copy()
    start[1_200:1_208] = start[1_200] + np.arange(8) * 10**7
    retries = Trace(start, quiet.duration, failed, knows_durations=True)
    assert at_busiest([retries], retries.start, [burst_of(retries)], 20.0) is None


def test_a_gate_is_held_to_the_restart_at_the_busiest_load() -> None:
    quiet = restart_at(4.0)
    seen = exposure_of([quiet], [])
    thick = at_busiest([quiet], quiet.start, [burst_of(quiet)], 40.0)
    gate = Gate(3.0, 20.0, 50, 50)  # twelve calls failed by night, a hundred and twenty would by day
    assert Guard(seen, [seen], 1e9).false_trips(gate).seen == 0.0
    assert Guard(seen, [seen], 1e9, few=Few(busiest=thick)).false_trips(gate).seen > 0.0


def launch(seed: int, *, restarts_when_busy: bool) -> Calls:
    """Restarts of three seconds at 4/s, a launch of thirty-five minutes at 24/s, and an outage."""
    quiet = [phase("quiet", 500, 4), phase("restart", 3, 4, failure_rate=90.0)]
    busy = [phase("launch", 600, 24)]
    busy += [phase("restart", 3, 24, failure_rate=90.0 if restarts_when_busy else 1.0)]
    busy += [phase("launch", 100, 24)]
    outage = [phase("outage", 90, 24, failure_rate=100.0)]
    return traffic(*quiet * 4, *busy * 3, *outage, phase("end", 300, 24), seed=seed)


def test_a_restart_in_a_launch_does_not_trip_though_all_restarts_seen_were_before_it() -> None:
    config = config_of(recommended(launch(1, restarts_when_busy=False), brief=True))
    for seed in (11, 12, 13):
        calls = launch(seed, restarts_when_busy=True)
        outage = 4 * 503 + 3 * 703
        found = trips(calls, config, [(outage, outage + 90)])
        assert found.false == []
        assert found.right


def test_a_short_log_without_retries_gets_a_gate_that_most_retries_do_not_reach() -> None:
    calls = traffic(
        phase("calm", 900, 20, failure_rate=0.1),
        phase("outage", 120, 20, failure_rate=95.0),
        phase("end", 600, 20, failure_rate=0.1),
        seed=3,
    )
    config = config_of(recommended(calls, brief=True))
    for size, most in ((5, 0), (7, 12)):  # of 71; without a price on them, 1 and 42
        later = with_retries(traffic(phase("later", 7_200, 20, failure_rate=0.1), seed=4), size)
        assert len(trips(later, config, []).false) <= most


def restarts(*at: float) -> Exposure:
    """Four hours at 5/s in which every call fails for three seconds, here and there."""
    start = np.arange(4 * 3600 * 5) * 200_000_000
    failed = np.zeros(len(start), np.bool_)
    for begin in at:
        failed |= (start >= begin * 1e9) & (start < (begin + 3) * 1e9)
    return exposure_of([Trace(start, np.full(len(start), 1_000_000), failed, knows_durations=True)], [])


def test_two_restarts_in_one_window_are_foreseen_but_less_where_they_keep_apart() -> None:
    gate = Gate(600.0, 0.8, 25, 25)  # one fails 15 calls of 3,000, two 30
    alone = Gate(600.0, 0.8, 40, 40)
    apart, close = (1_000.0, 5_000.0, 9_000.0, 13_000.0), (1_000.0, 1_300.0, 9_000.0, 9_400.0)
    found = []
    for at in (apart, close):
        seen = restarts(*at)
        unseen = Guard(seen, [seen, seen], 1e9, 1.0, Few(bursts=at)).unseen
        found.append(unseen.bursts(gate))
        assert Guard(seen, [seen], 1e9).unseen.bursts(gate) == 0.0
    assert 0.0 < found[0] < 0.5 * found[1]
    seen = restarts(*apart)
    assert Guard(seen, [seen], 1e9, 1.0, Few(bursts=apart)).unseen.bursts(alone) == 0.0


def tripled(seconds: int = 3600) -> tuple[Trace, Segment]:
    """An hour whose second half is three times as busy, and a restart of three seconds by its quiet half."""
    start = np.concatenate(
        [
            np.arange(seconds // 2 * 10) * (SECOND // 10),
            seconds // 2 * SECOND + np.arange(seconds // 2 * 30) * (SECOND // 30),
        ]
    ).astype(np.int64)
    failed = (start >= 600 * SECOND) & (start < 603 * SECOND)
    places = np.flatnonzero(failed)
    trace = Trace(start, np.full(len(start), 1_000_000), failed, knows_durations=True)
    return trace, Segment(int(places[0]), int(places[-1]))


@pytest.mark.parametrize(
    ("gate", "seconds"),
    [
        (Gate(30.0, 20.0, 4, 4), 7.5 - 1.875),  # from 67.5 of 337.5 calls to 90 of 450
        (Gate(30.0, 5.0, 80, 80), 1800 - 2.5),
        (Gate(30.0, 30.0, 4, 4), 0.0),  # 90 of 360 at worst
        (Gate(300.0, 20.0, 4, 4, counted=True), 1800 - 1.5),
    ],
)
def test_a_restart_is_tried_just_after_the_load_has_tripled(gate: Gate, seconds: float) -> None:
    trace, burst = tripled()
    found = replayed(trace, burst).trips(gate)
    assert found == pytest.approx(seconds / 3570, abs=2 / 3570)  # a moment each 1.8 seconds
    assert (found > 0) == (seconds > 0)


def test_a_gate_must_ride_through_a_restart_at_hardly_less_than_any_moment() -> None:
    trace, burst = tripled()
    seen, calm = (exposure_of([each], []) for each in (trace, trace.take(~trace.failed)))
    replays = replayed(trace, burst)
    judged = Guard(seen, [calm], 1 / 30, 1.0, Few(replays=replays))
    unaware = Guard(seen, [calm], 1 / 30, 1.0)
    after_the_load, rarely, never = (Gate(30.0, percent, 4, 4) for percent in (20.0, 23.5, 30.0))
    assert replays.trips(after_the_load) > 0.001 > replays.trips(rarely) > 0.0
    for gate in (after_the_load, rarely, never):
        assert unaware.false_trips(gate).upper < 1 / 30  # it came at another moment
    assert judged.false_trips(after_the_load).upper == pytest.approx(
        replays.trips(after_the_load) * DAY / HOUR, rel=0.01
    )
    for gate in (rarely, never):
        assert judged.false_trips(gate).upper < 1 / 30
        assert judged.estimate(gate, 1).high >= replays.trips(gate) * DAY / HOUR * 0.99


def test_one_caller_s_retries_are_tried_at_no_other_moment() -> None:
    gate = Gate(30.0, 2.0, 3, 3)
    for size, tried in ((0, True), (9, False)):  # beside three that come anyway
        start = np.sort(
            np.append(np.arange(3600) * SECOND // 3, 600 * SECOND + np.arange(size) * SECOND // 10)
        )
        failed = (start >= 600 * SECOND) & (start < 601 * SECOND)
        places = np.flatnonzero(failed)
        trace = Trace(start, np.full(len(start), 1_000_000), failed, knows_durations=True)
        found = replayed(trace, Segment(int(places[0]), int(places[-1]))).trips(gate)
        assert (found > 0.0) == tried


def replayed(trace: Trace, burst: Segment) -> Replays:
    calm = exposure_of([trace.take(~trace.failed)], [])
    return replays_of(exposure_of([trace], []), calm, trace, trace.start, [burst])
