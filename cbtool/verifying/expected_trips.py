"""False trips that a log does not hold, but lets one expect: bursts that came near, chance, the quiet hours.

Much as `recommend` reckons it, on the traffic that there is now: what was seen in the healthy stretches,
their tail beyond it, and the same at the quietest load. Bad stretches to be ridden through are in that tail
even where they are few, which `recommend` weighs by themselves, so that the number is rather higher here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.candidates.gates import gate_of
from cbtool.recommend.false_trips.exposure import exposure_of
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.false_trips.night import thinned_to_quietest
from cbtool.recommend.incidents.own_incidents import inside
from cbtool.recommend.reading.regimes import load_regimes
from cbtool.units import format_duration
from cbtool.verifying.model import Check, Group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cbtool.breaker.config import BreakerConfig
    from cbtool.verifying.model import Limits
    from cbtool.verifying.seen import Seen

_SHARES = 4  # breakers whose shares of the traffic are looked at
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
    trace, which, background, own = found.weighed(seed)
    healthy = background & ~inside(trace, which, own)
    masks = [healthy & (which == number) for number in range(min(found.instances, _SHARES))]
    seen = [(mask, share) for mask in masks for share in [trace.take(mask)]]
    seen = [(mask, share) for mask, share in seen if len(share) >= _LEAST and share.span]
    shares = [share for _, share in seen]
    if not shares:
        return
    views = [exposure_of(shares, _gaps(trace.start, background))]
    breakers = [mask[healthy] for mask, _ in seen]
    regimes = load_regimes(found.trace, found.instances)
    night = thinned_to_quietest(trace.take(healthy), breakers, regimes, seed)
    views += [night.exposure()] if night.passes else []
    trips = Guard(views[0], views, _ANY).estimate(gate, seed)
    value, low, high = (each or 0.0 for each in (trips.value, trips.low, trips.high))
    most = limits.false_trips_per_day
    watched = format_duration(views[0].seconds)
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


def _gaps(start: NDArray[np.int64], background: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the times that the background leaves out, as (from, to) nanoseconds."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], ~background, [False])).astype(np.int8)))
    last = len(start) - 1
    return [(int(start[a]), int(start[min(b, last)])) for a, b in zip(edges[::2], edges[1::2], strict=True)]
