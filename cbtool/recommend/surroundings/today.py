"""Today's settings beside the recommended ones: what they did on the log, and what to expect of them.

Settings of our own semantics are judged as the recommended ones are. Any other library's breaker was run
through the whole log, so that its false trips there are counted; where its rules are like windows that slide
(`likeness.py`), the tail of such a window says how many to expect beyond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.recommend.candidates.gates import gate_of
from cbtool.recommend.candidates.likeness import likenesses
from cbtool.recommend.false_trips.false_trips import ANY_BUDGET
from cbtool.recommend.false_trips.tails import FalseTrips
from cbtool.recommend.false_trips.trip_interval import ENOUGH, counted_range
from cbtool.recommend.findings import Alternative, Estimate, ToldBy
from cbtool.recommend.search.delays import outage_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbtool.profiles import Profile
    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.false_trips.false_trips import Guard
    from cbtool.recommend.found import Found
    from cbtool.recommend.surroundings.track import Logbook

_DAY = 86_400.0


def today(found: Found, profile: Profile, logbook: Logbook) -> Alternative:
    """Return today's settings, with the false trips to expect of them."""
    guard = found.search.guard.with_budget(ANY_BUDGET)
    track, gate = logbook.track(profile.config), gate_of(profile.config)
    if gate is not None:
        trips = guard.false_trips(gate)
        estimate = Estimate(trips.likely, min(trips.seen, trips.likely), trips.upper)
        delay = _delay(found, [(gate,)])
        return Alternative(profile.name, profile.config, estimate, delay, track, on_front=False)
    likes = likenesses(profile.config)
    known = [gates for gates in likes if gates is not None]
    of_all = len(known) == len(likes) > 0
    days = guard.healthy_seconds / _DAY
    estimate = _counted(track.false_trips / logbook.breakers, days)
    if of_all:
        estimate = _beyond(estimate, guard, known, track.false_trips)
    return Alternative(
        profile.name,
        profile.config,
        estimate,
        _delay(found, known),
        track,
        on_front=False,
        told_by=ToldBy.LIKENESS if of_all else ToldBy.COUNT,
        healthy_days=days,
    )


def _counted(trips: float, days: float) -> Estimate:
    """Return what a count of trips says by itself; of none, only how many there may be at most.

    Breakers of one service meet the same bursts, so that all of them together tell no more than one does.

    Args:
        trips: that one breaker had, on average.
        days: in which.
    """
    least, most = counted_range(trips, days)
    return Estimate(trips / days if trips else None, least, most)


def _beyond(counted: Estimate, guard: Guard, rules: Sequence[tuple[Gate, ...]], trips: int) -> Estimate:
    """Return what to expect by the tails of windows, within what the count leaves possible.

    A tail errs on the safe side, and far so where a rule trips often. Restarts are in none of the counts.
    """
    if trips >= ENOUGH:
        return counted
    least, most = counted.low or 0.0, counted.high or 0.0
    possible = most + sum(max(map(guard.at_restarts, gates)) for gates in rules)
    tail = _tail(guard, rules)
    likely = max(min(tail.likely, possible), counted.value or 0.0)
    return Estimate(likely, min(least, likely), max(min(tail.upper, possible), most if trips else 0.0))


def _tail(guard: Guard, rules: Iterable[tuple[Gate, ...]]) -> FalseTrips:
    """Return the trips of all rules together, of each by the worst gate that it is like."""
    total = FalseTrips(0.0, 0.0, 0.0)
    for gates in rules:
        worst = FalseTrips(0.0, 0.0, 0.0)
        for gate in gates:
            worst = worst.or_worse(guard.false_trips(gate))
        total = FalseTrips(*(a + b for a, b in zip(total, worst, strict=True)))
    return total


def _delay(found: Found, rules: Sequence[tuple[Gate, ...]]) -> float | None:
    """Return how late an outage at the usual load opens the breaker, by the rule that does so first."""
    late = [max(outage_seconds(gate, found.usual.rate) for gate in gates) for gates in rules]
    seconds = min(late, default=float("inf"))
    return None if seconds == float("inf") else seconds + found.failing_takes
