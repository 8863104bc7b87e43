"""False trips that a log does not hold, but lets one expect: bursts that came near, chance, the quiet hours.

As `recommend` reckons it, by the same views of the traffic that there is now: on the log that settings were
recommended from, the two say the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.recommend.candidates.gates import gate_of
from cbtool.recommend.false_trips.exposure import healthy_seconds
from cbtool.recommend.false_trips.views import guarded
from cbtool.units import format_duration
from cbtool.verifying.model import Check, Group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.breaker.config import BreakerConfig
    from cbtool.verifying.model import Limits
    from cbtool.verifying.seen import Seen

_LEAST = 100  # healthy calls of one breaker
_NONE = 1e-6  # a day: one in 3,000 years
_ANY = 1e9  # false trips a day that no settings exceed, so that every view is looked at


def expected_trips(config: BreakerConfig, found: Seen, limits: Limits, seed: int) -> Iterator[Check]:
    """Give the check of how often this traffic lets one expect false trips; none for other libraries' rules.

    It fails where the interval (90 %) lies above the budget.
    """
    gate = gate_of(config)
    if gate is None:
        return
    case = found.case(seed)
    shares, gaps = case.shares(case.sides.background), case.gaps()
    if min(map(len, shares)) < _LEAST:
        return
    trips = guarded(case, shares, gaps, _ANY).estimate(gate, seed)
    value, low, high = (each or 0.0 for each in (trips.value, trips.low, trips.high))
    most = limits.false_trips_per_day
    watched = format_duration(healthy_seconds(shares, gaps))
    yield Check(
        Group.TRAFFIC,
        "false trips to expect a day",
        low <= most,
        value,
        most,
        f"{value:.2g} ({0 if low < _NONE else low:.2g} to {high:.2g})",
        f"low end ≤ {most:.3g}",
        f"by {watched} of healthy time, its bursts and its tail; the 90 % interval",
    )
