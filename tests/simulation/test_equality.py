"""The kernel equals the readable machine: decisions, states and transitions, with their times and counts."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_traces import random_config, random_traces

from cbtool.breaker import BreakerConfig, Reason, WindowType
from cbtool.simulation.fast import run_fast
from cbtool.simulation.readable import run_readable
from cbtool.simulation.traffic import Traffic, traffic_of

if TYPE_CHECKING:
    from cbtool.simulation.history import History

TRACES = 12_000
CHUNKS = 6


@lru_cache(maxsize=CHUNKS)
def reasons_seen(chunk: int) -> Counter[tuple[WindowType, Reason]]:
    """Compare one chunk of the traces, and count what happened in it."""
    seen: Counter[tuple[WindowType, Reason]] = Counter()
    for number, (traffic, config) in enumerate(random_traces(chunk, TRACES // CHUNKS)):
        history = assert_equal(traffic, config, seed=number)
        seen.update((config.sliding_window_type, each.reason) for each in history.transitions)
    return seen


def assert_equal(traffic: Traffic, config: BreakerConfig, seed: int) -> History:
    readable = run_readable(traffic, config, seed=seed)
    fast = run_fast(traffic, config, seed=seed)
    assert fast.transitions == readable.transitions, config
    assert fast.time_to_open == readable.time_to_open, config
    for name in ("permitted", "state_before", "state_after"):
        np.testing.assert_array_equal(getattr(fast, name), getattr(readable, name), f"{name}: {config}")
    return readable


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_kernel_equals_the_machine_over_random_traces(chunk: int) -> None:
    assert sum(reasons_seen(chunk).values()) > 0


def test_the_random_traces_reach_every_reason_in_every_window() -> None:
    seen = sum((reasons_seen(chunk) for chunk in range(CHUNKS)), Counter())
    everywhere = {Reason.WAIT_OVER, Reason.TRIALS_PASSED, Reason.HALF_OPEN_TIMEOUT}
    rates = {Reason.FAILURE_RATE, Reason.SLOW_CALL_RATE, Reason.ERROR_COUNT}
    for kind in WindowType:
        own = {Reason.CONSECUTIVE_FAILURES} if kind is WindowType.CONSECUTIVE else rates
        for reason in everywhere | own:
            assert seen[kind, reason] >= 100, (kind, reason)


def test_the_kernel_skips_nothing_when_forgetting_alone_raises_the_rate() -> None:
    random = np.random.default_rng(7)
    tripped = 0
    for number in range(700):
        healthy, bad = int(random.integers(40, 250)), int(random.integers(2, 25))
        gaps = np.repeat([1, *random.integers(0, 2, 2)], [healthy, bad, 150])
        silence = healthy + bad + random.integers(0, 60)
        gaps[silence] = random.integers(1, healthy)
        verdicts = np.repeat([0, 1, 0], [healthy, bad, 150]).astype(np.uint8)
        start = np.cumsum(gaps) * 1_000_000
        config = BreakerConfig(
            sliding_window_type=WindowType.TIME,
            sliding_window_size=int(random.integers(healthy // 2, healthy + bad)) / 1000,
            minimum_number_of_calls=1,
            failure_rate_threshold=100.0 * bad / (bad + float(random.integers(1, 200))),
        )
        traffic = traffic_of(start - start[0], np.zeros(len(start), np.int64), verdicts)
        history = assert_equal(traffic, config, seed=number)
        after_the_failures = (start[healthy + bad - 1] - start[0]) / 1e9
        tripped += any(each.time > after_the_failures for each in history.transitions)
    assert tripped >= 50


steps = st.lists(
    st.tuples(st.integers(0, 6), st.integers(-1, 12), st.sampled_from((0, 0, 1, 1, 2))),
    min_size=1,
    max_size=40,
)


@settings(max_examples=150)
@given(steps, st.integers(0, 2**32))
def test_the_kernel_equals_the_machine_and_a_difference_shrinks(
    calls: list[tuple[int, int, int]], seed: int
) -> None:
    gaps, durations, verdicts = (np.array(column) for column in zip(*calls, strict=True))
    start = (np.cumsum(gaps) - gaps[0]) * 100_000_000
    traffic = traffic_of(start, durations * 100_000_000, verdicts.astype(np.uint8))
    assert_equal(traffic, random_config(np.random.default_rng(seed)), seed)


def test_no_calls_is_a_history_too() -> None:
    nothing = np.zeros(0, np.int64)
    assert_equal(traffic_of(nothing, nothing, nothing.astype(np.uint8)), BreakerConfig(), 0)


def test_many_transitions_outgrow_the_kernel_s_log() -> None:
    config = BreakerConfig(
        sliding_window_type=WindowType.CONSECUTIVE, sliding_window_size=1, wait_duration_in_open_state=0.0
    )
    start = np.arange(2000, dtype=np.int64) * 1_000_000
    failing = np.ones(2000, np.uint8)
    history = assert_equal(traffic_of(start, np.zeros(2000, np.int64), failing), config, 0)
    assert len(history.transitions) > 256
