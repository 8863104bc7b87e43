"""Shopify's utilisation formula, held to the two rows that its article works out."""

from dataclasses import replace

import pytest
from helpers import consecutive, count_window, time_window

from cbtool.breaker import BreakerConfig, dialect_named
from cbtool.breaker.capacity import Capacity, capacity_of


@pytest.mark.parametrize(
    ("wait", "trial", "percent"),
    [(2.0, 0.25, 262.5), (30.0, 0.05, 3.5)],
    ids=["as they had it: 263 %", "tuned: 4 %"],
)
def test_forty_two_services_down_cost_what_the_article_says(
    wait: float, trial: float, percent: float
) -> None:
    cost = Capacity(breakers=42, threads=2, trial=trial, trials=1, wait=wait, timeout=0.25, errors=3)
    assert cost.extra_utilisation == pytest.approx(percent)
    assert cost.opening_cost == pytest.approx(15.75)


def test_the_wait_for_a_share_is_the_formula_turned_round() -> None:
    cost = Capacity(breakers=42, threads=2, trial=0.25, trials=1, wait=2.0, timeout=0.25, errors=3)
    assert cost.wait_for(5.0) == pytest.approx(105.0)


def test_with_the_wait_or_the_timeout_that_is_named_trials_take_just_that_share() -> None:
    cost = Capacity(breakers=42, threads=2, trial=0.25, trials=3, wait=20.0, timeout=0.25, errors=3)
    assert replace(cost, wait=cost.wait_for(5.0)).extra_utilisation == pytest.approx(5.0)
    assert replace(cost, trial=cost.trial_for(5.0)).extra_utilisation == pytest.approx(5.0)


def test_every_trial_of_a_batch_holds_a_thread() -> None:
    config = count_window(10, wait_duration_in_open_state=10, permitted_number_of_calls_in_half_open_state=4)
    assert capacity_of(config, timeout=0.5).extra_utilisation == pytest.approx(20.0)


def test_where_one_failed_trial_opens_again_the_others_hold_no_thread() -> None:
    config = BreakerConfig(
        permitted_number_of_calls_in_half_open_state=4,
        wait_duration_in_open_state=10,
        dialect=dialect_named("gobreaker"),
    )
    assert capacity_of(config, timeout=0.5).trials == 1


def test_a_growing_wait_counts_at_its_cap() -> None:
    config = consecutive(
        5,
        wait_duration_in_open_state=1,
        wait_backoff_multiplier=2,
        max_wait_duration_in_open_state=40,
        permitted_number_of_calls_in_half_open_state=1,
    )
    assert capacity_of(config, timeout=1.0).extra_utilisation == pytest.approx(2.5)


def test_opening_costs_what_fills_a_window_that_was_full_of_good_calls() -> None:
    config = time_window(10, minimum_number_of_calls=3, minimum_number_of_errors=7, failure_rate_threshold=50)
    assert capacity_of(config, timeout=2.0, rate=20).opening_cost == pytest.approx(200.0)
    empty = capacity_of(config, timeout=2.0)
    assert (empty.errors, empty.at_least) == (7, True)
