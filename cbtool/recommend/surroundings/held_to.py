"""What `verify` is to hold the settings to: the budgets, and where these give way, what was chosen instead.

False trips go first where the budgets conflict. Then an outage may take longer to be noticed than was asked
for, at the quietest load or at any, and a mild brown-out may not be noticed at all. That was a choice, told
with the settings; `verify` must not take it for a fault of theirs, a minute later and on the same log.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.profiles.verify_rules import (
    CALLS_TO_NOTICE,
    DEFAULT_BROWN_OUT,
    DEFAULT_DETECTION_DELAY,
    DEFAULT_FALSE_TRIPS_PER_DAY,
    MILDER,
    NEVER,
    VerifyRules,
)
from cbtool.recommend.search.delays import brown_out_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.findings import Estimate
    from cbtool.recommend.found import Found
    from cbtool.recommend.model import Regime

_LENIENT = 1.5  # times the delay that nine outages in ten stay under
_LEVELS = (60.0, 70.0, 80.0, 90.0, 100.0)  # percent


def held_to(found: Found, regimes: Sequence[Regime], delay: Estimate) -> VerifyRules:
    """Return the rules for the profile's `[verify]` table; what is None keeps its default.

    Args:
        found: the settings, and what they were found in.
        regimes: levels of load, with the delays there.
        delay: seconds until incidents are expected to be noticed.
    """
    budget, high = found.budget, regimes[-1]
    kept = all(each is None or each <= budget.detection_delay for each in (delay.value, delay.high))
    longer = budget.detection_delay > DEFAULT_DETECTION_DELAY
    asked = _unless(DEFAULT_DETECTION_DELAY, budget.detection_delay) if kept or longer else None
    usual = max(DEFAULT_DETECTION_DELAY if asked is None else asked, CALLS_TO_NOTICE / high.rate)
    late = _late(high.outage_delay, usual)
    return VerifyRules(
        false_trips_per_day=_unless(DEFAULT_FALSE_TRIPS_PER_DAY, budget.false_trips_per_day),
        detection_delay=asked,
        low_load_detection_delay=_at_low_load(regimes),
        high_load_detection_delay=late,
        brown_out=_brown_out(found, high, MILDER * (usual if late is None else late)),
    )


def _at_low_load(regimes: Sequence[Regime]) -> float | None:
    outage = regimes[0].outage_delay if len(regimes) > 1 else None
    if outage is None or regimes[0].within_delay_budget:
        return None
    return NEVER if outage.high is None else float(math.ceil(_LENIENT * outage.high))


def _late(outage: Estimate | None, limit: float) -> float | None:
    """Return within what an outage at the busiest load is noticed, where that may be over the limit."""
    if outage is None or outage.high is None or _LENIENT * outage.high <= limit:
        return None
    return float(math.ceil(_LENIENT * outage.high))


def _brown_out(found: Found, high: Regime, within: float) -> float | None:
    """Return the mildest brown-out that is noticed in time; None where that is as mild as `verify` tries."""
    mildest = 100 * found.brown_out
    if mildest <= DEFAULT_BROWN_OUT and _in_time(high.brown_out_delay, within):
        return None
    tried = (level for level in _LEVELS if level >= min(mildest, DEFAULT_BROWN_OUT))
    noticed = (level for level in tried if _in_time(brown_out_at(found, high.rate, level / 100), within))
    level = next(noticed, None)
    return None if level == DEFAULT_BROWN_OUT < mildest else level


def _in_time(delay: Estimate | None, within: float) -> bool:
    return delay is not None and delay.high is not None and _LENIENT * delay.high <= within


def _unless(usual: float, value: float) -> float | None:
    return None if math.isclose(value, usual, rel_tol=0.01) else value
