"""Gates on a run's numbers: `opens==0`, `time_to_open<5s`, `failure_rate<1%`, `p95<500ms`."""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from cbtool.errors import ConfigurationError
from cbtool.units import (
    format_duration,
    format_percent,
    format_rate,
    parse_duration,
    parse_percent,
    parse_rate,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Unit(Enum):
    """What a number is a number of, and so how its limit is written."""

    COUNT = "a whole number, such as 0"
    DURATION = "a duration, such as 500ms"
    PERCENT = "a percentage with its sign, such as 1%"
    RATE = "a rate, such as 100/s"


UNITS = {
    "opens": Unit.COUNT,
    "trips": Unit.COUNT,
    "closes": Unit.COUNT,
    "flaps": Unit.COUNT,
    "calls": Unit.COUNT,
    "dropped": Unit.COUNT,
    "time_to_open": Unit.DURATION,
    "time_to_close": Unit.DURATION,
    "schedule_lag_p99": Unit.DURATION,
    "p50": Unit.DURATION,
    "p90": Unit.DURATION,
    "p95": Unit.DURATION,
    "p99": Unit.DURATION,
    "p99.9": Unit.DURATION,
    "max": Unit.DURATION,
    "mean": Unit.DURATION,
    "failure_rate": Unit.PERCENT,
    "error_rate": Unit.PERCENT,
    "slow_call_rate": Unit.PERCENT,
    "rejected": Unit.PERCENT,
    "rate": Unit.RATE,
}
"""The numbers that a threshold may name. `trips` counts closed breakers that opened, `opens` failed trials,
too; `flaps` counts trips within a minute after the breaker had closed. `time_to_…` is the longest of the
run; latencies count from the intended start; `failure_rate` and `slow_call_rate` are percent of the results
that the breaker counts; `error_rate` is percent of the results without an answer or with a status from 400;
`rejected` is percent of the calls; `rate` is the calls a second that were sent."""

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_SHAPE = re.compile(r"\s*([a-z_0-9.]+)\s*(==|!=|<=|>=|<|>)\s*(\S.*?)\s*")


@dataclass(frozen=True, slots=True)
class Check:
    """A threshold held against a run.

    Attributes:
        text: the threshold, as written.
        passed: whether it holds; false where the run has no such number.
        value: the run's number, in seconds, percent, a second or alone; None where it has none.
        limit: the threshold's, alike.
        measured: the number for people.
    """

    text: str
    passed: bool
    value: float | None
    limit: float
    measured: str


@dataclass(frozen=True, slots=True)
class Threshold:
    """One gate: a number's name, an operator and a limit."""

    text: str
    name: str
    symbol: str
    limit: float

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """Return the threshold that `p95<500ms` stands for.

        Raises:
            ConfigurationError: an unknown number or operator, or a limit that is not of its unit.
        """
        match = _SHAPE.fullmatch(text)
        if match is None:
            raise ConfigurationError(f"{text!r} is not a threshold; write p95<500ms, opens==0 or rejected<5%")
        name, symbol, limit = match.groups()
        if name not in UNITS:
            raise ConfigurationError(f"{text!r}: unknown number {name!r}; known: {', '.join(sorted(UNITS))}")
        return cls(text.strip(), name, symbol, _limit(text, UNITS[name], limit))

    def check(self, values: Mapping[str, float]) -> Check:
        """Hold the threshold against a run's numbers; one that is missing does not pass."""
        value = values.get(self.name)
        if value is None:
            return Check(self.text, passed=False, value=None, limit=self.limit, measured=_missing(self.name))
        passed = _OPERATORS[self.symbol](value, self.limit)
        return Check(self.text, passed, value, self.limit, _shown(UNITS[self.name], value))


def _limit(text: str, unit: Unit, limit: str) -> float:
    try:
        match unit:
            case Unit.DURATION:
                return parse_duration(limit)
            case Unit.RATE:
                return parse_rate(limit)
            # Bare 0.01 could be meant as a share of 1, as other tools have it, so the sign is asked for.
            case Unit.PERCENT if limit.endswith("%"):
                return parse_percent(limit)
            case Unit.COUNT if limit.isascii() and limit.isdigit():
                return float(limit)
    except ConfigurationError:
        pass
    raise ConfigurationError(f"{text!r}: the limit must be {unit.value}")


def _missing(name: str) -> str:
    match name:
        case "time_to_open":
            return "never opened"
        case "time_to_close":
            return "not every trip, if any, was followed by a return to closed"
        case _:
            return "nothing was measured"


def _shown(unit: Unit, value: float) -> str:
    match unit:
        case Unit.DURATION:
            return format_duration(value)
        case Unit.PERCENT:
            return format_percent(value)
        case Unit.RATE:
            return format_rate(value)
        case Unit.COUNT:
            return f"{value:,.0f}"
