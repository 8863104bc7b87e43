"""What breakers did, judged by the incidents: which calls they shed, which trips were false, and the cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.findings import Track

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.model import Budget

_GRACE = (2.0, 60.0)  # seconds, at least and at most, after an incident in which a trip still answers it


class Passed(NamedTuple):
    """What became of calls: bad ones in incidents, those of them that were refused, and refused good ones."""

    bad: int = 0
    shed: int = 0
    good_inside: int = 0
    good_outside: int = 0

    def and_of(self, other: Passed) -> Passed:
        """Return the same of these calls and others."""
        return Passed(*(mine + its for mine, its in zip(self, other, strict=True)))


class Tally(NamedTuple):
    """What one breaker did."""

    passed: Passed
    trips: int
    false_trips: int
    incidents: int
    delays: tuple[float, ...]
    open_ns: int


def passed_of(refused: NDArray[np.bool_], bad: NDArray[np.bool_], inside: NDArray[np.bool_]) -> Passed:
    """Count what became of calls; arrays by call."""
    lost = bad & inside
    return Passed(
        bad=int(lost.sum()),
        shed=int((lost & refused).sum()),
        good_inside=int((refused & inside & ~bad).sum()),
        good_outside=int((refused & ~inside & ~bad).sum()),
    )


def tally_of(
    passed: Passed,
    opened: NDArray[np.int64],
    closed: NDArray[np.int64],
    spans: NDArray[np.int64],
    end: int,
) -> Tally:
    """Return what one breaker did.

    Args:
        passed: what became of its calls.
        opened: nanoseconds at which it stopped being closed.
        closed: at which it was closed again; fewer by one where it never was.
        spans: its incidents, shape (n, 2): (from, to) nanoseconds.
        end: nanoseconds until which it is watched.
    """
    answers = _answers(spans, opened)
    delays = (_delay(opened, closed, answers, span[0], number) for number, span in enumerate(spans))
    until = np.append(closed, end)[: len(opened)]
    return Tally(
        passed,
        trips=len(opened),
        false_trips=int((answers < 0).sum()),
        incidents=len(spans),
        delays=tuple(delay for delay in delays if delay is not None),
        open_ns=int((until - opened).sum()),
    )


def track_of(tallies: Sequence[Tally], budget: Budget, watched_ns: int) -> Track:
    """Return what all breakers did together, each of which was watched for so long."""
    delays = [delay for tally in tallies for delay in tally.delays]
    passed = Passed()
    for tally in tallies:
        passed = passed.and_of(tally.passed)
    false_trips = sum(tally.false_trips for tally in tallies)
    return Track(
        trips=sum(tally.trips for tally in tallies),
        false_trips=false_trips,
        incidents=sum(tally.incidents for tally in tallies),
        caught=len(delays),
        delay=sum(delays) / len(delays) if delays else None,
        bad=passed.bad,
        shed=passed.shed,
        good_refused=passed.good_inside + passed.good_outside,
        open_percent=100.0 * sum(tally.open_ns for tally in tallies) / max(1, watched_ns * len(tallies)),
        cost=(passed.bad - passed.shed)
        + budget.reject_cost * passed.good_inside
        + passed.good_outside
        + budget.false_trip_cost * false_trips,
    )


def hits(bad: float, budget: Budget) -> bool:
    """Return whether an incident is one of a breaker's, of whose calls that share was bad meanwhile."""
    return bad >= budget.break_even / 2


def inside(start: NDArray[np.int64], spans: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which calls start in an incident.

    Args:
        start: nanoseconds, in order.
        spans: shape (n, 2): (from, to) nanoseconds, both included.
    """
    mask = np.zeros(len(start), np.bool_)
    for first, last in spans:
        mask[np.searchsorted(start, first) : np.searchsorted(start, last, "right")] = True
    return mask


def _answers(spans: NDArray[np.int64], opened: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each opening the incident that it answers, −1 for a false one."""
    if not len(spans):
        return np.full(len(opened), -1)
    least, most = (seconds * 1e9 for seconds in _GRACE)
    until = spans[:, 1] + np.clip(spans[:, 1] - spans[:, 0], least, most).astype(np.int64)
    latest = np.searchsorted(spans[:, 0], opened, side="right") - 1
    within = (latest >= 0) & (opened <= until[np.maximum(latest, 0)])
    return np.where(within, latest, -1)


def _delay(
    opened: NDArray[np.int64],
    closed: NDArray[np.int64],
    answers: NDArray[np.int64],
    begin: np.int64,
    number: int,
) -> float | None:
    """Return the seconds until the breaker was open in an incident; None where it never was."""
    before = int(np.searchsorted(opened, begin))
    still_open = before > len(closed) or (before > 0 and closed[before - 1] > begin)
    if still_open:
        return 0.0
    mine = opened[answers == number]
    return float(mine[0] - begin) / 1e9 if len(mine) else None
