"""Breakers that refuse a share of the calls, rather than open: few in health, some in an outage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.units import format_duration, format_percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.verifying.lab import Lab
    from cbtool.verifying.model import Check

_CALLS = 8_000
_LEAST_CALLS = 60
_LONG_ENOUGH = 60.0  # seconds
_WARM_UP = 300.0  # seconds
_SHED = 30.0  # percent of an outage's calls


def throttle_checks(lab: Lab) -> Iterator[Check]:
    """Hold a breaker that refuses a share of the calls to few in health, and to some in an outage."""
    rate = lab.load.rate
    seconds = max(_LONG_ENOUGH, _CALLS / rate)
    calm = lab.refused(lab.scenario(lab.phase("healthy", seconds)), 0.0)
    most = lab.limits.healthy_refused
    wanted = f"≤ {format_percent(most)}"
    yield lab.check(
        "refused while healthy", calm <= most, calm, most, shown=_percent(calm), wanted=wanted, why=""
    )
    delay = lab.limits.delay_at(rate, low=lab.load.low)
    before = max(_WARM_UP, _LEAST_CALLS / rate)
    after = before + (delay if math.isfinite(delay) else 0.0)
    lasts = max(2 * (after - before), _LEAST_CALLS / rate)
    outage = lab.scenario(lab.phase("before", before), lab.phase("outage", lasts, failure_rate=100.0))
    shed = lab.refused(outage, after)
    yield lab.check(
        f"refused from {format_duration(after - before)} into an outage",
        shed >= _SHED or not math.isfinite(delay),
        shed,
        _SHED,
        shown=_percent(shed),
        wanted=f"≥ {format_percent(_SHED)}",
        why="",
    )


def _percent(share: float) -> str:
    return format_percent(float(f"{share:.3g}"))
