"""The interval of false trips against processes whose rate is known in closed form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.exposure import Exposure
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.false_trips.trip_interval import counted_range, resampled_times

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

SECOND, HOUR, DAY = 10**9, 3600, 86_400.0
NOMINAL = 0.9
LOGS = 40
CALLS = 20  # of an isolated burst


def bursts(failed: NDArray[np.bool_]) -> Exposure:
    """Bursts of calls a second apart, an hour between two bursts; shape (bursts, calls)."""
    count, size = failed.shape
    end = (np.arange(count)[:, None] * HOUR + np.arange(size)[None, :]).ravel() * SECOND
    return Exposure(end, failed.ravel(), np.zeros(count * size, np.int64), float(count * HOUR))


def binomial(random: np.random.Generator, count: int, share: float) -> Exposure:
    return bursts(random.random((count, CALLS)) < share)


def beta_binomial(random: np.random.Generator, count: int, a: float, b: float) -> Exposure:
    return bursts(random.random((count, CALLS)) < random.beta(a, b, (count, 1)))


def steady(random: np.random.Generator, count: int, share: float) -> Exposure:
    """One call a second."""
    return Exposure(
        np.arange(count) * SECOND, random.random(count) < share, np.zeros(count, np.int64), float(count)
    )


def errors_gate(errors: int) -> Gate:
    return Gate(60.0, 0.001, errors, 1)


def run_gate(run: int) -> Gate:
    return Gate(float(run), 100.0, run, run, counted=True)


def of_binomial(errors: int, share: float) -> float:
    return float(stats.binom.sf(errors - 1, CALLS, share)) * DAY / HOUR


def of_beta_binomial(errors: int, a: float, b: float) -> float:
    return float(stats.betabinom.sf(errors - 1, CALLS, a, b)) * DAY / HOUR


def of_run(run: int, share: float) -> float:
    return DAY * share**run * (1 - share) / (1 - share**run)


CASES: dict[str, tuple[Callable[[np.random.Generator], Exposure], Gate, float, float]] = {
    # name: a log, the gate, the truth in trips a day, how far above it half of the logs' high ends may lie
    "binomial, seen": (lambda r: binomial(r, 1000, 0.05), errors_gate(4), of_binomial(4, 0.05), 2.0),
    "binomial, beyond": (lambda r: binomial(r, 1000, 0.05), errors_gate(6), of_binomial(6, 0.05), 40.0),
    "beta-binomial, seen": (
        lambda r: beta_binomial(r, 1000, 0.5, 9.5), errors_gate(5), of_beta_binomial(5, 0.5, 9.5), 2.0
    ),
    "beta-binomial, beyond": (
        lambda r: beta_binomial(r, 600, 0.5, 9.5), errors_gate(12), of_beta_binomial(12, 0.5, 9.5), 40.0
    ),
    "heavy, beyond": (
        lambda r: beta_binomial(r, 600, 0.2, 9.8), errors_gate(10), of_beta_binomial(10, 0.2, 9.8), 40.0
    ),
    "hardly dispersed, few calls": (
        lambda r: beta_binomial(r, 150, 2, 38), errors_gate(7), of_beta_binomial(7, 2, 38), 80.0
    ),
    "a run in a count window": (lambda r: steady(r, 8_000, 0.05), run_gate(4), of_run(4, 0.05), 30.0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_truth_lies_in_the_interval_as_often_as_is_promised(name: str) -> None:
    draw, gate, truth, width = CASES[name]
    inside, highs = 0, []
    for number in range(LOGS):
        log = draw(np.random.default_rng([number, 7]))
        found = Guard(log, [log], math.inf).estimate(gate, number)
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= truth <= found.high
        highs.append(found.high / truth)
    error = math.sqrt(NOMINAL * (1 - NOMINAL) / LOGS)  # of the share that a true nine in ten would show
    assert inside / LOGS >= NOMINAL - 2 * error
    assert np.median(highs) < width


def test_the_interval_narrows_as_the_log_grows() -> None:
    widths = []
    for count in (300, 3000):
        log = binomial(np.random.default_rng(count), count, 0.05)
        found = Guard(log, [log], math.inf).estimate(errors_gate(6), 1)
        widths.append((found.high or 0.0) / of_binomial(6, 0.05))
    assert widths[1] < widths[0] / 2


def test_where_nothing_ever_failed_the_rule_of_three_is_the_most() -> None:
    log = steady(np.random.default_rng(1), 20_000, 0.0)
    found = Guard(log, [log], math.inf).estimate(Gate(60.0, 0.001, 1, 1), 1)
    assert found.low == 0.0
    assert 3.0 < (found.high or 0.0) * 20_000 / DAY < 9.0  # twice, since a success that leaves may trip, too


def test_a_count_s_interval_is_exact() -> None:
    found = counted_range(7, 1.0)
    assert stats.poisson.sf(6, found.low) == pytest.approx(0.03)
    assert stats.poisson.cdf(7, found.high) == pytest.approx(0.03)
    assert counted_range(0, 1.0).low == 0.0


def test_every_block_is_drawn_as_often_and_neighbours_together() -> None:
    times = resampled_times(np.arange(200), 200, 1, np.random.default_rng(3))
    assert times.sum(axis=1).tolist() == [200] * len(times)
    assert times.mean(axis=0) == pytest.approx(np.ones(200), abs=0.25)
    assert np.corrcoef(times[:, 10], times[:, 11])[0, 1] > 0.5
    assert abs(np.corrcoef(times[:, 10], times[:, 110])[0, 1]) < 0.2


def test_what_breakers_saw_at_one_time_is_drawn_together() -> None:
    times = resampled_times(np.array([5, 105]), 200, 2, np.random.default_rng(3))
    assert (times[:, 0] == times[:, 1]).all()
