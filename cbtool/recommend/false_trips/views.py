"""What one breaker is exposed to of a case's healthy traffic, and the guard that judges gates against it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.false_trips.dealt import Pooled
from cbtool.recommend.false_trips.exposure import exposure_of
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.false_trips.few import known_of
from cbtool.recommend.false_trips.night import thinned_to_quietest
from cbtool.recommend.false_trips.replays import replays_of
from cbtool.recommend.incidents.incidents import A_TAIL
from cbtool.recommend.reading.breakers import COURTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.case import Case
    from cbtool.recommend.false_trips.exposure import Exposure
    from cbtool.recommend.false_trips.few import Few
    from cbtool.recommend.reading.trace import Trace


def guarded(
    case: Case,
    shares: Sequence[Trace],
    gaps: Sequence[tuple[int, int]],
    budget: float,
) -> Guard:
    """Return what judges gates against a case's healthy traffic: as it was, and as it would be by night.

    Args:
        case: the traffic.
        shares: each breaker's healthy calls.
        gaps: the times that these leave out, as (from, to) nanoseconds.
        budget: false trips a day.
    """
    background = exposed(case, shares, case.sides.background, gaps)
    quiet = case.sides.background if case.bursts is None else case.sides.background & ~case.bursts
    exposures = [
        background if case.bursts is None else exposed(case, case.shares(quiet), quiet, gaps),
        *nights(case, quiet),
    ]
    if case.seconds is not None:
        background = lasting(background, case.seconds)
    few = replace(few_bursts(case, shares, background, exposures[0]), hurried=bool(case.sides.actionable))
    return Guard(background, exposures, budget, case.burst_margin, few)


def exposed(
    case: Case, shares: Sequence[Trace], keep: NDArray[np.bool_], gaps: Sequence[tuple[int, int]]
) -> Exposure:
    """Return what one breaker is exposed to, with the calls of all where they are dealt out by chance."""
    found = exposure_of(shares, gaps)
    if case.dealt:
        found.pooled = Pooled(exposure_of([case.trace.take(keep)], gaps), case.instances)
    return found


def nights(case: Case, quiet: NDArray[np.bool_]) -> list[Exposure]:
    """Return the background at the quietest load, where the load varies."""
    kept = case.alone(quiet)
    background, regimes = case.trace.take(kept), case.regimes
    night = thinned_to_quietest(background, [mine[kept] for mine in case.breakers()], regimes, case.seed)
    if not night.passes:
        return []
    found = night.exposure()
    if case.dealt:
        of_all = [replace(regime, rate=regime.rate * case.instances) for regime in regimes]
        whole = [np.ones(len(background), np.bool_)]
        together = thinned_to_quietest(background, whole, of_all, case.seed).exposure()
        found.pooled = Pooled(together, case.instances, together.copies)
    return [found]


def lasting(exposure: Exposure, seconds: float) -> Exposure:
    """Return the same exposure, where each breaker's healthy time is so long."""
    pooled = exposure.pooled
    if pooled is not None:
        pooled = pooled._replace(exposure=replace(pooled.exposure, seconds=seconds))
    return replace(exposure, seconds=seconds * exposure.breakers, pooled=pooled)


def few_bursts(case: Case, shares: Sequence[Trace], everything: Exposure, calm: Exposure) -> Few:
    """Return what is known of the bursts and of the mild stretches that are left out of the tail.

    Args:
        case: the traffic.
        shares: each breaker's healthy calls.
        everything: the healthy calls, bursts included.
        calm: the same without them.
    """
    mild, busy = case.mild(everything.seconds / len(shares)), case.regimes[-1].rate
    if everything.pooled is None:
        blips = case.blips()
        few = known_of(shares[:COURTS], case.trace.start, blips, busy, mild)
        if not blips or len(blips) >= A_TAIL:
            return few
        return replace(few, replays=replays_of(everything, calm, shares[0], case.trace.start, blips))
    whole = [case.trace.take(case.sides.background)]
    few = known_of(whole, case.trace.start, case.blips(), busy * case.instances, mild)
    if few.busiest is not None:
        seconds = everything.pooled.exposure.seconds
        few.busiest.pooled = everything.pooled._replace(exposure=replace(few.busiest, seconds=seconds))
    return few
