"""What the fault lab does to one request: drawn from the scenario's conditions, carried out elsewhere."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from random import Random

    from cbtool.traffic.scenario import Conditions

GOOD_STATUS = 200


class FateKind(Enum):
    """How a request ends."""

    ANSWER = auto()
    """With a status, after the delay."""
    RESET = auto()
    """With the connection reset, at once."""
    HANG = auto()
    """With an answer after all, when the caller should long have given up."""


class Fate(NamedTuple):
    """One request's end."""

    kind: FateKind
    status: int
    """Of the answer; 200 unless the call was drawn to fail."""
    delay: float
    """Seconds before the answer."""


def draw(conditions: Conditions, random: Random, *, instance: int = 0) -> Fate:
    """Return what becomes of a request.

    Resets, hangs and failures exclude each other, as the conditions' shares do; answers, good and bad,
    take log-normal time.

    Args:
        conditions: what holds now.
        random: the run's seeded generator; three numbers are taken for an answer, one otherwise.
        instance: which instance serves the request, counted from 0; the first `bad_instances` are bad.
    """
    status = GOOD_STATUS
    if not conditions.bad_instances or instance < conditions.bad_instances:
        if conditions.refuse:
            # One port cannot refuse some connections only; a reset is the nearest thing.
            return Fate(FateKind.RESET, 0, 0.0)
        lot = 100.0 * random.random()
        hangs_from = conditions.reset
        fails_from = hangs_from + conditions.timeouts
        if lot < hangs_from:
            return Fate(FateKind.RESET, 0, 0.0)
        if lot < fails_from:
            return Fate(FateKind.HANG, GOOD_STATUS, conditions.hang)
        if lot < fails_from + conditions.failure_rate:
            status = random.choice(conditions.statuses)
    delay = conditions.latency_median * random.lognormvariate(0.0, conditions.latency_sigma)
    return Fate(FateKind.ANSWER, status, delay)
