"""What a profile asks of itself: its `[verify]` table, for `cbtool verify`."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from cbtool.breaker.checks import positive
from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.metrics.thresholds import Threshold
from cbtool.toml.tables import given
from cbtool.toml.text import duration_text, plain_number
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from cbtool.toml.tables import Table

DEFAULT_FALSE_TRIPS_PER_DAY = 1 / 30
DEFAULT_DETECTION_DELAY = 10.0  # seconds
DEFAULT_HEALTHY_REFUSED = 1.0  # percent of the healthy calls outside incidents
DEFAULT_BROWN_OUT = 60.0  # percent of the calls fail
CALLS_TO_NOTICE = 20
"""Where calls are rarer than the detection delay allows for, an outage may take so many of them."""
MILDER = 2.0  # times as long may it take to notice less than an outage
NEVER = math.inf
"""A detection delay that nothing exceeds: at that load an outage need not be noticed."""


@dataclass(frozen=True, slots=True)
class ScenarioRule:
    """A scenario to hold the profile against, with assertions of its own.

    Attributes:
        scenario: a shipped scenario's name, or a file.
        load: factor on its rates.
        thresholds: what must hold in it, beside what always must.
    """

    scenario: str
    load: float = 1.0
    thresholds: tuple[Threshold, ...] = ()


_POSITIVE = (
    "false_trips_per_day",
    "detection_delay",
    "high_load_detection_delay",
    "time_to_close",
    "brown_out",
    "load_low",
)
_DURATIONS = {"detection_delay", "low_load_detection_delay", "high_load_detection_delay", "time_to_close"}


@dataclass(frozen=True, slots=True)
class VerifyRules:
    """What must hold; None: the default. Times are seconds, shares percent, rates what ONE breaker sees.

    Attributes:
        false_trips_per_day: at most so many, a breaker.
        detection_delay: an incident opens the breaker within this.
        low_load_detection_delay: the same at the quietest load; `NEVER`: it need not.
        high_load_detection_delay: the same at the busiest, or at the only one.
        time_to_close: after an outage the breaker is closed within this.
        healthy_refused: at most so many of the healthy calls outside incidents.
        brown_out: calls failing in the brown-out that must be noticed at high load.
        load_low: the quietest load of the scenarios that are made.
        load_high: the busiest.
        thresholds: what must hold on the log.
        scenarios: further scenarios.

    Raises:
        InvalidSettingError: a number is out of its range.
    """

    false_trips_per_day: float | None = None
    detection_delay: float | None = None
    low_load_detection_delay: float | None = None
    high_load_detection_delay: float | None = None
    time_to_close: float | None = None
    healthy_refused: float | None = None
    brown_out: float | None = None
    load_low: float | None = None
    load_high: float | None = None
    thresholds: tuple[Threshold, ...] = ()
    scenarios: tuple[ScenarioRule, ...] = ()

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            value = getattr(self, name)
            if value is not None:
                positive(name, value)
        if self.load_low is not None and self.load_high is not None and self.load_low > self.load_high:
            raise InvalidSettingError("load_low", "must not be over load_high", self.load_low)

    def over(self, other: VerifyRules) -> VerifyRules:
        """Return these rules, and the other's where these say nothing; assertions and scenarios of both."""
        values = {
            field.name: getattr(self, field.name)
            if getattr(self, field.name) is not None
            else getattr(other, field.name)
            for field in fields(self)
        }
        both = {name: getattr(other, name) + getattr(self, name) for name in ("thresholds", "scenarios")}
        return VerifyRules(**{**values, **both})


NO_RULES = VerifyRules()
"""A profile without a `[verify]` table: the defaults hold."""


def read_verify(table: Table) -> VerifyRules:
    """Return the rules that a profile's `[verify]` table holds.

    Raises:
        ConfigurationError: a key is unknown or its value wrong, with its line.
    """
    values = {
        "false_trips_per_day": table.number("false_trips_per_day"),
        "detection_delay": table.duration("detection_delay"),
        "low_load_detection_delay": _or_never(table, "low_load_detection_delay"),
        "high_load_detection_delay": table.duration("high_load_detection_delay"),
        "time_to_close": table.duration("time_to_close"),
        "healthy_refused": table.percent("healthy_refused"),
        "brown_out": table.percent("brown_out"),
        "load_low": table.rate("load_low"),
        "load_high": table.rate("load_high"),
        "thresholds": _thresholds(table),
        "scenarios": tuple(_scenario(each) for each in table.tables("scenario")),
    }
    table.finish()
    try:
        return VerifyRules(**given(values))
    except InvalidSettingError as error:
        raise table.located(error) from None


def verify_tables(rules: VerifyRules) -> list[tuple[str, dict[str, Any]]]:
    """Return headers and tables of plain values, as a profile writes them; none where nothing is said."""
    table: dict[str, Any] = {}
    for field in fields(rules):
        value = getattr(rules, field.name)
        if value is not None and not isinstance(value, tuple):
            table[field.name] = _duration(value) if field.name in _DURATIONS else plain_number(value)
    tables = [("verify", table | _texts(rules.thresholds))]
    for each in rules.scenarios:
        own = {"name": each.scenario, "load": plain_number(each.load)}
        tables.append(("[verify.scenario]", own | _texts(each.thresholds)))
    return [each for each in tables if each[1]]


def _texts(thresholds: tuple[Threshold, ...]) -> dict[str, list[str]]:
    return {"thresholds": [each.text for each in thresholds]} if thresholds else {}


def _duration(seconds: float) -> str:
    return "never" if seconds == NEVER else duration_text(seconds)


def _or_never(table: Table, key: str) -> float | None:
    value = table.value(key)
    if value == "never":
        return NEVER
    if value is None:
        return None
    try:
        return parse_duration(str(value))
    except ConfigurationError:
        raise table.error(
            key, f'{key} must be a duration, such as "1m", or "never" (got {value!r})'
        ) from None


def _thresholds(table: Table) -> tuple[Threshold, ...]:
    try:
        return tuple(Threshold.parse(text) for text in table.texts("thresholds") or ())
    except ConfigurationError as error:
        raise table.error("thresholds", str(error)) from None


def _scenario(table: Table) -> ScenarioRule:
    name = table.text("name")
    if name is None:
        raise table.error("", "[[verify.scenario]] needs a name: a shipped scenario's, or a file's")
    load, thresholds = table.number("load"), _thresholds(table)
    table.finish()
    if load is not None and not 0 < load < math.inf:
        raise table.error("load", f"load must be over 0 (got {load:g})")
    return ScenarioRule(name, 1.0 if load is None else load, thresholds)
