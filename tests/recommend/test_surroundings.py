"""What surrounds the settings: intervals, sensitivity, alternatives, evidence, doubts, timeouts."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from traffic_cases import config_of, phase, recommended, traffic

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.profiles import Profile, dump_profile, load_profile
from cbtool.recommend import Recommendation
from cbtool.recommend.candidates.gates import gate_of
from cbtool.recommend.findings import Weight
from cbtool.recommend.model import Budget
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.regimes import load_regimes
from cbtool.recommend.reading.timeouts import caller_timeout
from cbtool.recommend.reading.trace import Trace, trace_of
from cbtool.recommend.surroundings.doubts import traffic_doubts
from cbtool.recommend.surroundings.resamples import moving_blocks
from cbtool.recommend.surroundings.vitals import vitals_of
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.units import parse_duration
from cbtool.verifying.dealt import recommended_for

SECOND = 10**9


@pytest.fixture(scope="module")
def calls() -> Calls:
    """Forty minutes, two incidents."""
    bad = [phase("outage", 60, 30, failure_rate=100.0), phase("brown-out", 90, 30, failure_rate=40.0)]
    calm = [phase(f"calm {i}", 750, 30) for i in range(3)]
    return traffic(calm[0], bad[0], calm[1], bad[1], calm[2], seed=8)


@pytest.fixture(scope="module")
def answer(calls: Calls) -> Recommendation:
    return recommended(calls)


def poisson_failures(n: int, share: float, seed: int) -> Trace:
    random = np.random.default_rng([seed, 1])
    start = np.cumsum(random.exponential(0.1, n) * SECOND).astype(np.int64)
    return Trace(
        start, (random.lognormal(-3, 0.5, n) * SECOND).astype(np.int64), random.random(n) < share, True
    )


def test_the_interval_of_the_healthy_rate_is_the_binomial_one_where_calls_are_independent() -> None:
    trace = poisson_failures(40_000, 0.02, 1)
    rate = vitals_of(trace, trace, 1, 0, healthy_p99(trace)).failure_rate
    half = 1.645 * 100 * np.sqrt(0.02 * 0.98 / 40_000)  # 90 %
    assert rate.value == pytest.approx(2.0, abs=3 * half)
    assert (rate.high or 0) - (rate.low or 0) == pytest.approx(2 * half, rel=0.4)


def test_clustered_failures_widen_the_interval() -> None:
    trace = poisson_failures(40_000, 0.02, 1)
    cluster = np.zeros(len(trace), np.bool_)
    for at in np.random.default_rng(3).integers(0, 39_000, 8):
        cluster[at : at + 100] = True  # as many failures, in eight bursts
    wide, narrow = (
        vitals_of(each, each, 1, 0, None).failure_rate for each in (replace(trace, failed=cluster), trace)
    )
    assert wide.high is not None
    assert wide.low is not None
    assert wide.high - wide.low > 3 * ((narrow.high or 0) - (narrow.low or 0))


def test_no_failure_seen_leaves_room_for_three() -> None:
    trace = poisson_failures(3000, 0.0, 1)
    assert vitals_of(trace, trace, 1, 0, healthy_p99(trace)).failure_rate.high == pytest.approx(0.1)


def test_blocks_that_move_keep_the_time_and_the_bursts() -> None:
    trace = poisson_failures(20_000, 0.02, 2)
    resample = moving_blocks(trace, np.random.default_rng(5))
    assert resample.span == pytest.approx(trace.span, rel=0.05)
    assert (np.diff(resample.start) >= 0).all()
    assert len(resample) == pytest.approx(len(trace), rel=0.1)
    assert set(resample.duration.tolist()) <= set(trace.duration.tolist())


def test_the_vital_signs_of_one_breaker_are_those_of_its_share() -> None:
    trace = poisson_failures(20_000, 0.01, 2)
    one, four = (vitals_of(trace, trace, instances, 0, healthy_p99(trace)) for instances in (1, 4))
    assert one.loads == pytest.approx(tuple(4 * load for load in four.loads))
    assert one.loads[1] == pytest.approx(10.0, rel=0.1)
    assert one.p99 is not None
    assert one.p99.value == pytest.approx(np.exp(-3 + 0.5 * 2.326), rel=0.05)
    assert (one.p99.low or 0) < (one.p99.value or 0) < (one.p99.high or 0)


def test_the_profile_carries_what_it_was_recommended_from(answer: Recommendation) -> None:
    assert answer.profile is not None
    seen = answer.profile.evidence
    assert seen is not None
    assert (seen.calls, seen.incidents, seen.instances, seen.seed) == (answer.calls, 2, 1, 0)
    assert seen.healthy_failure_rate == pytest.approx(1.0, abs=0.15)
    assert seen.load_usual == pytest.approx(30, rel=0.1)
    gate = gate_of(config_of(answer))
    assert gate is not None
    assert seen.window_calls_usual == pytest.approx(gate.holds(seen.load_usual or 0), rel=2e-3)


def test_asking_for_more_never_trips_more_often(answer: Recommendation) -> None:
    assert answer.expected is not None
    stricter = {"failure_rate_threshold", "minimum_number_of_errors", "minimum_number_of_calls"}
    moved = {each.setting: each for each in answer.sensitivity if each.setting in stricter}
    assert moved.keys() == stricter
    higher = [n for each in moved.values() for n in each.neighbours if n.value > each.value]
    assert len(higher) >= 2
    assert all(n.false_trips_per_day <= answer.expected.false_trips_bound for n in higher)
    assert all(n.within_budget for n in higher)
    (slow,) = [each for each in answer.sensitivity if each.setting == "slow_call_duration_threshold"]
    by_length = sorted(slow.neighbours, key=lambda n: parse_duration(n.value))
    bounds = [n.false_trips_per_day for n in by_length]
    assert len(bounds) >= 2
    assert bounds == sorted(bounds, reverse=True)


def test_every_setting_has_its_sensitivity_and_its_derivation(answer: Recommendation) -> None:
    settings = {reason.setting: reason for reason in answer.reasons}
    assert {each.setting for each in answer.sensitivity} == set(settings)
    for each in answer.sensitivity:
        assert each.value == settings[each.setting].value
        assert each.neighbours or each.setting == "minimum_number_of_calls"
        values = [n.value for n in each.neighbours]
        assert each.value not in values
        near = [n for n in each.neighbours if not n.within_budget or n.cost > 1.5]
        assert (each.weight is Weight.EDGE) <= bool(near)
    for reason in answer.reasons:
        assert any(character.isdigit() for character in reason.formula), reason


def test_a_neighbour_beyond_the_budget_is_named_as_such(answer: Recommendation) -> None:
    limit = answer.budget.false_trips_per_day
    for each in answer.sensitivity:
        for neighbour in each.neighbours:
            assert neighbour.within_budget == (neighbour.false_trips_per_day <= limit)


def test_the_alternatives_stand_around_the_recommended(answer: Recommendation) -> None:
    named = {each.name: each for each in answer.alternatives}
    chosen = named["recommended"]
    assert chosen.config == answer.config
    assert {"more sensitive", "calmer"} <= named.keys()
    worst = {name: each.false_trips_per_day.high for name, each in named.items() if each.false_trips_per_day}
    assert (worst["calmer"] or 0) <= (worst["recommended"] or 0) <= answer.budget.false_trips_per_day
    assert (worst["more sensitive"] or 0) <= 10 * answer.budget.false_trips_per_day
    assert named["more sensitive"].config != chosen.config != named["calmer"].config
    for each in answer.alternatives:
        track = each.track
        assert track.incidents == 2
        least = track.let_through + 0.25 * track.good_refused + 10 * track.false_trips
        assert least <= track.cost <= least + 0.75 * track.good_refused


def test_today_s_settings_are_held_beside_them_on_the_same_calls(calls: Calls) -> None:
    deaf = BreakerConfig(
        failure_rate_threshold=90,
        sliding_window_type=WindowType.TIME,
        sliding_window_size=60,
        minimum_number_of_calls=100_000,
        wait_duration_in_open_state=5,
    )
    answer = recommended(calls, current=Profile("deaf", deaf, DEFAULT_RULES))
    assert answer.current is not None
    (chosen,) = [each for each in answer.alternatives if each.name == "recommended"]
    assert (answer.current.name, answer.current.track.trips, answer.current.track.caught) == ("deaf", 0, 0)
    assert answer.current.track.shed == 0
    assert answer.current.track.bad == chosen.track.bad
    assert chosen.track.caught == 2
    assert answer.current.track.cost > 4 * chosen.track.cost
    assert answer.current.delay is None
    assert answer.current.false_trips_per_day is not None
    assert (answer.current.false_trips_per_day.high or 0) < 1e-3


def test_what_to_expect_of_today_s_settings_is_said_where_they_are_of_our_kind(
    calls: Calls, answer: Recommendation
) -> None:
    same = recommended(calls, current=Profile("same", config_of(answer), DEFAULT_RULES)).current
    (chosen,) = [each for each in answer.alternatives if each.name == "recommended"]
    assert same is not None
    assert (same.delay, same.track) == (chosen.delay, chosen.track)
    assert same.false_trips_per_day == chosen.false_trips_per_day
    jumpy = replace(
        config_of(answer),
        failure_rate_threshold=1.0,
        minimum_number_of_errors=1,
        minimum_number_of_calls=1,
    )
    eager = recommended(calls, current=Profile("jumpy", jumpy, DEFAULT_RULES)).current
    assert eager is not None
    assert (eager.false_trips_per_day.high or 0) > 10


def test_what_is_expected_has_intervals_around_it(answer: Recommendation) -> None:
    expected = answer.expected
    assert expected is not None
    for estimate in (
        expected.false_trips_per_day,
        expected.detection_delay_s,
        expected.bad_calls_shed_percent,
    ):
        assert (estimate.low or 0) <= (estimate.value or 0) <= (estimate.high or 0)
    assert (expected.detection_delay_s.low or 0) < (expected.detection_delay_s.high or 0)


def test_the_weights_are_the_user_s(calls: Calls) -> None:
    dear = recommended(calls, budget=Budget(false_trip_cost=1000.0))
    cheap = recommended(calls)
    assert (dear.budget.false_trip_cost, cheap.budget.false_trip_cost) == (1000.0, 10.0)
    assert dear.expected is not None
    assert dear.expected.false_trips_bound <= dear.budget.false_trips_per_day


def timed(durations: list[float], failed: list[bool]) -> Trace:
    n = len(durations)
    return Trace(
        np.arange(n, dtype=np.int64) * SECOND,
        (np.array(durations) * SECOND).astype(np.int64),
        np.array(failed),
        knows_durations=True,
    )


def test_failed_calls_that_pile_up_are_the_caller_s_timeout() -> None:
    ok, late = [0.05] * 1000, [2.001, 2.0, 2.003, 2.01] * 5
    trace = timed(ok + late, [False] * 1000 + [True] * 20)
    assert caller_timeout(trace, 0.1) == pytest.approx(2.0, rel=0.01)
    spread = timed(ok + [0.3 * 1.3**i for i in range(20)], [False] * 1000 + [True] * 20)
    assert caller_timeout(spread, 0.1) is None
    beyond = timed(ok + late + [5.0] * 30, [False] * 1000 + [True] * 20 + [False] * 30)
    assert caller_timeout(beyond, 0.1) is None
    assert caller_timeout(timed(ok, [True] * 10 + [False] * 990), 0.1) is None
    assert caller_timeout(trace, None) is None


def test_a_timeout_is_said_to_be_what_no_setting_sees_through() -> None:
    calls = traffic(
        phase("before", 600, 30),
        phase("hang", 60, 30, timeouts=80.0),
        phase("after", 600, 30),
        seed=3,
        timeout=2.0,
    )
    answer = recommended(calls)
    assert answer.timeout == pytest.approx(2.0, rel=0.01)
    assert "cannot be seen sooner than that" in " ".join(answer.notes)
    regime = answer.regimes[0]
    assert regime.outage_delay is not None
    assert (regime.outage_delay.value or 0) > 2.0
    slow = config_of(answer).slow_call_duration_threshold
    assert slow is None or slow < 2.0


def served(calls: Calls, bad: int | None = None, of: int = 4) -> Calls:
    """The calls dealt to instances; `bad`'s fail in the middle third."""
    instance = (np.arange(len(calls)) % of).astype(np.int32)
    status = calls.status.copy()
    if bad is not None:
        middle = (calls.start_ns > calls.span * 1e9 / 3) & (calls.start_ns < calls.span * 2e9 / 3)
        status[(instance == bad) & middle] = 503
    return replace(
        calls, instance=instance, instances=tuple(f"10.0.0.{i}:80" for i in range(of)), status=status
    )


def test_the_profile_says_that_each_instance_had_its_breaker_and_is_verified_so(
    calls: Calls, tmp_path: Path
) -> None:
    named = served(calls)
    answer = recommended(named, instances=None)
    assert answer.profile is not None
    (tmp_path / "named.toml").write_text(dump_profile(answer.profile))
    profile = load_profile(str(tmp_path / "named.toml"))
    assert profile.evidence is not None
    assert (profile.evidence.instances, profile.evidence.by_instance) == (4, True)
    assert recommended_for(profile.evidence, named) is None
    assert recommended_for(profile.evidence, calls) == 4
    assert recommended_for(profile.evidence, None) == 4
    assert recommended_for(replace(profile.evidence, by_instance=False), named) == 4
    assert recommended_for(None, named) == 1


def test_a_log_that_names_instances_is_asked_about_them(calls: Calls) -> None:
    named = served(calls)
    alone = recommended(named)
    assert "The log names 4 instances" in " ".join(alone.notes)
    assert "--instances auto (or 4)" in " ".join(alone.notes)
    auto = recommended(named, instances=None)
    assert auto.instances == 4
    assert auto.regimes[0].rate == pytest.approx(alone.regimes[0].rate / 4, rel=0.01)
    assert "The log names" not in " ".join(recommended(named, instances=4).notes)
    few = traffic(phase("calm", 60, 25), seed=9)
    verdicts = DEFAULT_RULES.verdicts(few)
    for number, said in ((1, "the load that ONE breaker sees"), (2, "The log names 2 instances")):
        doubts = traffic_doubts(served(few, of=number), verdicts, (), instances=1, by_instance=False)
        assert said in " ".join(doubts)


def test_one_bad_instance_among_many_is_named_with_its_numbers(calls: Calls) -> None:
    verdicts = DEFAULT_RULES.verdicts(served(calls, bad=2))
    regimes = load_regimes(trace_of(calls, verdicts), 1)
    said = " ".join(traffic_doubts(served(calls, bad=2), verdicts, regimes, instances=4, by_instance=False))
    assert "One bad instance: 10.0.0.2:80 failed 100 % of its" in said
    assert "the 3 others" in said
    calm = traffic(phase("calm", 900, 30), seed=9)
    healthy = served(calm)
    verdicts = DEFAULT_RULES.verdicts(healthy)
    said = " ".join(traffic_doubts(healthy, verdicts, regimes, instances=4, by_instance=False))
    assert "One bad instance" not in said


def test_of_few_calls_stretches_are_long_enough_to_tell_a_bad_instance() -> None:
    few = traffic(phase("calm", 60, 25, failure_rate=0.0), seed=9)
    bad = served(few, bad=7, of=20)
    verdicts = DEFAULT_RULES.verdicts(bad)
    said = " ".join(traffic_doubts(bad, verdicts, (), instances=20, by_instance=False))
    assert "One bad instance: 10.0.0.7:80 failed" in said


def test_the_answer_does_not_depend_on_the_order_of_calls_of_one_instant(calls: Calls) -> None:
    coarse = replace(calls, start_ns=calls.start_ns // (SECOND // 5) * (SECOND // 5))
    random = np.random.default_rng(1)
    order = np.lexsort((random.random(len(calls)), coarse.start_ns))
    assert not (np.diff(order) == 1).all()
    assert recommended(coarse).to_json() == recommended(coarse.reordered(order)).to_json()


def test_the_answer_does_not_depend_on_how_many_threads_there_are(
    calls: Calls, answer: Recommendation, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("search.search", "surroundings.track"):
        module = sys.modules[f"cbtool.recommend.{name}"]
        monkeypatch.setattr(module, "ThreadPoolExecutor", lambda _: ThreadPoolExecutor(1))
    assert recommended(calls).to_json() == answer.to_json()


@pytest.mark.parametrize("instances", [4, 8])  # one of four is an incident for all of them, one of eight none
def test_an_instance_s_outage_is_its_own_breaker_s_incident(instances: int) -> None:
    calm = traffic(phase("calm", 2400, 40), seed=9)
    answer = recommended(served(calm, bad=0, of=instances), instances=None)
    (chosen,) = [each for each in answer.alternatives if each.name == "recommended"]
    assert (chosen.track.incidents, chosen.track.caught, chosen.track.false_trips) == (1, 1, 0)
    assert "Its own breaker opens for that" in " ".join(answer.notes)
    assert answer.timeline is not None
    assert max(answer.timeline.open_percent) <= 100 / instances + 0.1


def test_trials_that_would_fill_a_thread_are_pointed_out_with_what_a_longer_wait_costs() -> None:
    hang = phase("hang", 60, 30, timeouts=95.0)
    calls = traffic(phase("before", 600, 30), hang, phase("after", 600, 30), seed=3, timeout=2.0)
    answer = recommended(calls)
    assert answer.capacity is not None
    (said,) = [note for note in answer.notes if "of one thread's time" in note]
    assert answer.capacity.extra_utilisation > 20
    wait = parse_duration(said.partition("wait ")[2].partition(" instead, for 5 %")[0])
    assert wait == pytest.approx(answer.capacity.wait_for(5.0), rel=0.1)
    assert float(said.rpartition("costs ")[2].partition(" times")[0]) > 1.0
    quick = traffic(phase("before", 600, 30), phase("down", 60, 30, failure_rate=100.0), seed=3)
    assert not any("of one thread's time" in note for note in recommended(quick).notes)
