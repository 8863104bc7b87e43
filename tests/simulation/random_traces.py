"""Random traffic and settings for holding the two engines equal.

Times are multiples of one grid step and so are windows and waits, so that a window's edge, a wait's end and
a completion meet at one instant again and again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker import DEFAULT, BreakerConfig, Dialect, WindowType
from cbtool.breaker.dialects import ours
from cbtool.breaker.policies import (
    Admission,
    EvaluateOn,
    LatePolicy,
    LateResults,
    Policies,
    TrialsVerdict,
)
from cbtool.simulation.closed import CHUNK
from cbtool.simulation.traffic import Traffic, traffic_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STEP_NS = 100_000_000
STEP = 0.1

ASKED = (EvaluateOn.EVERY_RESULT, EvaluateOn.FAILURE)
LIMITS = (Admission.BUDGET, Admission.CONCURRENCY, Admission.UNLIMITED)
JUDGES = (LateResults.DROP, LateResults.CURRENT_STATE)

GAPS = ((0, 1), (0, 0, 1), (1, 2, 5), (0, 1, 10), (3,), (1, 40))
"""In steps: bursts at one instant, steady traffic, silences."""
DURATIONS = ((0,), (-1, 0, 1), (1, 2, 3), (0, 5, 20), (2,), (1, 60))
"""In steps; −1 is unknown. Some shapes never overlap, some always do."""


def random_traffic(random: np.random.Generator, stretches: list[int]) -> Traffic:
    """Stretches of so many calls each, with their own rate, durations and share of failures."""
    parts = [_stretch(random, calls) for calls in stretches]
    gaps, durations, verdicts = (np.concatenate(column) for column in zip(*parts, strict=True))
    start = np.cumsum(gaps) * STEP_NS
    if random.random() < 0.3:
        start += random.integers(0, 3, len(start)).cumsum()  # off the grid by a nanosecond or so
    if random.random() < 0.25:  # sequential: each call starts when the one before has ended
        start = np.concatenate(([0], np.cumsum(np.maximum(durations, 0) + gaps)[:-1])) * STEP_NS
    return traffic_of(start - start[0], durations * STEP_NS, verdicts)


def busy_traffic(random: np.random.Generator, seed: int) -> Traffic:
    """Some hundreds of calls a second: healthy, failing and healthy again, some crowded, some ignored."""
    calls = 1200
    start = np.cumsum(random.exponential(1e9 / (60, 200, 400, 1000)[seed % 4], calls)).astype(np.int64)
    duration = random.lognormal(np.log(25e6), 0.7, calls).astype(np.int64)
    failing = np.select([np.arange(calls) < 700, np.arange(calls) < 900], [0.01, 0.7], 0.02)
    verdicts = (random.random(calls) < failing).astype(np.uint8)
    verdicts[random.random(calls) < (0.0, 0.002)[seed % 2]] = 2
    return traffic_of(start - start[0], duration, verdicts)


def _stretch(random: np.random.Generator, calls: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    gaps = np.array(GAPS[random.integers(len(GAPS))])
    durations = np.array(DURATIONS[random.integers(len(DURATIONS))])
    failing = random.choice((0.02, 0.1, 0.3, 0.6, 0.95))
    ignored = random.choice((0.0, 0.0, 0.2))
    lot = random.random(calls)
    verdicts = np.where(lot < ignored, 2, lot > 1 - failing * (1 - ignored)).astype(np.uint8)
    return (
        gaps[random.integers(len(gaps), size=calls)],
        durations[random.integers(len(durations), size=calls)],
        verdicts,
    )


def random_config(random: np.random.Generator) -> BreakerConfig:
    def one_of(*values: object) -> object:
        return values[random.integers(len(values))]

    kind = one_of(*WindowType)
    size = one_of(STEP, 1.0, 0.3, 2.0, 6.0, 50.0) if kind is WindowType.TIME else one_of(1, 2, 3, 5, 10, 40)
    largest = 8 if kind is WindowType.TIME else int(size)
    wait = float(one_of(0.0, STEP, 0.5, 1.0, 3.0))
    return BreakerConfig(
        failure_rate_threshold=one_of(10.0, 30.0, 33.3, 50.0, 60.0, 100.0),
        slow_call_rate_threshold=one_of(20.0, 50.0, 100.0),
        slow_call_duration_threshold=one_of(None, STEP, 0.2, 0.5),
        sliding_window_type=kind,
        sliding_window_size=size,
        minimum_number_of_calls=int(random.integers(1, largest + 1)),
        minimum_number_of_errors=int(random.integers(0, largest + 1)),
        error_count_threshold=one_of(None, None, None, int(random.integers(1, largest + 1))),
        wait_duration_in_open_state=wait,
        wait_backoff_multiplier=one_of(1.0, 1.0, 1.5, 2.0),
        max_wait_duration_in_open_state=one_of(None, None, wait, wait * 4),
        wait_jitter=one_of(0.0, 0.0, 0.1, 0.5),
        permitted_number_of_calls_in_half_open_state=one_of(1, 2, 3, 5),
        max_wait_duration_in_half_open_state=one_of(0.0, 0.0, STEP, 0.5, 2.0),
        dialect=random_kin(one_of),
    )


def random_kin(one_of: Callable[..., Any]) -> Dialect:
    """Our own semantics with some choices turned: what the kernel of stretches knows."""
    on, above, after_end = one_of(*ASKED), one_of(False, True), one_of(False, True)
    admission, counts, late = one_of(*LIMITS), one_of(False, True), one_of(*JUDGES)

    def policies(config: BreakerConfig) -> Policies:
        p = ours.policies(config)
        permits = config.permitted_number_of_calls_in_half_open_state
        trials = p.trials._replace(admission=admission)
        if counts:
            trials = trials._replace(verdict=TrialsVerdict.COUNTS, enough=1, successes=permits)
        return Policies(
            p.window,
            p.trip._replace(on=on, failure_above=above, slow_above=above),
            p.wait._replace(after_end=after_end),
            trials,
            LatePolicy(late),
        )

    return replace(DEFAULT, name="random", policies=policies)


def random_traces(seed: int, traces: int) -> Iterator[tuple[Traffic, BreakerConfig]]:
    random = np.random.default_rng(seed)
    for _ in range(traces):
        # The long ones are for the kernel's skipping of whole chunks of results.
        stretches = [random.integers(1, 60)] if random.random() < 0.92 else random.integers(1, 2 * CHUNK, 5)
        yield random_traffic(random, list(stretches)), random_config(random)
