"""A breaker driven by a story: `succeed`, `fail`, `pass_time`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cbtool.breaker import (
    DEFAULT,
    BreakerConfig,
    CircuitBreaker,
    Dialect,
    Permit,
    Reason,
    State,
    StateTransition,
    Verdict,
    WindowType,
    dialect_named,
)
from cbtool.breaker.dialects import ours


class Story:
    """A breaker, its clock, and everything that happened to it."""

    def __init__(self, config: BreakerConfig, *, seed: int = 0) -> None:
        self.now = 0.0
        self.transitions: list[StateTransition] = []
        self.breaker = CircuitBreaker(config, seed=seed, on_transition=self.transitions.append)

    @property
    def state(self) -> State:
        return self.breaker.state

    @property
    def reasons(self) -> list[Reason]:
        return [transition.reason for transition in self.transitions]

    def pass_time(self, seconds: float) -> Story:
        # Rounded as a person would write it, so that a boundary is met exactly.
        self.now = round(self.now + seconds, 9)
        return self

    def start(self) -> Permit:
        permit = self.breaker.try_acquire(self.now)
        assert permit is not None, f"refused at {self.now}"
        return permit

    def finish(self, permit: Permit, verdict: Verdict = Verdict.SUCCESS, duration: float = 0.01) -> Story:
        self.breaker.record(permit, verdict, duration, self.now)
        return self

    def call(self, verdict: Verdict, times: int = 1, duration: float = 0.01) -> Story:
        for _ in range(times):
            self.finish(self.start(), verdict, duration)
        return self

    def succeed(self, times: int = 1, *, duration: float = 0.01) -> Story:
        return self.call(Verdict.SUCCESS, times, duration)

    def fail(self, times: int = 1, *, duration: float = 0.01) -> Story:
        return self.call(Verdict.FAILURE, times, duration)

    def ignored(self, times: int = 1) -> Story:
        return self.call(Verdict.IGNORED, times)

    def refused(self) -> bool:
        return self.breaker.try_acquire(self.now) is None


def count_window(size: int = 10, **settings: Any) -> BreakerConfig:
    defaults: dict[str, Any] = {
        "minimum_number_of_calls": size,
        "wait_duration_in_open_state": 10,
        "permitted_number_of_calls_in_half_open_state": 2,
    }
    return BreakerConfig(
        sliding_window_type=WindowType.COUNT, sliding_window_size=size, **{**defaults, **settings}
    )


def time_window(size: float = 10, **settings: Any) -> BreakerConfig:
    defaults: dict[str, Any] = {
        "minimum_number_of_calls": 4,
        "wait_duration_in_open_state": 10,
        "permitted_number_of_calls_in_half_open_state": 2,
    }
    return BreakerConfig(
        sliding_window_type=WindowType.TIME, sliding_window_size=size, **{**defaults, **settings}
    )


def consecutive(size: int = 5, **settings: Any) -> BreakerConfig:
    defaults: dict[str, Any] = {
        "wait_duration_in_open_state": 10,
        "permitted_number_of_calls_in_half_open_state": 1,
    }
    return BreakerConfig(
        sliding_window_type=WindowType.CONSECUTIVE, sliding_window_size=size, **{**defaults, **settings}
    )


def with_policies(**policies: Any) -> Dialect:
    """Our own semantics, with some of the policies replaced."""
    return replace(DEFAULT, name="test", policies=lambda config: ours.policies(config)._replace(**policies))


def library(name: str, native: dict[str, Any] | None = None) -> Story:
    """A story of a library's breaker, with settings in its own names and units."""
    dialect = dialect_named(name)
    return Story(BreakerConfig(**dialect.from_native(native or {}), dialect=dialect))
