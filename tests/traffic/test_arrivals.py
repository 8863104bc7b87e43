from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.traffic import arrivals
from cbtool.traffic.arrivals import Stage, constant, of_scenario, parse_stage, poisson, recorded, staged
from cbtool.traffic.scenario import ArrivalKind, Phase, Scenario

CONSTANT, POISSON = ArrivalKind.CONSTANT, ArrivalKind.POISSON

rates = st.floats(0.0, 500.0)
durations = st.floats(0.01, 20.0)
ramps = st.lists(st.builds(Stage, durations, rates), min_size=1, max_size=5)
seeds = st.integers(-(2**63), 2**64)


def seconds(schedule: np.ndarray) -> list[float]:
    return [round(ns / 1e9, 9) for ns in schedule.tolist()]


def calls_until(t: float, stages: list[Stage], start_rate: float) -> float:
    """The integral of the rate up to t, summed piece by piece, apart from the code under test."""
    total, before = 0.0, start_rate
    for duration, rate in stages:
        into = min(max(t, 0.0), duration)
        now = before + (rate - before) * into / duration
        total += (before + now) / 2 * into
        before, t = rate, t - duration
    return total


def test_constant_arrivals_are_evenly_spaced_from_the_start() -> None:
    assert seconds(constant(4, 1)) == [0, 0.25, 0.5, 0.75]


def test_a_rate_that_does_not_divide_a_second() -> None:
    assert constant(3, 1).tolist() == [0, 333_333_333, 666_666_667]


def test_low_rates_still_send_their_first_call() -> None:
    assert seconds(constant(0.5, 5)) == [0, 2, 4]


def test_no_rate_no_calls() -> None:
    assert len(constant(0, 10)) == 0
    assert len(poisson(0, 10, 1)) == 0


@pytest.mark.parametrize(
    ("what", "rate", "duration"),
    [
        ("negative rate", -1, 1),
        ("no duration", 1, 0),
        ("not a number", math.nan, 1),
        ("endless", 1, math.inf),
    ],
)
def test_impossible_schedules(what: str, rate: float, duration: float) -> None:
    with pytest.raises(InvalidSettingError):
        constant(rate, duration)
    with pytest.raises(InvalidSettingError):
        poisson(rate, duration, 1)
    assert what


def test_a_mistyped_rate_is_refused_before_it_takes_the_memory() -> None:
    with pytest.raises(InvalidSettingError, match="at most 200,000,000 calls"):
        constant(1e9, 3600)
    with pytest.raises(InvalidSettingError, match="at most"):
        poisson(1e9, 3600, 1)


def test_a_ramp_from_nothing_is_a_square_root() -> None:
    # The rate t calls/s has the integral t²/2, which reaches k at √(2k).
    schedule = staged([Stage(10, 10)], CONSTANT, 0)
    assert len(schedule) == 50
    assert seconds(schedule)[:4] == [0, round(math.sqrt(2), 9), 2, round(math.sqrt(6), 9)]


def test_a_ramp_down_to_nothing_is_its_mirror() -> None:
    up = staged([Stage(10, 10)], CONSTANT, 0)
    down = staged([Stage(10, 0)], CONSTANT, 0, start_rate=10)
    # Mirrored, the k-th call from the end: both have 50 calls, and the ramp up's first is at 0.
    assert np.abs((10_000_000_000 - down[1:][::-1]) - up[1:]).max() <= 1


def test_the_pause_between_two_stages_is_empty_and_the_next_call_follows_it() -> None:
    schedule = staged([Stage(1, 2), Stage(1e-6, 0), Stage(5, 0), Stage(1e-6, 2), Stage(1, 2)], CONSTANT, 0, 2)
    late = [t for t in seconds(schedule) if t > 1.1]
    assert seconds(schedule)[:2] == [0, 0.5]
    assert late[0] == pytest.approx(6.0, abs=1e-3)
    assert late[1] - late[0] == pytest.approx(0.5, abs=1e-5)


def test_no_stage_is_refused() -> None:
    with pytest.raises(InvalidSettingError, match="stage is needed"):
        staged([], CONSTANT, 0)


@given(ramps, rates)
def test_the_kth_call_is_where_the_integral_of_the_rate_reaches_k(
    stages: list[Stage], start_rate: float
) -> None:
    schedule = staged(stages, CONSTANT, 0, start_rate)
    total = sum(duration for duration, _ in stages)
    expected = calls_until(total, stages, start_rate)
    assert abs(len(schedule) - expected) <= 1 + 1e-5
    assert (np.diff(schedule) >= 0).all()
    assert ((schedule >= 0) & (schedule <= round(total * 1e9) + 1)).all()
    for k in range(0, len(schedule), max(len(schedule) // 20, 1)):
        # Half a nanosecond of rounding at 500 calls/s is far below this.
        assert calls_until(schedule[k] / 1e9, stages, start_rate) == pytest.approx(k, abs=1e-4)


@given(ramps, rates, seeds)
def test_poisson_counts_follow_the_integral_of_the_rate(
    stages: list[Stage], start_rate: float, seed: int
) -> None:
    schedule = staged(stages, POISSON, seed, start_rate)
    total = sum(duration for duration, _ in stages)
    assert (np.diff(schedule) >= 0).all()
    assert ((schedule >= 0) & (schedule <= round(total * 1e9) + 1)).all()
    for end in (total / 3, total):
        mean = calls_until(end, stages, start_rate)
        count = int((schedule <= end * 1e9).sum())
        # Seven standard deviations, and a constant for small means: fails once in over 10⁹ true draws.
        assert abs(count - mean) <= 7 * math.sqrt(mean) + 15


@given(rates, durations, seeds)
def test_a_seed_gives_the_same_poisson_arrivals_again(rate: float, duration: float, seed: int) -> None:
    assert poisson(rate, duration, seed).tolist() == poisson(rate, duration, seed).tolist()


def test_poisson_gaps_are_exponential() -> None:
    gaps = np.diff(poisson(1000, 100, 7)) / 1e9
    assert gaps.mean() == pytest.approx(0.001, rel=0.02)
    assert gaps.std() == pytest.approx(0.001, rel=0.02)
    assert (gaps > 0.001).mean() == pytest.approx(math.exp(-1), abs=0.01)


def test_other_seeds_give_other_arrivals() -> None:
    assert poisson(100, 1, 1).tolist() != poisson(100, 1, 2).tolist()


def phases(*shapes: tuple[float, float, float | None, ArrivalKind]) -> tuple[Phase, ...]:
    return tuple(
        Phase(f"phase {i}", d, rate, rate_to, kind) for i, (d, rate, rate_to, kind) in enumerate(shapes)
    )


def test_a_scenario_is_its_phases_one_after_the_other() -> None:
    scenario = Scenario("two", phases((2, 1, None, CONSTANT), (1, 4, None, CONSTANT)))
    assert seconds(of_scenario(scenario)) == [0, 1, 2, 2.25, 2.5, 2.75]


def test_even_spacing_goes_on_over_the_border_of_two_phases() -> None:
    # 0.4 calls/s: one every 2.5 s, whatever the borders at 3 s and 7 s.
    scenario = Scenario(
        "split", phases((3, 0.4, None, CONSTANT), (4, 0.4, None, CONSTANT), (5, 0.4, None, CONSTANT))
    )
    assert seconds(of_scenario(scenario)) == [0, 2.5, 5, 7.5, 10]


def test_a_ramp_in_a_scenario() -> None:
    scenario = Scenario("ramp", phases((10, 0, 10, CONSTANT)))
    assert of_scenario(scenario).tolist() == staged([Stage(10, 10)], CONSTANT, 0).tolist()


def test_load_multiplies_every_rate() -> None:
    scenario = Scenario("one", phases((2, 4, None, CONSTANT)))
    assert seconds(of_scenario(scenario, load=0.25)) == [0, 1]
    with pytest.raises(InvalidSettingError, match="load"):
        of_scenario(scenario, load=0)


def test_mixed_kinds_of_arrivals_keep_their_order_and_their_places() -> None:
    scenario = Scenario(
        "mixed", phases((1, 5, None, CONSTANT), (10, 50, None, POISSON), (1, 5, None, CONSTANT)), seed=3
    )
    schedule = of_scenario(scenario)
    assert (np.diff(schedule) >= 0).all()
    assert seconds(schedule)[:5] == [0, 0.2, 0.4, 0.6, 0.8]
    assert seconds(schedule)[-5:] == [11, 11.2, 11.4, 11.6, 11.8]
    assert 400 < len(schedule) - 10 < 600


def test_a_scenario_has_its_own_seed_unless_another_is_given() -> None:
    scenario = Scenario("seeded", phases((10, 50, None, POISSON)), seed=3)
    assert of_scenario(scenario).tolist() == of_scenario(scenario, 3).tolist()
    assert of_scenario(scenario).tolist() != of_scenario(scenario, 4).tolist()


def test_recorded_starts_count_from_the_first_and_go_faster() -> None:
    starts = np.array([7_000, 5_000, 9_001], np.int64)
    assert recorded(starts).tolist() == [0, 2_000, 4_001]
    assert recorded(starts, 2.0).tolist() == [0, 1_000, 2_000]
    assert recorded(starts, 0.5).tolist() == [0, 4_000, 8_002]
    assert len(recorded(np.empty(0, np.int64))) == 0
    with pytest.raises(InvalidSettingError, match="speed"):
        recorded(starts, 0)


@pytest.mark.parametrize(
    ("text", "stage"),
    [("30s:200/s", (30, 200)), ("1m:60/m", (60, 1)), ("500ms:5", (0.5, 5)), ("10s:0", (10, 0))],
)
def test_stages_as_people_write_them(text: str, stage: tuple[float, float]) -> None:
    assert parse_stage(text) == stage


@pytest.mark.parametrize("text", ["", "30s", "30s:", ":200/s", "0s:5/s", "200/s:30s", "30s:-5/s", "a:b"])
def test_stages_that_are_none(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_stage(text)


def test_the_limit_is_worth_its_memory() -> None:
    assert arrivals.LARGEST_SCHEDULE * 8 < 2e9
