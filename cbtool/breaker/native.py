"""A library's own settings: their names, units, defaults and rules, and what they are in our words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from cbtool.breaker.checks import require
from cbtool.errors import InvalidSettingError
from cbtool.units import exact_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from cbtool.breaker.config import BreakerConfig


class Unit(Enum):
    """How a library writes a value."""

    COUNT = "a whole number"
    NUMBER = "a number"
    PERCENT = "a percentage"
    SHARE = "a share from 0 to 1"
    SECONDS = "a number of seconds"
    MILLISECONDS = "a number of milliseconds"
    DURATION = 'a duration such as "1m30s"'
    FLAG = "true or false"
    TEXT = "text"
    COUNTS = "a whole number, or a list of two"


_FACTOR = {Unit.SHARE: Decimal(100), Unit.MILLISECONDS: Decimal("0.001")}
"""From the native number to ours, in decimal, so that 0.333 is 33.3 % and back."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a library.

    Attributes:
        name: the library's own.
        word: the field of `BreakerConfig` that it is; None: it goes to `options` under its own name.
        unit: how its value is written.
        default: the library's, in the native unit; None: unset.
        low: the library rejects less than this (native unit); None: it takes anything.
        high: or more than this.
        above: whether it rejects `low` itself, too.
        below: whether it rejects `high` itself, too.
        choices: for text, the values there are; empty: any.
        meaning: a line for whoever reads an exported file.
    """

    name: str
    word: str | None
    unit: Unit
    default: Any
    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    choices: tuple[str, ...] = ()
    meaning: str = ""

    def to_word(self, value: Any) -> Any:
        """Return a native value in our unit.

        Raises:
            InvalidSettingError: the value is of the wrong type, or the library rejects it.
        """
        self._check_type(value)
        self._check_rule(value)
        if self.unit is Unit.COUNTS and isinstance(value, list):
            return tuple(value)
        if self.word is None or value is None:
            return value
        if self.unit is Unit.DURATION:
            return seconds_of(value)
        if self.unit in _FACTOR:
            return float(Decimal(str(value)) * _FACTOR[self.unit])
        return value

    def to_native(self, value: Any) -> Any:
        """Return one of our values in the native unit."""
        if self.word is None or value is None:
            return value
        if self.unit is Unit.DURATION:
            return exact_duration(value)
        if self.unit in _FACTOR:
            return _plain(Decimal(str(value)) / _FACTOR[self.unit])
        return _plain(Decimal(str(value))) if isinstance(value, float) else value

    def _check_type(self, value: Any) -> None:
        if value is None and self.default is None:
            return
        wanted = f"must be {self.unit.value}"
        if self.unit is Unit.FLAG:
            require(isinstance(value, bool), self.name, wanted, value)
        elif self.unit is Unit.TEXT:
            require(isinstance(value, str), self.name, wanted, value)
        elif self.unit is Unit.COUNTS:
            parts = value if isinstance(value, (list, tuple)) else (value,)
            require(all(type(part) is int for part in parts), self.name, wanted, value)
        elif self.unit is Unit.DURATION:
            try:
                seconds_of(value)
            except (ValueError, TypeError, InvalidSettingError):
                raise InvalidSettingError(self.name, wanted, value) from None
        else:
            number = isinstance(value, (int, float)) and not isinstance(value, bool)
            whole = number and (self.unit is not Unit.COUNT or value == int(value))
            require(whole, self.name, wanted, value)

    def _check_rule(self, value: Any) -> None:
        if self.choices:
            require(value in self.choices, self.name, f"must be one of {', '.join(self.choices)}", value)
        if value is None or (self.low is None and self.high is None):
            return
        number = seconds_of(value) if self.unit is Unit.DURATION else value
        require(self.allows(number), self.name, self.rule(), value)

    def allows(self, number: float) -> bool:
        """Return whether a number lies within the library's bounds."""
        low_holds = self.low is None or (number > self.low if self.above else number >= self.low)
        high_holds = self.high is None or (number < self.high if self.below else number <= self.high)
        return low_holds and high_holds

    def rule(self) -> str:
        """Return the library's rule in words."""
        unit = " s" if self.unit in {Unit.SECONDS, Unit.DURATION} else ""
        low = None if self.low is None else f"{'over' if self.above else 'at least'} {self.low:g}{unit}"
        high = None if self.high is None else f"{'under' if self.below else 'at most'} {self.high:g}{unit}"
        return "must be " + " and ".join(part for part in (low, high) if part)


def seconds_of(value: Any) -> float:
    """Return the seconds of a duration, written as text or, as Spring also takes it, in milliseconds."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(Decimal(str(value)) / 1000)
    return -parse_duration(value[1:]) if value.startswith("-") else parse_duration(value)


def share_of(percent: float) -> float:
    """Return the share that a percentage is, in decimal: of 33.3 it is the 0.333 that its user wrote."""
    return float(Decimal(str(percent)) / 100)


def percent_of(share: Any) -> float:
    """Return the percentage that a share is, in decimal: the reverse of `share_of`."""
    return float(Decimal(str(share)) * 100)


def without_point(number: float) -> float:
    """Return a whole number as an int, as people write it."""
    return int(number) if number == int(number) else number


def _plain(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def from_native(
    settings: Sequence[Setting],
    values: Mapping[str, Any],
    read: Callable[[Mapping[str, Any]], dict[str, Any]] | None,
    known_words: Collection[str],
) -> dict[str, Any]:
    """Return keyword arguments of `BreakerConfig` for native settings; see `Dialect.from_native`."""
    by_name = {setting.name: setting for setting in settings}
    words: dict[str, Any] = {}
    if read is not None:
        rest = read(values)
        words = {name: value for name, value in rest.items() if name not in by_name}
        values = {name: value for name, value in rest.items() if name in by_name}
    for name, value in {**words, **values}.items():
        if name not in by_name and name not in known_words:
            raise InvalidSettingError(name, f"is unknown; there are {', '.join(by_name)}", value)
    options = []
    for setting in settings:
        value = setting.to_word(values.get(setting.name, setting.default))
        if setting.word is None:
            if value != setting.default:
                options.append((setting.name, value))
        elif value is not None:
            words[setting.word] = value
    return words | {"options": tuple(options)}


def to_native(
    settings: Sequence[Setting],
    config: BreakerConfig,
    write: Callable[[BreakerConfig], dict[str, Any]] | None,
) -> dict[str, Any]:
    """Return every native setting of a configuration; see `Dialect.to_native`.

    What `write` gives as `...` is said by another of its settings.
    """
    native = {
        setting.name: config.option(setting.name)
        if setting.word is None
        else setting.to_native(getattr(config, setting.word))
        for setting in settings
    }
    if write is not None:
        native |= write(config)
    return {name: value for name, value in native.items() if value is not ...}
