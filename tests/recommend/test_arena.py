"""Regimes of load, resampled traffic, its loss, and the closed forms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from traffic_cases import phase, traced, traffic

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.recommend.candidates.forms import (
    best_wait,
    ceil_nice,
    nice,
    nice_duration,
    reopening_chance,
    shortest_wait,
)
from cbtool.recommend.reading.regimes import load_regimes
from cbtool.recommend.reading.trace import Trace
from cbtool.recommend.search.arena import Arena, Deal, build
from cbtool.recommend.search.loss import Court
from cbtool.recommend.search.spells import Spell, spell_of

SECOND = 10**9
OUTAGE = Spell(30.0, np.full(50, 10_000_000), np.ones(50, np.bool_))


def config(errors: int, wait: float = 5.0) -> BreakerConfig:
    return BreakerConfig(
        failure_rate_threshold=50,
        sliding_window_type=WindowType.TIME,
        sliding_window_size=10.0,
        minimum_number_of_calls=1,
        minimum_number_of_errors=errors,
        wait_duration_in_open_state=wait,
        permitted_number_of_calls_in_half_open_state=1,
    )


@pytest.mark.parametrize(
    ("rates", "names"),
    [
        ((20,), ["steady"]),
        ((5, 250), ["low", "high"]),
        ((0.5, 5, 200), ["low", "middle", "high"]),
        ((20, 25), ["steady"]),  # of which the rate lies between
    ],
)
def test_loads_that_differ_are_told_apart(rates: tuple[float, ...], names: list[str]) -> None:
    found = load_regimes(traced(traffic(*(phase("load", 900, rate) for rate in rates), seed=1)))
    assert [regime.name for regime in found] == names
    assert sum(regime.share_of_time for regime in found) == pytest.approx(1.0)
    told_apart = len(names) == len(rates)
    assert [r.rate for r in found] == pytest.approx(rates if told_apart else [np.mean(rates)], rel=0.1)


def test_one_of_m_breakers_sees_a_share_of_the_rate() -> None:
    (regime,) = load_regimes(traced(traffic(phase("load", 300, 80), seed=1)), instances=8)
    assert regime.rate == pytest.approx(10, rel=0.05)


def test_a_transplanted_incident_is_where_the_labels_say() -> None:
    healthy = traced(traffic(phase("healthy", 600, 20, failure_rate=0.0), seed=1))
    for seed in range(6):
        arena = build(healthy, [OUTAGE, OUTAGE], 1.0, 60_000, seed)
        inside = np.zeros(len(arena.trace), np.bool_)
        for begin, end in arena.spans:
            assert 0.6 * 30 <= (end - begin) / SECOND <= 1.55 * 30
            inside |= (arena.trace.start >= begin) & (arena.trace.start < end)
        assert (arena.trace.failed == inside).all()
        assert (np.diff(arena.trace.start) >= 0).all()


def test_an_incident_that_is_too_long_takes_most_of_an_arena() -> None:
    healthy = traced(traffic(phase("healthy", 600, 20, failure_rate=0.0), seed=1))
    arenas = [build(healthy, [OUTAGE._replace(seconds=900.0)], 1.0, len(healthy), seed) for seed in range(12)]
    parts = [(a.spans[0, 1] - a.spans[0, 0]) / SECOND / a.trace.span for a in arenas]
    assert min(parts) >= 0.47
    assert max(parts) <= 0.81
    assert np.std(parts) > 0.05  # a wait would learn one length


def test_a_long_background_is_sampled_to_size() -> None:
    healthy = traced(traffic(phase("healthy", 6000, 20), seed=1))
    arena = build(healthy, [OUTAGE], 1.0, 20_000, 1)
    assert len(arena.trace) == pytest.approx(20_000, rel=0.05)


def test_every_load_takes_the_share_of_the_time_that_it_has() -> None:
    healthy = traced(traffic(*[phase("day", 1000, 40), phase("night", 1000, 0.4)] * 3, seed=1))
    for seed in range(4):
        tape = build(healthy, [OUTAGE], 1.0, 20_000, seed).trace
        calls = np.histogram(tape.start, np.arange(0, int(tape.span) + 1, 10) * SECOND)[0]
        assert (calls < 100).mean() == pytest.approx(0.5, abs=0.1)


def test_calls_that_are_nearly_all_in_one_moment_make_a_tape() -> None:
    start = np.concatenate((np.arange(60), 40_000 * SECOND + np.arange(60_000) * 1000, [80_000 * SECOND]))
    n = len(start)
    spike = Trace(start.astype(np.int64), np.full(n, 10_000_000), np.zeros(n, np.bool_), True)
    for seed in range(4):
        tape = build(spike, [OUTAGE], 1.0, 20_000, seed).trace
        assert 5_000 <= len(tape) <= 25_000
        assert (np.diff(tape.start) >= 0).all()


def test_the_loss_of_never_opening_is_the_incident_s_bad_calls() -> None:
    court = ten_seconds_of_outage()
    assert court.loss(config(errors=1000)) == 10


def test_the_loss_of_opening_is_what_got_through_and_what_was_refused_for_nothing() -> None:
    court = ten_seconds_of_outage()
    # Half of the last ten calls have failed at second 34; open until 44, when a trial succeeds. The four
    # calls from 40 to 43 are good.
    outcome = court.judge(config(errors=3, wait=10.0))
    assert outcome.loss == 5 + 4
    assert outcome.delays == (4.0,)
    assert (outcome.shed, outcome.bad, outcome.false_trips) == (5, 10, 0)


def test_what_the_search_minimises_holds_for_an_end_anywhere_in_a_wait() -> None:
    court = ten_seconds_of_outage()
    # Open from 34 to 44, or to 42: 0.6 of the wait is taken to fall after the incident, at a call a second.
    assert court.loss(config(errors=3, wait=10.0)) == 5 + 6
    assert court.loss(config(errors=3, wait=8.0)) == 5 + 5


def test_several_breakers_share_the_luck_of_where_in_a_wait_an_incident_ends() -> None:
    # Open for 20 seconds, a call a second: 12 of them fall after the end for one breaker, 10.5 for sixteen.
    slowly = config(errors=3, wait=20.0)
    assert ten_seconds_of_outage().loss(slowly) == 5 + 12
    assert ten_seconds_of_outage(breakers=16).loss(slowly) == 5 + 11


def test_a_growing_wait_counts_a_part_of_the_wait_that_the_incident_ended_in() -> None:
    grown = replace(
        config(errors=3, wait=2.0), wait_backoff_multiplier=2.0, max_wait_duration_in_open_state=8.0
    )
    # Open from 34 to 36, when a trial fails, and from 36 to 40: 2.4 seconds are taken to fall after the end.
    assert ten_seconds_of_outage().loss(grown) == 5 + 1 + 3


def test_incidents_that_leave_no_room_are_dealt_out_as_often_as_short_ones() -> None:
    healthy = traced(traffic(phase("healthy", 6000, 20), seed=1))
    long = OUTAGE._replace(seconds=800.0)
    deal = Deal([OUTAGE, OUTAGE, OUTAGE, long], 5)
    lengths = [
        (end - begin) / SECOND
        for number in range(12)
        for begin, end in deal.build(healthy, 1.0, 20_000, number).spans
    ]
    seen = sum(length > 100 for length in lengths)
    assert seen >= 5
    assert abs(len(lengths) - 4 * seen) <= 4


def test_incidents_are_apart_so_that_recovering_late_from_each_shows() -> None:
    healthy = traced(traffic(phase("healthy", 6000, 20), seed=1))
    long = OUTAGE._replace(seconds=1500.0)
    for seed in range(12):
        arena = build(healthy, [OUTAGE, OUTAGE, long, OUTAGE], 1.0, 120_000, seed)
        begin, end = arena.spans[:, 0], arena.spans[:, 1]
        assert len(begin) == 4
        assert (begin[1:] - end[:-1]).min() > 60 * SECOND
        assert begin[0] >= 0
        assert end[-1] <= arena.trace.span * SECOND + 1


def test_spells_that_hardly_fit_follow_one_another_in_any_order() -> None:
    healthy = traced(traffic(phase("healthy", 1000, 20), seed=1))
    half = OUTAGE._replace(seconds=490.0, spread=1.0)
    arena = build(healthy, [half], 1.0, 20_000, 3)
    assert (arena.spans[:, 1] <= arena.trace.span * SECOND + 1).all()
    crowded = build(healthy, [OUTAGE._replace(seconds=24.0, spread=1.0)] * 20, 1.0, 20_000, 3)
    assert len(crowded.spans) == 20
    assert (crowded.spans[1:, 0] >= crowded.spans[:-1, 1]).all()


def test_a_trip_outside_costs_ten() -> None:
    start = np.arange(60, dtype=np.int64) * SECOND
    failed = start == 5 * SECOND
    arena = Arena(Trace(start, np.zeros(60, np.int64), failed, True), np.empty((0, 2), np.int64), 1.0)
    quick = config(errors=1, wait=0.5)
    assert Court(arena, None, 0.25).loss(quick) == 0  # one failure of six calls is under 50 %
    failed[0] = True
    assert Court(arena, None, 0.25).loss(quick) == 10


def ten_seconds_of_outage(breakers: int = 1) -> Court:
    start = np.arange(100, dtype=np.int64) * SECOND
    failed = (start >= 30 * SECOND) & (start < 40 * SECOND)
    traced = Trace(start, np.zeros(100, np.int64), failed, True)
    spans = np.array([[30 * SECOND, 40 * SECOND]], np.int64)
    return Court(Arena(traced, spans, 1.0), None, 0.25, breakers=breakers)


def test_the_best_wait_balances_probes_and_late_recovery() -> None:
    assert best_wait(1, 150, 50) == pytest.approx(2.45, abs=0.01)
    assert best_wait(1, 2400, 0.05) == pytest.approx(310, abs=1)


def test_the_shortest_wait_leaves_a_hundred_calls_for_each_probe() -> None:
    assert shortest_wait(1, 0.01) == 0.5
    assert shortest_wait(200, 0.01) == 0.5
    assert shortest_wait(500, 0.01) == pytest.approx(0.2)
    assert shortest_wait(500, 0.3) == 0.3  # a call may take so long
    assert shortest_wait(500, 2.0) == 0.5
    assert shortest_wait(1e5, 0.001) == 0.1
    assert shortest_wait(500, None) == 0.5


def test_the_chance_that_trials_find_an_incident() -> None:
    assert reopening_chance(1, 0.3, 0.5) == pytest.approx(0.3)
    assert reopening_chance(5, 0.3, 0.2) == pytest.approx(1 - 0.7**5)
    assert reopening_chance(4, 1.0, 0.5) == 1


def test_numbers_that_a_person_would_write() -> None:
    assert [nice(v) for v in (0.94, 1.3, 27, 0.0049)] == [1, 1.5, 30, 0.005]
    assert [nice_duration(v) for v in (0.3, 61, 290, 4000)] == [0.3, 60, 300, 3600]
    assert [ceil_nice(v) for v in (0.0687, 0.1374, 2.0, 1.21)] == [0.069, 0.14, 2.0, 1.3]


def test_turns_within_one_instant_are_no_rhythm() -> None:
    """Clients that log whole seconds start many calls at once; no time passes between their turns."""
    failed = np.arange(200) % 10 < 5
    duration = np.full(200, 10_000_000)
    assert spell_of(Trace(np.zeros(200, np.int64), duration, failed, True), 0, 199, 1).rhythm is None


def test_a_flap_with_few_calls_in_its_good_times_keeps_its_rhythm() -> None:
    """At 1/s a good half minute is too short to part two bad ones; a brown-out as bad has no rhythm."""
    random = np.random.default_rng(9)
    at = np.cumsum(random.exponential(1.0, 1_200))
    start, duration = (at * SECOND).astype(np.int64), np.full(1_200, 10**7)
    flapping = random.random(1_200) < np.where(at % 60 < 30, 0.95, 0.01)
    brown_out = random.random(1_200) < 0.48
    flap, brown = (
        spell_of(Trace(start, duration, failed, True), 0, 1_199, 1).rhythm for failed in (flapping, brown_out)
    )
    assert brown is None
    assert flap is not None
    assert flap.period == pytest.approx(60, rel=0.03)
