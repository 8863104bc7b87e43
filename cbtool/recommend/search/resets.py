"""How a gate resets: the wait and the trials at the bottom of a curve, not at the luckiest of many points.

Each incident that is tried ends somewhere in a wait, and every round of trials in a brown-out may pass by
luck, so that of two dozen waits the one that looks best is mostly the luckiest. What a constant wait w costs
is known but for three numbers (`forms.best_wait`): a + b·w + c/(w + g), what finding incidents costs, what
recovering late does, and what probing does. From one round of n trials to the next it is w, and g = n/λ until
n calls have come; an incident that ends in g refuses none, so recovering late costs λw² / 2(w + g), which
is of the same form. The three are fitted to the losses of all waits together, for each number of trials, and
the least of the curves is taken. Where a curve does not fit, since incidents flap in a rhythm that some waits
meet and others miss, the losses are taken as they are.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.candidates.forms import TRIALS, nice_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Candidate

_FACTORS = (0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 2.0, 2.8)
_HOPELESS = 1.1  # so many times the loss with as long a wait, other trials will not make up
_LEAST_WAITS = 5  # for three numbers
_UNFIT = 5.0  # standard errors over the courts, by which the best wait is below its curve; where flaps, eight
_MUCH = 0.05  # of the loss; where flaps, a sixth to a third


class Settled(NamedTuple):
    """A candidate with the wait and the trials that cost least, and whether some waits meet a rhythm."""

    candidate: Candidate
    rhythmic: bool


def settled(
    at: Candidate,
    losses: Callable[[Sequence[Candidate]], NDArray[np.float64]],
    shortest: float,
    between: float = 0.0,
) -> Settled:
    """Return the candidate with the wait and the trials that cost least by the curves.

    Args:
        at: the candidate.
        losses: gives the losses of candidates, shape (candidates, courts).
        shortest: no wait is below, seconds.
        between: seconds from one call to the next in incidents.
    """
    best, least, rhythmic = at, np.inf, False
    most = _HOPELESS * float(losses([at]).sum())
    for moves in _resets(at, shortest):
        if moves[0].trials != at.trials and losses(moves[:1]).sum() > most:
            continue
        waits = np.array([move.wait for move in moves])
        cost, unfit = smoothed(waits, losses(moves), moves[0].trials * between)
        place = int(cost.argmin())
        if cost[place] < least:
            best, least, rhythmic = moves[place], cost[place], unfit
    return Settled(best, rhythmic)


def _resets(at: Candidate, shortest: float) -> Iterator[list[Candidate]]:
    """Yield for each number of trials near the candidate's the candidates with all waits, nearest first."""
    tried = {at.wait, *(max(shortest, nice_duration(at.wait * factor)) for factor in _FACTORS)}
    fitting = {wait for wait in tried if at.longest is None or wait <= at.longest}
    waits = sorted(fitting, key=lambda wait: abs(math.log(wait / at.wait)))
    place = min(range(len(TRIALS)), key=lambda i: abs(TRIALS[i] - at.trials))
    near = TRIALS[max(0, place - 1) : place + 2]
    for trials in sorted(near, key=lambda number: abs(number - at.trials)):
        yield [at._replace(wait=wait, trials=trials) for wait in waits]


def smoothed(
    waits: NDArray[np.float64], losses: NDArray[np.float64], gap: float = 0.0
) -> tuple[NDArray[np.float64], bool]:
    """Return what each wait costs by the curve through all of them; as it is, where the curve does not fit.

    And whether it does not.

    Args:
        waits: n seconds.
        losses: of each on each court, shape (n, courts).
        gap: seconds from a wait's end until as many calls have come as there are trials.
    """
    total: NDArray[np.float64] = losses.sum(axis=1)
    if len(waits) < _LEAST_WAITS or not total.all():
        return total, False
    curves = np.stack([_curve(waits, court, gap) for court in losses.T], axis=1)
    beside = (losses - curves)[int(total.argmin())]
    error = beside.std(ddof=1) * np.sqrt(len(beside)) if len(beside) > 1 else np.inf
    if -beside.sum() > max(_UNFIT * error, _MUCH * float(total.min())):
        return total, True
    return _curve(waits, total, gap), False


def _curve(waits: NDArray[np.float64], costs: NDArray[np.float64], gap: float) -> NDArray[np.float64]:
    """Return a + b·w + c/(w + g), none of b and c below zero, by least squares of the relative errors."""
    rounds = waits + gap
    scale = np.exp(np.log(rounds).mean())
    terms = np.stack([np.ones(len(waits)), waits / scale, scale / rounds], axis=1)
    weight = 1.0 / np.maximum(costs, max(1e-9, 1e-3 * float(costs.max())))
    kept = [0, 1, 2]
    while True:
        found = np.linalg.lstsq(terms[:, kept] * weight[:, None], costs * weight, rcond=None)[0]
        wrong = [place for place, value in zip(kept, found, strict=True) if place and value < 0]
        if not wrong:
            curve: NDArray[np.float64] = terms[:, kept] @ found
            return curve
        kept = [place for place in kept if place not in wrong]
