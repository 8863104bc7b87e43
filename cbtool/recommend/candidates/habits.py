"""What people set without looking at their traffic: libraries' defaults, by what they mean.

They enter the search as candidates like any other, each with the smallest errors gate that keeps the budget
on this traffic, and slow calls judged, so that what is recommended is no worse than they are, where they can
be recommended at all.
The defaults themselves are the catalogue's, with their sources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.recommend.candidates.gates import Candidate, Gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.recommend.search.ground import Ground

_IN_A_ROW = (5, 6)  # failures: Envoy's, Finagle's, pybreaker's five; gobreaker's "more than five"
_WAITS = (30.0, 60.0)  # seconds: Envoy's ejection; resilience4j's, gobreaker's, pybreaker's wait
_RATES = (
    # window, rate, calls, wait, trials
    (10.0, False, 50.0, 20, 5.0, 1),  # Hystrix: half of at least 20 calls in 10 s, one trial after 5 s
    (30.0, False, 10.0, 100, 5.0, 1),  # Polly: a tenth of at least 100 calls in 30 s
    (100.0, True, 50.0, 100, 60.0, 10),  # resilience4j: half of the last 100 calls, ten trials after 60 s
)


def habits(ground: Ground) -> Iterator[Candidate]:
    """Yield the defaults, their errors gate still to be fitted.

    Args:
        ground: a rate below what opening pays at is raised to that; where no incident with failures was seen,
            runs of failures, which a brown-out seldom has, are left out.
    """
    for failures in _IN_A_ROW:
        for wait in _WAITS:
            if ground.seen:
                yield Candidate(Gate(float(failures), 100.0, 1, 1, counted=True), wait, 1)
    for window, counted, rate, calls, wait, trials in _RATES:
        threshold = max(rate, ground.break_even)
        if ground.may_open_at(threshold):
            yield Candidate(Gate(window, threshold, 1, calls, counted=counted), wait, trials)
