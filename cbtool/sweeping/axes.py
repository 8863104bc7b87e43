"""What a sweep varies: one setting an axis, with the values that it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.breaker.dialects import NAMES
from cbtool.errors import ConfigurationError
from cbtool.toml.tables import did_you_mean
from cbtool.units import exact_duration, parse_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

DIALECT = "dialect"
_COUNTS = (
    "minimum_number_of_calls",
    "minimum_number_of_errors",
    "error_count_threshold",
    "permitted_number_of_calls_in_half_open_state",
)
_NUMBERS = (
    "failure_rate_threshold",
    "slow_call_rate_threshold",
    "wait_backoff_multiplier",
    "wait_jitter",
)
_DURATIONS = (
    "slow_call_duration_threshold",
    "wait_duration_in_open_state",
    "max_wait_duration_in_open_state",
    "max_wait_duration_in_half_open_state",
)
_WINDOW, _SIZE = "sliding_window_type", "sliding_window_size"
SETTINGS = (*_NUMBERS, *_COUNTS, *_DURATIONS, _WINDOW, _SIZE, DIALECT)
MOST = 100_000
"""Values of one axis; more is a slip."""
_RANGE = re.compile(r"(?P<low>[^.:]+(?:\.\d+[a-z]*)?)\.\.(?P<high>[^:]+?)(?::(?P<step>.+))?")
_FORMS = "LOW..HIGH:STEP, LOW..HIGH:xN for N values that grow evenly, or A,B,C"


@dataclass(frozen=True)
class Axis:
    """One setting that varies.

    Attributes:
        name: a setting of a profile, or `dialect`.
        values: at least one, in order; durations are seconds.
        timed: whether they are durations.
    """

    name: str
    values: tuple[Any, ...]
    timed: bool = False

    def shown(self, value: Any) -> str:
        """Return one of the values for people."""
        if isinstance(value, WindowType):
            return value.value
        if self.timed:
            return exact_duration(value)
        return f"{value:g}" if isinstance(value, float) else str(value)


def parse_axes(texts: Sequence[str]) -> tuple[Axis, ...]:
    """Return the axes that a user wrote, such as `failure_rate_threshold=5..60:5`.

    Raises:
        ConfigurationError: one is malformed, names no setting, or varies what another varies.
    """
    axes = tuple(map(_parse, texts))
    names = [axis.name for axis in axes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigurationError(f"{twice} is varied twice; write all of its values in one --vary")
    return axes


def _parse(text: str) -> Axis:
    name, equals, what = (part.strip() for part in text.partition("="))
    if not equals or not what:
        raise ConfigurationError(f"{text!r} varies nothing; write SETTING=VALUES with {_FORMS}")
    if name not in SETTINGS:
        near = did_you_mean(name, SETTINGS, otherwise="")
        raise ConfigurationError(f"{name!r} is no setting to vary{near}; there are {', '.join(SETTINGS)}")
    if name == DIALECT:
        return Axis(name, _dialects(what))
    if name == _WINDOW:
        return Axis(name, _window_types(what))
    timed = name in _DURATIONS or (name == _SIZE and bool(re.search(r"\d(?:ns|us|µs|ms|s|m|h|d)\b", what)))
    match = _RANGE.fullmatch(what)
    if match is None:
        numbers = [_number(part, timed=timed) for part in what.split(",")]
    else:
        numbers = _ranged(match, timed=timed)
    whole = name in _COUNTS or (name == _SIZE and not timed)
    if whole and match is not None and match["step"] and match["step"].startswith("x"):
        numbers = [float(round(number)) for number in numbers]
    if whole and any(not number.is_integer() for number in numbers):
        raise ConfigurationError(f"{name} takes whole numbers (got {what!r})")
    values = dict.fromkeys(int(number) if whole else number for number in numbers)
    return Axis(name, tuple(values), timed)


def _ranged(match: re.Match[str], *, timed: bool) -> list[float]:
    low, high = _number(match["low"], timed=timed), _number(match["high"], timed=timed)
    step = match["step"]
    if not low <= high:
        raise ConfigurationError(f"{match[0]!r}: the first value is above the last")
    if step is not None and step.startswith("x"):
        return _growing(low, high, step[1:], match[0])
    width = 1.0 if step is None else _number(step, timed=timed)
    if step is None and timed:
        raise ConfigurationError(f"{match[0]!r} needs a step, such as {match[0]}:5s")
    if not width > 0 or (high - low) / width >= MOST:
        raise ConfigurationError(f"{match[0]!r}: the step must be above 0, and the values at most {MOST:,}")
    # The last value belongs to it where the steps reach it, however binary fractions add up.
    return [round(low + n * width, 9) for n in range(int((high - low) / width + 1e-9) + 1)]


def _growing(low: float, high: float, number: str, whole: str) -> list[float]:
    if not number.isdecimal() or not 2 <= int(number) <= MOST or not low > 0:
        raise ConfigurationError(f"{whole!r}: values that grow evenly start above 0, and are two or more")
    last = int(number) - 1
    return [float(f"{low * (high / low) ** (n / last):.6g}") for n in range(last + 1)]


def _number(text: str, *, timed: bool) -> float:
    word = text.strip()
    try:
        number = parse_duration(word) if timed else float(word)
    except (ValueError, ConfigurationError):
        number = float("nan")
    if not abs(number) < float("inf"):
        what = "a duration such as 500ms or 5s" if timed else "a number"
        raise ConfigurationError(f"{word!r} is not {what}; values are {_FORMS}")
    return number


def _window_types(what: str) -> tuple[WindowType, ...]:
    try:
        return tuple(dict.fromkeys(WindowType(part.strip()) for part in what.split(",")))
    except ValueError:
        known = ", ".join(kind.value for kind in WindowType)
        raise ConfigurationError(f"{what!r}: {_WINDOW} takes {known}") from None


def _dialects(what: str) -> tuple[str, ...]:
    if what == "all":
        return NAMES
    names = tuple(dict.fromkeys(part.strip() for part in what.split(",")))
    for name in names:
        if name not in NAMES:
            near = did_you_mean(name, NAMES, otherwise="")
            raise ConfigurationError(f"{name!r} is no dialect that cbtool knows{near}")
    return names


def config_at(base: BreakerConfig, point: dict[str, Any]) -> BreakerConfig:
    """Return a configuration with the settings of a point; of another dialect, those that it knows.

    Raises:
        InvalidSettingError: the values do not go together.
    """
    from dataclasses import replace  # noqa: PLC0415  # beside what uses it

    words = {name: value for name, value in point.items() if name != DIALECT}
    name = point.get(DIALECT, base.dialect.name)
    if name == base.dialect.name:
        return replace(base, **words)
    from cbtool.breaker.dialects import dialect_named  # noqa: PLC0415  # loads every library's module

    dialect = dialect_named(name)
    return BreakerConfig.of(
        dialect, {word: value for word, value in words.items() if word in dialect.known_words}
    )
