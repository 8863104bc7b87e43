"""One candidate for the settings, in the numbers that the search moves."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.breaker.dialects.ours import DEFAULT

NEVER_SLOW = 100.0


class Gate(NamedTuple):
    """When a closed breaker opens. A slow rate is judged only where `slow_from` is set."""

    window: float
    """Seconds; calls, where `counted`."""
    threshold: float
    """Percent of failures."""
    errors: int
    """`minimum_number_of_errors`."""
    calls: int
    """`minimum_number_of_calls`."""
    slow_from: float | None = None
    """`slow_call_duration_threshold`, seconds."""
    slow_threshold: float = NEVER_SLOW
    """Percent of slow calls."""
    counted: bool = False
    """Whether the window holds the last so many calls rather than seconds."""

    @property
    def possible(self) -> bool:
        """Whether the window can hold as many calls as the gates ask for."""
        return not self.counted or max(self.errors, self.calls) <= self.window

    def holds(self, rate: float) -> float:
        """Return about how many calls the window holds at so many calls a second."""
        return self.window if self.counted else self.window * rate

    def rules(self) -> tuple[tuple[float | None, float], ...]:
        """Return what is judged: None for failures, or from when calls are slow; and the threshold."""
        failed = (None, self.threshold)
        return (failed,) if self.slow_from is None else (failed, (self.slow_from, self.slow_threshold))

    def asked_for(self, rate: float) -> int:
        """Return how many failures open a breaker whose window is full at so many calls a second."""
        return max(self.errors, math.ceil(self.threshold / 100 * self.holds(rate) - 1e-9))


def gate_of(config: BreakerConfig) -> Gate | None:
    """Return settings as a gate; None for other libraries' semantics, runs of failures and plain counts."""
    window = config.sliding_window_type
    if (
        config.dialect != DEFAULT
        or window is WindowType.CONSECUTIVE
        or config.error_count_threshold is not None
    ):
        return None
    return Gate(
        window=float(config.window_size),
        threshold=config.failure_rate_threshold,
        errors=config.minimum_number_of_errors,
        calls=max(config.minimum_calls, config.minimum_number_of_errors),
        slow_from=config.slow_call_duration_threshold,
        slow_threshold=config.slow_call_rate_threshold,
        counted=window is WindowType.COUNT,
    )


class Candidate(NamedTuple):
    """A gate and how it resets."""

    gate: Gate
    wait: float
    trials: int
    growth: float = 1.0
    """Each further opening in a row waits so many times longer."""
    longest: float | None = None
    """Seconds that a growing wait stops at."""

    def config(self) -> BreakerConfig:
        """Return the candidate as a breaker's settings, the same ones each time."""
        return _config_of(self)


@lru_cache(maxsize=4096)
def _config_of(candidate: Candidate) -> BreakerConfig:
    gate = candidate.gate
    return BreakerConfig(
        failure_rate_threshold=gate.threshold,
        slow_call_rate_threshold=gate.slow_threshold,
        slow_call_duration_threshold=gate.slow_from,
        sliding_window_type=WindowType.COUNT if gate.counted else WindowType.TIME,
        sliding_window_size=gate.window,
        minimum_number_of_calls=gate.calls,
        minimum_number_of_errors=gate.errors,
        wait_duration_in_open_state=candidate.wait,
        wait_backoff_multiplier=candidate.growth,
        max_wait_duration_in_open_state=candidate.longest,
        permitted_number_of_calls_in_half_open_state=candidate.trials,
    )
