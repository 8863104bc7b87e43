"""Moves from one candidate to another that need no more than the candidate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.recommend.candidates.forms import TRIALS, nice_duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbtool.recommend.candidates.gates import Candidate, Gate

ERRORS = (
    *range(4, 11),  # one call with its two retries is three errors, which any upstream has and must not trip
 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 300, 500, 1000, 2000, 5000,
)  # fmt: skip
"""To choose the errors gate from."""
_WAIT_FACTORS = (0.17, 0.25, 0.35, 0.5, 0.6, 0.7, 0.85, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0, 4.0, 6.0)


def with_errors(gate: Gate, errors: int) -> Gate:
    """Return the gate with another errors gate, which a calls gate that followed it follows still.

    A calls gate below the errors gate would say nothing, so it is at least that.
    """
    calls = errors if gate.calls <= gate.errors else max(gate.calls, errors)
    return gate._replace(errors=errors, calls=calls)


def with_slow(gate: Gate, durations: Sequence[float], *, wary: bool) -> Gate:
    """Return a start that judges slow calls, too, where durations are known; a wary one the mildest."""
    if not durations:
        return gate
    return gate._replace(slow_from=durations[0 if wary else -2], slow_threshold=30.0 if wary else 50.0)


def waits(at: Candidate, shortest: float) -> Iterator[Candidate]:
    """Yield other waits, the nearest first, none beyond what a growing one stops at.

    A flap's rhythm has more than one that fits.
    """
    tried = {max(shortest, nice_duration(at.wait * factor)) for factor in _WAIT_FACTORS} - {at.wait}
    for wait in sorted(tried, key=lambda w: abs(math.log(w / at.wait))):
        if at.longest is None or wait <= at.longest:
            yield at._replace(wait=wait)


def trials(at: Candidate) -> Iterator[Candidate]:
    """Yield other numbers of trials."""
    for number in TRIALS:
        yield at._replace(trials=number)


def other_errors(at: Candidate) -> Iterator[Candidate]:
    """Yield other errors gates, the smaller ones first."""
    larger = [k for k in ERRORS if k > at.gate.errors][:3]
    smaller = [k for k in ERRORS if k < at.gate.errors][-2:]
    for number in (*smaller, *larger):
        yield at._replace(gate=with_errors(at.gate, number))
