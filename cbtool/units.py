"""Durations, rates and percentages: as people write them, and as numbers.

Durations are seconds as float, rates are calls a second, percentages run from 0 to 100.
"""

from __future__ import annotations

import math
import re

from cbtool.errors import ConfigurationError

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# Divided by, not multiplied with the inverse: 35 / 1000 is the float 0.035, and 35 * 0.001 is not.
_PER_SECOND = {"ns": 1e9, "us": 1e6, "µs": 1e6, "ms": 1e3}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:/\s*(\d*)\s*(ms|s|m|h|d))?")

NANOSECONDS = 1_000_000_000


def to_ns(seconds: float) -> int:
    """Return `seconds` in whole nanoseconds, rounded to the nearest."""
    return round(seconds * 1e9)


def parse_duration(text: str) -> float:
    """Return the seconds that `250ms`, `30s`, `1h30m` or a bare `30` stand for.

    Raises:
        ConfigurationError: `text` is not a duration.
    """
    compact = text.strip().replace(" ", "")
    if _NUMBER.fullmatch(compact):
        return float(compact)
    parts = _PART.findall(compact)
    if not parts or "".join(number + unit for number, unit in parts) != compact:
        raise ConfigurationError(f"{text!r} is not a duration; write 250ms, 30s, 5m or 1h30m")
    return sum(_in_seconds(float(number), unit) for number, unit in parts)


def parse_rate(text: str) -> float:
    """Return the calls a second that `50/s`, `300/m`, `50/1s` or a bare `50` stand for.

    Raises:
        ConfigurationError: `text` is not a rate.
    """
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ConfigurationError(f"{text!r} is not a rate; write 50/s, 300/m or 0.5/s")
    number, count, unit = match.groups()
    per = _in_seconds(float(count or 1), unit or "s")
    if per == 0:
        raise ConfigurationError(f"{text!r} is a rate over no time; write 50/s")
    return float(number) / per


def parse_percent(text: str) -> float:
    """Return the percentage, 0 to 100, that `10`, `10%` or `0.5 %` stand for.

    Raises:
        ConfigurationError: `text` is not a percentage from 0 to 100.
    """
    compact = text.strip().removesuffix("%").strip()
    if not _NUMBER.fullmatch(compact) or float(compact) > 100:
        raise ConfigurationError(f"{text!r} is not a percentage from 0 to 100")
    return float(compact)


def format_duration(seconds: float) -> str:
    """Return `seconds` as people write them: `250ms`, `2.5s`, `1m30s`, `2h5m`."""
    if not math.isfinite(seconds):
        return "∞"
    if seconds < 0:
        return "-" + format_duration(-seconds)
    if seconds < 60:
        return _short(seconds)
    total = round(seconds)
    parts = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, total = divmod(total, size)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2])


def exact_duration(seconds: float) -> str:
    """Return `seconds` so that `parse_duration` gives the same number back (whole nanoseconds)."""
    nanoseconds = to_ns(seconds)
    for unit, size in (("h", 3600 * NANOSECONDS), ("m", 60 * NANOSECONDS), ("s", NANOSECONDS)):
        if nanoseconds and nanoseconds % size == 0:
            return f"{nanoseconds // size}{unit}"
    for unit, size in (("ms", 1_000_000), ("us", 1_000)):
        if nanoseconds % size == 0:
            return f"{nanoseconds // size}{unit}"
    return f"{nanoseconds}ns"


def format_rate(per_second: float) -> str:
    """Return a rate as people write it: `200/s`, `0.5/s`, `12/m`, `3/h`."""
    for unit, size in (("s", 1.0), ("m", 60.0), ("h", 3600.0)):
        if per_second * size >= 0.1 or unit == "h":
            return f"{_trim(per_second * size)}/{unit}"
    raise AssertionError  # the last unit always returns


def format_percent(percent: float) -> str:
    """Return a percentage for people: `0.5 %`, `52 %`, `99.95 %`."""
    return f"{_trim(percent)} %"


def format_size(size: int) -> str:
    """Return a number of bytes for people: `28 KB`, `0.5 MB`."""
    return f"{_trim(round(size / 1e3))} KB" if size < 1e5 else f"{size / 1e6:.1f} MB"


def _in_seconds(number: float, unit: str) -> float:
    return number / _PER_SECOND[unit] if unit in _PER_SECOND else number * _SECONDS[unit]


def _short(seconds: float) -> str:
    if seconds == 0:
        return "0s"
    if seconds < 1e-3:
        return f"{_trim(seconds * 1e6)}us"
    if seconds < 1:
        return f"{_trim(seconds * 1e3)}ms"
    return f"{_trim(seconds)}s"


def _trim(number: float) -> str:
    """Three significant digits, no trailing zeros; never in powers of ten."""
    if number >= 100:
        return f"{number:.0f}"
    if number == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(number)))
    text = f"{number:.{min(digits, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
