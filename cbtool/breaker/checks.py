"""The rules that settings are held to; each names the field, the rule and the value."""

from __future__ import annotations

import math
from typing import Any

from cbtool.errors import InvalidSettingError


def require(holds: bool, field: str, rule: str, value: Any) -> None:
    """Raise `InvalidSettingError` for `field` unless the rule holds."""
    if not holds:
        raise InvalidSettingError(field, rule, value)


def percentage(field: str, value: float) -> None:
    """Require over 0 and at most 100."""
    require(0 < value <= 100, field, "must be a percentage over 0 and at most 100", value)


def positive(field: str, value: float) -> None:
    """Require a finite time longer than 0."""
    require(math.isfinite(value) and value > 0, field, "must be longer than 0", value)


def not_negative(field: str, value: float) -> None:
    """Require a finite number that is not negative."""
    require(math.isfinite(value) and value >= 0, field, "must not be negative", value)


def at_least_one(field: str, value: int) -> None:
    """Require at least 1."""
    require(value >= 1, field, "must be at least 1", value)
