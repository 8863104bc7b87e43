"""What a user sets: the fields of a profile's `[breaker]` table, with their meaning, defaults and rules.

The defaults are resilience4j's (CircuitBreakerConfig.java), whose words these are, except that slow calls
are judged only where a `slow_call_duration_threshold` is set, and that an unset minimum never exceeds a
count window.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.breaker.dialects.ours import DEFAULT
from cbtool.breaker.parts import HealthCheck, WhenOpen, WindowType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cbtool.breaker.dialect import Dialect
    from cbtool.breaker.policies import Policies

DEFAULT_FAILURE_RATE_THRESHOLD = 50.0  # percent of the window's calls
DEFAULT_SLOW_CALL_RATE_THRESHOLD = 100.0  # percent of the window's calls
DEFAULT_SLIDING_WINDOW_SIZE = 100  # calls, or seconds
DEFAULT_CONSECUTIVE_FAILURES = 5  # Envoy's, Finagle's, pybreaker's
DEFAULT_MINIMUM_NUMBER_OF_CALLS = 100
DEFAULT_WAIT_DURATION_IN_OPEN_STATE = 60.0  # seconds
DEFAULT_PERMITTED_CALLS_IN_HALF_OPEN_STATE = 10


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
        dialect: whose semantics hold.
        options: the dialect's own options, where none of the words above says it; native names.

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
    when_open: WhenOpen = WhenOpen()  # noqa: RUF009  # frozen
    dialect: Dialect = DEFAULT
    options: tuple[tuple[str, Any], ...] = ()
    policies: Policies = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._fill_in_defaults()
        self.dialect.validate(self)
        object.__setattr__(self, "policies", self.dialect.policies(self))

    @classmethod
    def of(
        cls,
        dialect: Dialect,
        words: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> BreakerConfig:
        """Return a configuration of a dialect: what is given, and the library's defaults for the rest.

        Args:
            dialect: the library's.
            words: fields of this class, in our words and units.
            options: the library's own options that are none of our words, by native name.

        Raises:
            InvalidSettingError: the library rejects a value.
        """
        return cls(**dialect.chosen(words or {}, options or {}))

    @property
    def consecutive_failures(self) -> int | None:
        """The run of failures that trips, in a consecutive window; None in the others."""
        if self.sliding_window_type is WindowType.CONSECUTIVE:
            return int(self.window_size)
        return None

    @property
    def opens(self) -> bool:
        """Whether the breaker has an open state; one that refuses a share of the calls has none."""
        return self.policies.throttle.kind == ThrottleKind.NONE

    @property
    def slow_above(self) -> float | None:
        """Seconds that a slow call takes longer than, as the dialect rounds; None: no call is slow."""
        return self.dialect.slow_above(self)

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
        elif self.sliding_window_type is not WindowType.TIME and float(self.window_size).is_integer():
            object.__setattr__(self, "sliding_window_size", int(self.window_size))
        if self.minimum_number_of_calls is None:
            minimum = 1 if consecutive else DEFAULT_MINIMUM_NUMBER_OF_CALLS
            if self.sliding_window_type is WindowType.COUNT:
                minimum = max(1, min(minimum, int(self.window_size)))
            object.__setattr__(self, "minimum_number_of_calls", minimum)

    def option(self, name: str) -> Any:
        """Return the value of one of the dialect's own options; its default where it is not set."""
        return dict(self.options).get(name, self.dialect.option_defaults.get(name))
