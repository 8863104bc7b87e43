"""Random traffic and settings for holding the two engines equal.

Times are multiples of one grid step and so are windows and waits, so that a window's edge, a wait's end and
a completion meet at one instant again and again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import BreakerConfig, Dialect, WindowType
from cbtool.breaker.late import LateResults
from cbtool.breaker.trials import Admission, TrialsPolicy, TrialsVerdict
from cbtool.breaker.trip import Compare, EvaluateOn, TripPolicy
from cbtool.breaker.wait import WaitEdge, WaitPolicy
from cbtool.simulation.closed import CHUNK
from cbtool.simulation.traffic import Traffic, traffic_of

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP_NS = 100_000_000
STEP = 0.1

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
        dialect=Dialect(
            "random",
            TripPolicy(one_of(*EvaluateOn), one_of(*Compare)),
            WaitPolicy(one_of(*WaitEdge)),
            TrialsPolicy(one_of(*Admission), one_of(*TrialsVerdict)),
            one_of(*LateResults),
        ),
    )


def random_traces(seed: int, traces: int) -> Iterator[tuple[Traffic, BreakerConfig]]:
    random = np.random.default_rng(seed)
    for _ in range(traces):
        # The long ones are for the kernel's skipping of whole chunks of results.
        stretches = [random.integers(1, 60)] if random.random() < 0.92 else random.integers(1, 2 * CHUNK, 5)
        yield random_traffic(random, list(stretches)), random_config(random)
