"""The second budget: an outage at the usual load should open the breaker within `--detection-delay`.

Every candidate that the search has tried keeps the budget of false trips, so whichever of them is taken, that
one comes first. Where the cheapest opens too late, the search goes on from the cheapest of those that open
in time, and among such alone; where none does, as at a load of one call in twenty seconds, the cheapest stays
and its delay is stated. So it does where what opens in time at an outage would let the incidents that were
seen pass by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.recommend.search.delays import outage_seconds

if TYPE_CHECKING:
    from cbtool.recommend.candidates.gates import Candidate, Gate
    from cbtool.recommend.search.search import Search


_SAVES = 0.5  # of what the cheapest saves beside a breaker that never opens


def in_time(search: Search, cheapest: Candidate, rate: float, delay: float) -> Candidate:
    """Return the cheapest candidate found that opens in time; the cheapest of all where none was tried.

    Args:
        search: has tried them.
        cheapest: what it found.
        rate: calls a second at the usual load, of one breaker.
        delay: seconds from an outage's beginning to the opening.
    """

    def timely(gate: Gate) -> bool:
        return outage_seconds(gate, rate) <= delay

    if timely(cheapest.gate):
        return cheapest
    nothing = sum(court.weight * court.doing_nothing for court in search.courts)
    most = nothing - _SAVES * (nothing - sum(search.losses(cheapest)))
    for candidate in sorted((each for _, each in search.tried()), key=search.weighed):
        if timely(candidate.gate) and search.allowed(candidate.gate):
            worth_it = sum(search.losses(candidate)) <= most
            return search.best_of(candidate, timely) if worth_it else cheapest
    return cheapest
