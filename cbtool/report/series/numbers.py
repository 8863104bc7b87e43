"""Arrays as the numbers of a document: rounded to what they are worth, null for no value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def plain(values: Iterable[float], digits: int = 5) -> list[float | None]:
    """Return numbers to so many significant digits; what is not finite becomes None."""
    return [rounded(float(value), digits) if math.isfinite(value) else None for value in values]


def rounded(value: float, digits: int = 5) -> float:
    """Return a finite number to so many significant digits."""
    return float(f"{value:.{digits}g}")
