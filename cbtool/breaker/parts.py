"""The small parts of a profile's `[breaker]` table: its choices and the tables below it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cbtool.breaker.checks import at_least_one, require


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
