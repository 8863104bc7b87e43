"""The evidence that a recommended profile carries: what it was recommended from, to tell drift by."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from cbtool.errors import InvalidSettingError
from cbtool.toml.tables import given
from cbtool.toml.text import duration_text, plain_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.toml.tables import Table


@dataclass(frozen=True, slots=True)
class ProfileEvidence:
    """The `[evidence]` table of a profile: the traffic that its settings were recommended from.

    Rates and counts are what ONE of `instances` breakers sees. What a log does not say is None.

    Attributes:
        version: of cbtool.
        seed: of every random choice.
        log_format: the format's name; empty for a scenario or a live run.
        since: the first call, ISO 8601 in UTC.
        until: the last call's start.
        calls: that were judged.
        span: seconds from the first call to the last.
        instances: over how many breakers the calls were split.
        by_instance: whether each call went to the breaker of the instance that the log names.
        incidents: that a breaker should act on.
        healthy_calls: calls outside these.
        healthy_failure_rate: percent of the healthy calls that failed.
        healthy_failure_rate_low: of its interval (90 %, by block bootstrap).
        healthy_failure_rate_high: the same.
        healthy_p99: seconds.
        healthy_p99_low: of its interval (90 %, by block bootstrap).
        healthy_p99_high: the same.
        healthy_slow_rate: percent of the healthy calls beyond the slow-call threshold.
        load_low: calls a second: the 5 % quantile over equal stretches of time.
        load_usual: the median.
        load_high: the 95 % quantile.
        load_usual_low: of the median's interval (90 %, by block bootstrap).
        load_usual_high: the same.
        load_high_low: of the 95 % quantile's interval, alike.
        load_high_high: the same.
        window_calls_low: calls in a sliding window at `load_low`.
        window_calls_usual: at `load_usual`.
        window_calls_high: at `load_high`.
        false_trips_per_day: expected.
        detection_delay: seconds, expected.
        detection_delay_high: of its interval: 95 % of the incidents are noticed within that.
    """

    version: str
    seed: int
    calls: int
    span: float
    log_format: str = ""
    since: str = ""
    until: str = ""
    instances: int = 1
    by_instance: bool = False
    incidents: int = 0
    healthy_calls: int = 0
    healthy_failure_rate: float | None = None
    healthy_failure_rate_low: float | None = None
    healthy_failure_rate_high: float | None = None
    healthy_p99: float | None = None
    healthy_p99_low: float | None = None
    healthy_p99_high: float | None = None
    healthy_slow_rate: float | None = None
    load_low: float | None = None
    load_usual: float | None = None
    load_high: float | None = None
    load_usual_low: float | None = None
    load_usual_high: float | None = None
    load_high_low: float | None = None
    load_high_high: float | None = None
    window_calls_low: float | None = None
    window_calls_usual: float | None = None
    window_calls_high: float | None = None
    false_trips_per_day: float | None = None
    detection_delay: float | None = None
    detection_delay_high: float | None = None

    def __post_init__(self) -> None:
        for name in ("calls", "healthy_calls", "incidents", "span", "load_low", "false_trips_per_day"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise InvalidSettingError(name, "must not be negative", value)


_TEXTS = ("version", "log_format", "since", "until")
_COUNTS = ("seed", "calls", "instances", "incidents", "healthy_calls")
_DURATIONS = (
    "span",
    "healthy_p99",
    "healthy_p99_low",
    "healthy_p99_high",
    "detection_delay",
    "detection_delay_high",
)
_PERCENTAGES = tuple(f.name for f in fields(ProfileEvidence) if f.name.startswith("healthy_failure_rate"))
_RATES = tuple(f.name for f in fields(ProfileEvidence) if f.name.startswith("load_"))
_NEEDED = ("version", "seed", "calls", "span")


def read_evidence(table: Table) -> ProfileEvidence:
    """Return the evidence that a profile's table holds.

    Raises:
        ConfigurationError: a key is unknown, missing or wrong, with its line.
    """
    values = given({field.name: _reader(table, field.name)(field.name) for field in fields(ProfileEvidence)})
    table.finish()
    for name in _NEEDED:
        if name not in values:
            raise table.error("", f"[evidence] needs {name}; recommend --output writes it")
    try:
        return ProfileEvidence(**values)
    except InvalidSettingError as error:
        raise table.located(error) from None


def _reader(table: Table, name: str) -> Callable[[str], Any]:
    if name in _TEXTS:
        return table.text
    if name in _COUNTS:
        return table.integer
    if name == "by_instance":
        return table.boolean
    if name in _DURATIONS:
        return table.duration
    if name in _PERCENTAGES or name == "healthy_slow_rate":
        return table.percent
    return table.rate if name in _RATES else table.number


def evidence_table(evidence: ProfileEvidence) -> dict[str, Any]:
    """Return the table as plain values, as a profile writes them; what is unknown is left out."""
    table = {}
    for field in fields(ProfileEvidence):
        value = getattr(evidence, field.name)
        if value is None or value == "" or value is False:
            continue
        if field.name in _DURATIONS:
            value = duration_text(value)
        elif isinstance(value, float):
            value = plain_number(value)
        table[field.name] = value
    return table
