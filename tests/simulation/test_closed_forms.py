"""Closed forms of probability against the simulation, within the Monte-Carlo error that is computed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from cbtool.breaker import BreakerConfig, State, WindowType
from cbtool.recommend.candidates.forms import reopening_chance
from cbtool.simulation.engine import Engine
from cbtool.simulation.run import SimulationResult, simulate
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES

SECOND = 10**9
FAR = 4.0  # standard errors; the seeds are fixed, so that a test never fails by chance alone


def simulated(failed: NDArray[np.bool_], start: NDArray[np.int64], **settings: object) -> SimulationResult:
    calls = Calls(
        start_ns=start,
        duration_ns=np.zeros(len(failed), np.int64),
        status=np.where(failed, 503, 200).astype(np.int16),
        error=np.zeros(len(failed), np.uint8),
    )
    at_once = {"wait_duration_in_open_state": 0.0, "permitted_number_of_calls_in_half_open_state": 1}
    config = BreakerConfig(**(at_once | settings))  # type: ignore[arg-type]
    return simulate(calls, DEFAULT_RULES.verdicts(calls), config, engine=Engine.KERNEL)


def changes(result: SimulationResult, source: State, target: State) -> NDArray[np.int64]:
    """Return when a state gave way to another, in whole seconds."""
    found = [change.transition for change in result.summary.transitions]
    return np.array([round(t.time) for t in found if (t.source, t.target) == (source, target)])


def isolated(failed: NDArray[np.bool_], **settings: object) -> tuple[int, int]:
    """Return in how many isolated bursts a closed breaker tripped, and how many it met closed.

    Args:
        failed: shape (bursts, calls); an hour lies between two bursts, a second between two calls.
        settings: of a time window that holds a burst and no more.
    """
    bursts, size = failed.shape
    start = (np.arange(bursts)[:, None] * 3600 + np.arange(size)[None, :]).ravel() * SECOND
    result = simulated(
        failed.ravel(), start, sliding_window_type=WindowType.TIME, sliding_window_size=60.0, **settings
    )
    met_closed = result.state_before.reshape(bursts, size)[:, 0] == State.CLOSED
    tripped = np.zeros(bursts, np.bool_)
    tripped[changes(result, State.CLOSED, State.OPEN) // 3600] = True
    return int((tripped & met_closed).sum()), int(met_closed.sum())


def agree(seen: int, trials: int, chance: float) -> None:
    assert seen >= 100  # or the comparison says little
    error = math.sqrt(chance * (1 - chance) / trials)
    assert abs(seen / trials - chance) < FAR * error


@pytest.mark.parametrize(("run", "share"), [(2, 0.05), (3, 0.2), (5, 0.4)])
@pytest.mark.parametrize("window", ["consecutive", "count"])
def test_the_average_run_to_k_failures_in_a_row(run: int, share: float, window: str) -> None:
    failed = np.random.default_rng([run, 1]).random(400_000) < share
    settings = {"sliding_window_size": run, "minimum_number_of_calls": 1}
    if window == "count":
        settings |= {"failure_rate_threshold": 100.0, "minimum_number_of_calls": run}
    result = simulated(
        failed, np.arange(len(failed)) * SECOND, sliding_window_type=WindowType(window), **settings
    )
    opened = changes(result, State.CLOSED, State.OPEN)
    closed = changes(result, State.HALF_OPEN, State.CLOSED)
    lengths = opened[1:] - closed[: len(opened) - 1]
    expected = (1 - share**run) / (share**run * (1 - share))
    assert len(lengths) >= 500
    assert abs(lengths.mean() - expected) < FAR * lengths.std() / math.sqrt(len(lengths))


@pytest.mark.parametrize(("size", "share", "threshold"), [(10, 0.1, 30.0), (20, 0.05, 15.0), (50, 0.2, 30.0)])
def test_a_rate_over_isolated_windows_has_a_binomial_tail(size: int, share: float, threshold: float) -> None:
    failed = np.random.default_rng([size, 2]).random((20_000, size)) < share
    need = math.ceil(threshold * size / 100 - 1e-9)
    seen, met = isolated(failed, minimum_number_of_calls=size, failure_rate_threshold=threshold)
    agree(seen, met, float(stats.binom.sf(need - 1, size, share)))


@pytest.mark.parametrize(("size", "share", "errors"), [(10, 0.05, 2), (40, 0.02, 4)])
def test_an_errors_gate_has_a_binomial_tail(size: int, share: float, errors: int) -> None:
    failed = np.random.default_rng([size, 3]).random((20_000, size)) < share
    gates = {"minimum_number_of_errors": errors, "minimum_number_of_calls": 1}
    seen, met = isolated(failed, failure_rate_threshold=0.001, **gates)
    agree(seen, met, float(stats.binom.sf(errors - 1, size, share)))


def test_overdispersed_failures_have_a_beta_binomial_tail_far_above_the_binomial_one() -> None:
    size, need, alpha, beta = 20, 6, 0.5, 9.5
    random = np.random.default_rng(4)
    share = random.beta(alpha, beta, (20_000, 1))
    failed = random.random((20_000, size)) < share
    seen, met = isolated(failed, minimum_number_of_calls=size, failure_rate_threshold=100 * need / size)
    chance = float(stats.betabinom.sf(need - 1, size, alpha, beta))
    agree(seen, met, chance)
    assert chance > 50 * stats.binom.sf(need - 1, size, alpha / (alpha + beta))


@pytest.mark.parametrize(("trials", "level", "threshold"), [(1, 0.3, 50.0), (3, 0.5, 50.0), (5, 0.4, 60.0)])
def test_half_open_closes_by_mistake_as_often_as_the_binomial_says(
    trials: int, level: float, threshold: float
) -> None:
    cycles = 10_000
    random = np.random.default_rng([trials, 5])
    # A failure that trips, the trials, and successes that close whatever is still open.
    shape = [np.ones((cycles, 1), np.bool_), random.random((cycles, trials)) < level]
    failed = np.concatenate([*shape, np.zeros((cycles, trials), np.bool_)], axis=1)
    start = (np.arange(cycles)[:, None] * 3600 + np.arange(failed.shape[1])[None, :]).ravel() * SECOND
    result = simulated(
        failed.ravel(),
        start,
        sliding_window_type=WindowType.TIME,
        sliding_window_size=60.0,
        minimum_number_of_calls=1,
        failure_rate_threshold=threshold,
        permitted_number_of_calls_in_half_open_state=trials,
    )
    seconds = changes(result, State.HALF_OPEN, State.CLOSED) % 3600
    closed = int((seconds == trials).sum())
    need = math.ceil(threshold * trials / 100 - 1e-9)
    chance = float(stats.binom.cdf(need - 1, trials, level))
    agree(closed, cycles, chance)
    assert chance == pytest.approx(1 - reopening_chance(trials, level, threshold / 100))
