"""What a run is to do: everything decided before the first request is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cbtool.live.redaction import safe_url
from cbtool.traffic.outcomes import DEFAULT_RULES

if TYPE_CHECKING:
    from cbtool.breaker import BreakerConfig
    from cbtool.traffic.outcomes import OutcomeRules

DEFAULT_MAX_IN_FLIGHT = 500
"""Calls under way at once; with a socket each, this stays below the usual limit of 1,024 open files."""

DEFAULT_TIMEOUT = 1.0  # seconds


class Column(Protocol):
    """An array, or what gives arrays for its slices."""

    def __len__(self) -> int: ...

    def __getitem__(self, where: Any, /) -> Any: ...


class RequestLine(NamedTuple):
    """What one call asks for: the method, and the path and query that are joined to the target."""

    method: str
    path: str


class Lines(Protocol):
    """Requests by their numbers."""

    def __len__(self) -> int: ...

    def __getitem__(self, line: int, /) -> RequestLine: ...


@dataclass(frozen=True)
class RunPlan:
    """One run. Times are seconds, except in `schedule`.

    Attributes:
        command: what the user ran: probe, replay or demo.
        url: the target, with path and query where every call asks for the same.
        schedule: int64 nanoseconds since the start, sorted: when each call is due; may be on disk.
        config: the settings of every breaker.
        duration: how long the load is planned to last; at least until the last call is due.
        rules: what counts as what.
        method: of every call, where `lines` is empty.
        headers: sent with every call.
        body: sent with every call.
        timeout: after which a call is given up.
        lines: the distinct requests of a replay, or on disk each call's; empty where every call is the same.
        line_of: int32, for each call the index of its request in `lines`; None where there is but one.
        instances: how many breakers the calls are dealt to.
        seed: of the dealing and the jitter.
        shadow: whether breakers only watch.
        max_in_flight: a call that is due while so many are under way is dropped.
        profile: the profile's name.
    """

    command: str
    url: str
    schedule: Column
    config: BreakerConfig
    duration: float = 0.0
    rules: OutcomeRules = DEFAULT_RULES
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    timeout: float = DEFAULT_TIMEOUT
    lines: Lines = ()
    line_of: Column | None = None
    instances: int = 1
    seed: int = 0
    shadow: bool = False
    max_in_flight: int = DEFAULT_MAX_IN_FLIGHT
    profile: str = ""

    def __post_init__(self) -> None:
        last_due = float(self.schedule[-1]) / 1e9 if len(self.schedule) else 0.0
        object.__setattr__(self, "duration", max(self.duration, last_due))

    def __len__(self) -> int:
        return len(self.schedule)

    @property
    def title(self) -> str:
        """The command and its target, safe to show."""
        return f"{self.command} {safe_url(self.url)}"
