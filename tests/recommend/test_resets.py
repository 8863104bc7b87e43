"""The wait and the trials that are taken lie at the bottom of a curve, unless incidents keep a rhythm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from cbtool.recommend.candidates.gates import Candidate, Gate
from cbtool.recommend.candidates.moves import waits
from cbtool.recommend.search.resets import settled, smoothed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

WAITS = np.array([3.0, 5.0, 7.0, 8.0, 10.0, 12.0, 14.0, 20.0, 30.0])
COURTS = 12
AT = Candidate(Gate(10.0, 50.0, 5, 5), 10.0, 1)


def curve(waits: NDArray[np.float64], probing: float = 1000.0) -> NDArray[np.float64]:
    return 50.0 + 10.0 * waits + probing / waits  # least at 10 s for 1,000


def noisy(costs: NDArray[np.float64], seed: int, spread: float = 30.0) -> NDArray[np.float64]:
    return costs[:, None] + np.random.default_rng(seed).normal(0.0, spread, (len(costs), COURTS))


def test_the_wait_at_the_bottom_of_the_curve_is_found_in_noise() -> None:
    def excess(costs: NDArray[np.float64]) -> float:
        return float(curve(WAITS)[costs.argmin()] / curve(WAITS).min() - 1.0)

    drawn = [noisy(curve(WAITS), seed) for seed in range(200)]
    by_curve = np.mean([excess(smoothed(WAITS, losses)[0]) for losses in drawn])
    by_luck = np.mean([excess(losses.sum(axis=1)) for losses in drawn])
    assert by_curve < 0.02
    assert by_curve < 0.6 * by_luck


def test_a_curve_without_noise_is_itself() -> None:
    losses = np.repeat(curve(WAITS)[:, None], COURTS, axis=1)
    costs, unfit = smoothed(WAITS, losses)
    assert costs == pytest.approx(COURTS * curve(WAITS))
    assert not unfit


def test_the_time_until_trials_come_counts_where_calls_are_rare() -> None:
    """Once in g seconds a call comes: a round takes w + g, and an incident that ends in g refuses nothing."""
    gap = 20.0
    waits = WAITS * 5
    costs = 4.0 + (waits * waits / 40.0 + 150.0) / (waits + gap)
    losses = np.repeat(costs[:, None], COURTS, axis=1)
    found, unfit = smoothed(waits, losses, gap)
    assert found == pytest.approx(COURTS * costs)
    assert not unfit
    without, _ = smoothed(waits, losses)
    assert waits[without.argmin()] < waits[found.argmin()] == 60.0


def test_no_term_of_the_curve_is_negative() -> None:
    """Where shorter waits only cost less, the curve says so, and turns nowhere."""
    costs, _ = smoothed(WAITS, noisy(50.0 + 10.0 * WAITS, 3, 5.0))
    assert np.all(np.diff(costs) > 0)


def test_a_wait_that_meets_a_rhythm_is_kept() -> None:
    costs = curve(WAITS)
    costs[2] *= 0.7
    losses = noisy(costs, 4, 10.0)
    found, unfit = smoothed(WAITS, losses)
    assert unfit
    assert found.argmin() == 2
    assert found == pytest.approx(losses.sum(axis=1))


def test_the_trials_are_those_with_the_lowest_curve() -> None:
    """Two trials cost less at any wait but one, at which one trial was lucky."""
    asked: set[int] = set()

    def losses(moves: Sequence[Candidate]) -> NDArray[np.float64]:
        asked.update(move.trials for move in moves)
        waits = np.array([move.wait for move in moves])
        if moves[0].trials == 2:
            return np.repeat(curve(waits, 900.0)[:, None], COURTS, axis=1)
        found = noisy(curve(waits), 5)
        found[waits == 7.0] -= 25.0
        return found

    chosen = settled(AT, losses, 0.5).candidate
    assert chosen.trials == 2
    assert chosen.wait == 10.0
    assert asked == {1, 2}


def test_no_wait_is_below_the_shortest() -> None:
    def losses(moves: Sequence[Candidate]) -> NDArray[np.float64]:
        return np.array([[move.wait] * COURTS for move in moves])

    assert settled(AT, losses, 6.0).candidate.wait == 6.0


def test_where_nothing_costs_anything_the_candidate_stays() -> None:
    def losses(moves: Sequence[Candidate]) -> NDArray[np.float64]:
        return np.zeros((len(moves), COURTS))

    assert settled(AT, losses, 0.5) == (AT, False)


def test_no_other_wait_is_longer_than_what_a_growing_one_stops_at() -> None:
    growing = Candidate(Gate(10.0, 50.0, 4, 4), 20.0, 1, growth=1.5, longest=50.0)
    asked: list[Candidate] = []

    def losses(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        asked.extend(candidates)
        return np.array([[each.wait] for each in candidates])

    settled(growing, losses, 0.1)
    tried = [*asked, *waits(growing, 0.1)]
    assert len({each.wait for each in tried}) > 5
    assert all(each.wait <= 50.0 for each in tried)
    assert all(each.config() for each in tried)  # which refuses what is no setting
