"""The tail of bursts, on processes of bursts whose rate of trips is known in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from cbtool.recommend.false_trips.exposure import BlockMaxima
from cbtool.recommend.false_trips.tails import tail_of

DAY = 86_400.0
BUDGET = 1 / 30  # trips a day
BURSTS, SINGLES, BLOCKS = 24, 100, 8_640  # a day
LOGS = 100


def smallest_gate(sizes: NDArray[np.int64], days: float) -> int:
    """The smallest gate of errors whose bound keeps the budget; each burst fills a window of its own."""
    for errors in range(4, 400):
        maxima = BlockMaxima(sizes / errors, round(BLOCKS * days))
        if DAY * tail_of(maxima, float(errors), DAY * days).upper <= BUDGET:
            return errors
    raise AssertionError


def gates(draw: Callable[[np.random.Generator, int], NDArray[np.int64]], days: int = 1) -> NDArray[np.int64]:
    random = np.random.default_rng(1)
    logs = []
    for _ in range(LOGS):
        bursts = draw(random, random.poisson(BURSTS * days))
        alone = np.ones(random.poisson(SINGLES * days), np.int64)
        logs.append(smallest_gate(np.concatenate((bursts, alone)), days))
    return np.array(logs)


@pytest.mark.parametrize("mean", [1.5, 3.0, 6.0])
def test_geometric_bursts_seldom_trip_more_often_than_the_budget_says(mean: float) -> None:
    found = gates(lambda random, n: random.geometric(1 / mean, n))
    trips = BURSTS * (1 - 1 / mean) ** (found - 1)  # a day: P(size ≥ k) = (1 − p)^(k − 1)
    assert (trips > BUDGET).mean() < 0.4
    assert np.median(trips) < BUDGET


@pytest.mark.parametrize(("days", "highest"), [(1, 25), (5, 15)])
def test_bursts_of_bounded_size_are_not_taken_for_endless_ones(days: int, highest: int) -> None:
    found = gates(lambda random, n: random.integers(4, 10, n), days)
    assert found.min() > 9  # the largest there is
    assert np.quantile(found, 0.9) < highest


def test_bursts_that_only_two_at_once_trip_do_so_as_often_as_they_meet() -> None:
    margins = np.repeat([0.05, 0.6], [40, 20])  # single errors, and bursts that are alike
    found = tail_of(BlockMaxima(margins, 1_000), 20.0, DAY)
    assert DAY * found.upper == pytest.approx(20**2 / 2 / 1_000)  # no burst alone comes near
    fewer = tail_of(BlockMaxima(np.where(margins > 0.1, 0.45, margins), 1_000), 20.0, DAY)
    assert DAY * fewer.upper < 0.001


def test_where_no_bursts_were_all_that_tie_tell_the_tail() -> None:
    counts = np.random.default_rng(2).poisson(0.1, 457)  # failures in each of the blocks of two hours
    maxima = BlockMaxima(counts[counts > 0] / 4.0, len(counts))
    ones, more = (counts == 1).sum(), (counts > 1).sum()
    assert ones > 4 * 10
    assert more < 10
    found, among_bursts = (tail_of(maxima, 4.0, DAY, clusters=clusters).likely for clusters in (False, True))
    fit, n = (counts[counts > 0] - 1).sum(), ones + more
    mean = math.prod(
        (fit + i) / (n + fit + 1 + i) for i in (1, 2, 3)
    )  # of ρ³, where ρ is Beta(fit + 1, n + 1)
    assert found * DAY == pytest.approx(n * mean)
    assert found < among_bursts / 4


@pytest.mark.parametrize("seed", range(4))
def test_bursts_that_every_breaker_saw_tell_of_each_what_one_breaker_s_do(seed: int) -> None:
    random = np.random.default_rng(seed)
    margins = np.concatenate((random.geometric(0.4, BURSTS), np.ones(SINGLES))) / 8.0
    alone = tail_of(BlockMaxima(margins, BLOCKS), 8.0, DAY)
    four = tail_of(BlockMaxima(np.repeat(margins, 4), 4 * BLOCKS), 8.0, 4 * DAY, copies=4.0)
    assert four == pytest.approx(alone)


def test_what_is_likely_is_the_mean_over_the_tails_that_the_log_leaves_possible() -> None:
    random, few, total = np.random.default_rng(3), 10, 6.0
    margins = np.concatenate(
        (np.full(few - 3, 0.5), np.full(3, 0.6))
    )  # three of ten are two errors of 20 more
    found = tail_of(BlockMaxima(margins, 1_000), 20.0, DAY)
    ratio = random.beta(total + 1, few + 1, 400_000)
    assert found.likely * DAY == pytest.approx(min(few * (ratio**10).mean(), found.upper * DAY), rel=0.03)
    nearer = tail_of(BlockMaxima(margins * 1.6, 1_000), 20.0, DAY)
    higher = (margins * 1.6 - 0.8).sum() * 20
    ratio = random.beta(higher + 1, few + 1, 400_000)
    assert nearer.likely < nearer.upper
    assert nearer.likely * DAY == pytest.approx(few * (ratio**4).mean(), rel=0.03)
