"""What a user sets: the fields of a profile's `[breaker]` table, with their meaning, defaults and rules.

The defaults are resilience4j's (CircuitBreakerConfig.java), whose words these are, except that slow calls
are judged only where a `slow_call_duration_threshold` is set, and that an unset minimum never exceeds a
count window.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from cbtool.breaker.checks import at_least_one, not_negative, percentage, positive, require
from cbtool.breaker.dialect import DEFAULT, Dialect

DEFAULT_FAILURE_RATE_THRESHOLD = 50.0  # percent of the window's calls
DEFAULT_SLOW_CALL_RATE_THRESHOLD = 100.0  # percent of the window's calls
DEFAULT_SLIDING_WINDOW_SIZE = 100  # calls, or seconds
DEFAULT_CONSECUTIVE_FAILURES = 5  # Envoy's, Finagle's, pybreaker's
DEFAULT_MINIMUM_NUMBER_OF_CALLS = 100
DEFAULT_WAIT_DURATION_IN_OPEN_STATE = 60.0  # seconds
DEFAULT_PERMITTED_CALLS_IN_HALF_OPEN_STATE = 10
LONGEST_WINDOW = 366 * 86400.0  # seconds; longer is surely a slip of the unit


class WindowType(StrEnum):
    """What `sliding_window_size` is a number of."""

    COUNT = "count"
    """The last so many calls."""
    TIME = "time"
    """The calls of the last so many seconds."""
    CONSECUTIVE = "consecutive"
    """Not a window: so many failures in a row trip."""


class ResetBy(StrEnum):
    """What ends the open state, where a health check is set."""

    HEALTH = "health"
    """The health check alone."""
    EARLIER = "earlier"
    """The wait or the health check, whichever is over first."""
    LATER = "later"
    """Both must be over."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """How an open breaker asks its upstream.

    Attributes:
        path: joined to the target.
        interval: seconds between checks, the first one interval after opening.
        healthy_after: healthy answers in a row that end the open state.
        reset_by: how this combines with the wait.
    """

    path: str = "/healthz"
    interval: float = 1.0
    healthy_after: int = 3
    reset_by: ResetBy = ResetBy.HEALTH

    def __post_init__(self) -> None:
        require(self.path.startswith("/"), "health_check.path", "must start with /", self.path)
        require(self.interval > 0, "health_check.interval", "must be longer than 0", self.interval)
        at_least_one("health_check.healthy_after", self.healthy_after)


class WhenOpenAction(StrEnum):
    """What a refused caller gets."""

    REJECT = "reject"
    """An unavailable error (503, CallNotPermittedError)."""
    REDIRECT = "redirect"
    """The answer of a fallback target."""


@dataclass(frozen=True, slots=True)
class WhenOpen:
    """What happens to a refused call."""

    action: WhenOpenAction = WhenOpenAction.REJECT
    target: str | None = None

    def __post_init__(self) -> None:
        redirects = self.action is WhenOpenAction.REDIRECT
        require(
            (self.target is not None) == redirects,
            "when_open.target",
            "is needed by action redirect" if redirects else 'goes with action = "redirect"',
            self.target,
        )


@dataclass(frozen=True, slots=True)
class BreakerConfig:
    """A breaker's settings. Durations are seconds, rates percent of the window's calls.

    Attributes:
        failure_rate_threshold: opens at this failure rate or above; over 0, at most 100.
        slow_call_rate_threshold: opens at this rate of slow calls or above; over 0, at most 100.
        slow_call_duration_threshold: a call that takes longer is slow; None: no call is.
        sliding_window_type: what `sliding_window_size` counts.
        sliding_window_size: calls, seconds or failures in a row.
        minimum_number_of_calls: gate: no rate is judged over fewer. None becomes the default.
        minimum_number_of_errors: gate: no rate trips on fewer failed (or slow) calls.
        error_count_threshold: opens at this many failures in the window, whatever the rate; None: off.
        wait_duration_in_open_state: how long open lasts before trials.
        wait_backoff_multiplier: each further opening in a row lasts this many times longer.
        max_wait_duration_in_open_state: the cap of the growing wait; None: none.
        wait_jitter: spreads the wait by ± this share, 0 to under 1.
        permitted_number_of_calls_in_half_open_state: trials.
        max_wait_duration_in_half_open_state: half-open longer than this opens again; 0: never.
        health_check: asks the upstream while open; None: the wait alone.
        when_open: what a refused call gets.
        dialect: what the library fixes.

    Raises:
        InvalidSettingError: a field breaks its rule; names the field, the rule and the value.
    """

    failure_rate_threshold: float = DEFAULT_FAILURE_RATE_THRESHOLD
    slow_call_rate_threshold: float = DEFAULT_SLOW_CALL_RATE_THRESHOLD
    slow_call_duration_threshold: float | None = None
    sliding_window_type: WindowType = WindowType.COUNT
    sliding_window_size: float | None = None
    minimum_number_of_calls: int | None = None
    minimum_number_of_errors: int = 1
    error_count_threshold: int | None = None
    wait_duration_in_open_state: float = DEFAULT_WAIT_DURATION_IN_OPEN_STATE
    wait_backoff_multiplier: float = 1.0
    max_wait_duration_in_open_state: float | None = None
    wait_jitter: float = 0.0
    permitted_number_of_calls_in_half_open_state: int = DEFAULT_PERMITTED_CALLS_IN_HALF_OPEN_STATE
    max_wait_duration_in_half_open_state: float = 0.0
    health_check: HealthCheck | None = None
    when_open: WhenOpen = WhenOpen()
    dialect: Dialect = DEFAULT

    def __post_init__(self) -> None:
        self._fill_in_defaults()
        percentage("failure_rate_threshold", self.failure_rate_threshold)
        percentage("slow_call_rate_threshold", self.slow_call_rate_threshold)
        if self.slow_call_duration_threshold is not None:
            positive("slow_call_duration_threshold", self.slow_call_duration_threshold)
        self._check_window()
        self._check_wait()
        at_least_one(
            "permitted_number_of_calls_in_half_open_state", self.permitted_number_of_calls_in_half_open_state
        )

    @property
    def consecutive_failures(self) -> int | None:
        """The run of failures that trips, in a consecutive window; None in the others."""
        if self.sliding_window_type is WindowType.CONSECUTIVE:
            return int(self.window_size)
        return None

    @property
    def window_size(self) -> float:
        """`sliding_window_size` with its default filled in."""
        assert self.sliding_window_size is not None  # noqa: S101  # filled in by __post_init__
        return self.sliding_window_size

    @property
    def minimum_calls(self) -> int:
        """`minimum_number_of_calls` with its default filled in."""
        assert self.minimum_number_of_calls is not None  # noqa: S101  # filled in by __post_init__
        return self.minimum_number_of_calls

    def _fill_in_defaults(self) -> None:
        consecutive = self.sliding_window_type is WindowType.CONSECUTIVE
        if self.sliding_window_size is None:
            size = DEFAULT_CONSECUTIVE_FAILURES if consecutive else DEFAULT_SLIDING_WINDOW_SIZE
            object.__setattr__(self, "sliding_window_size", size)
        if self.minimum_number_of_calls is None:
            minimum = 1 if consecutive else DEFAULT_MINIMUM_NUMBER_OF_CALLS
            if self.sliding_window_type is WindowType.COUNT:
                minimum = max(1, min(minimum, int(self.window_size)))
            object.__setattr__(self, "minimum_number_of_calls", minimum)

    def _check_window(self) -> None:
        size = self.window_size
        if self.sliding_window_type is WindowType.TIME:
            positive("sliding_window_size", size)
            require(size <= LONGEST_WINDOW, "sliding_window_size", "must be at most a year", size)
        else:
            whole = math.isfinite(size) and size == int(size)
            require(
                whole and size >= 1, "sliding_window_size", "must be a whole number of calls from 1", size
            )
            object.__setattr__(self, "sliding_window_size", int(size))
        at_least_one("minimum_number_of_calls", self.minimum_calls)
        require(
            self.minimum_number_of_errors >= 0,
            "minimum_number_of_errors",
            "must be at least 0",
            self.minimum_number_of_errors,
        )
        if self.error_count_threshold is not None:
            at_least_one("error_count_threshold", self.error_count_threshold)
        if self.sliding_window_type is not WindowType.TIME:
            self._check_minimums_fit(int(size))

    def _check_minimums_fit(self, size: int) -> None:
        for name, minimum in (
            ("minimum_number_of_calls", self.minimum_calls),
            ("minimum_number_of_errors", self.minimum_number_of_errors),
            ("error_count_threshold", self.error_count_threshold or 0),
        ):
            rule = f"must fit the window of {size} calls, or the breaker can never open"
            require(minimum <= size, name, rule, minimum)

    def _check_wait(self) -> None:
        not_negative("wait_duration_in_open_state", self.wait_duration_in_open_state)
        multiplier = self.wait_backoff_multiplier
        require(
            math.isfinite(multiplier) and multiplier >= 1,
            "wait_backoff_multiplier",
            "must be at least 1",
            multiplier,
        )
        longest = self.max_wait_duration_in_open_state
        if longest is not None:
            rule = "must be at least wait_duration_in_open_state"
            fits = math.isfinite(longest) and longest >= self.wait_duration_in_open_state
            require(fits, "max_wait_duration_in_open_state", rule, longest)
        require(0 <= self.wait_jitter < 1, "wait_jitter", "must be from 0 to under 1", self.wait_jitter)
        not_negative("max_wait_duration_in_half_open_state", self.max_wait_duration_in_half_open_state)
