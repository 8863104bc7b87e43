"""The search: from traffic told apart to the cheapest settings within the false-trip budget.

Candidates are tried on traffic resampled from the breakers' own healthy calls and the incidents found, and on
the log itself where it is short.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.false_trips.exposure import healthy_seconds
from cbtool.recommend.false_trips.views import guarded
from cbtool.recommend.found import Found
from cbtool.recommend.model import IncidentKind
from cbtool.recommend.reading.breakers import COURTS
from cbtool.recommend.search import arena as arenas
from cbtool.recommend.search.delay_budget import in_time
from cbtool.recommend.search.ground import Ground
from cbtool.recommend.search.search import Search

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.case import Case
    from cbtool.recommend.reading.trace import Trace
    from cbtool.recommend.search.loss import Court

_ARENAS = 10
_ARENA_CALLS = 60_000
_LOG_CALLS = 150_000  # a longer log is judged by its pieces alone
_LIBRARY_WEIGHT = 0.1
_PLAINLY_SLOW = 60.0  # percent of calls above the healthy p99


def searched(case: Case, log_format: str) -> Found | None:
    """Return the settings with what they were found in; None where no gate keeps the budget."""
    gaps = case.gaps()
    shares = case.shares(case.sides.background)
    search = _search(case, shares, gaps)
    chosen = search.best()
    if chosen is None:
        return None
    usual = max(case.regimes, key=lambda regime: regime.share_of_time)
    chosen = in_time(search, chosen, usual.rate, case.budget.detection_delay)
    calm = _closed_up(shares[0], gaps)
    return Found(
        trace=case.trace,
        instance=case.instance,
        sides=case.sides,
        healthy=case.trace.take(case.sides.background),
        p99=case.p99,
        budget=case.budget,
        regimes=case.regimes,
        instances=case.instances,
        seed=case.seed,
        search=search,
        candidate=chosen,
        calm=calm,
        spells=case.spells(),
        library=case.library(calm),
        own=case.own,
        whole=case.whole,
        clock=case.clock,
        log_format=log_format,
    )


def _search(case: Case, shares: Sequence[Trace], gaps: Sequence[tuple[int, int]]) -> Search:
    guard = guarded(case, shares, gaps, case.budget.false_trips_per_day)
    usual = [i.length for i in case.sides.incidents if i.actionable]
    ground = Ground(
        quiet=case.regimes[0].rate,
        busy=case.regimes[-1].rate,
        seconds=healthy_seconds(shares, gaps),
        incident=float(np.median(usual)) if usual else 120.0,
        p99=case.p99,
        break_even=100 * case.budget.break_even,
        false_trip_cost=case.budget.false_trip_cost,
        seen=any(i.actionable and i.kind is not IncidentKind.SLOW for i in case.sides.incidents),
        hurried=bool(case.sides.actionable),
        hardly_slow=any(
            i.actionable and i.kind is IncidentKind.SLOW and i.slow < _PLAINLY_SLOW
            for i in case.sides.incidents
        ),
    )
    courts = [*_resampled(case, [_closed_up(share, gaps) for share in shares]), *_observed(case)]
    return Search(guard, case.budget.false_trips_per_day, courts, ground)


def _observed(case: Case) -> list[Court]:
    """Return the log itself as courts, as each breaker saw it; none where it is too long."""
    found = case.sides.actionable
    if not found or (case.instance == 0).sum() > _LOG_CALLS:
        return []
    start = case.trace.start
    spans = np.array([(start[s.first], start[s.last]) for s in found], np.int64)
    seen = case.shares(np.ones(len(case.trace), np.bool_))[:COURTS]
    return [case.court(arenas.Arena(share, spans, 1.0)) for share in seen if len(share)]


def _resampled(case: Case, shares: Sequence[Trace]) -> list[Court]:
    """Return all resampled courts, of the breakers' healthy calls in turn."""
    library, spells = case.library(shares[0]), case.spells()

    def arena(number: int, deal: arenas.Deal, weight: float) -> arenas.Arena:
        calm = shares[number % len(shares)]
        return deal.build(calm, weight, _ARENA_CALLS, case.seed * 1000 + number)

    deal = arenas.Deal(spells or library, case.seed)
    built = [arena(number, deal, 1.0) for number in range(_ARENAS)]
    if spells:
        built.append(arena(_ARENAS, arenas.Deal(library, case.seed), _LIBRARY_WEIGHT))
    with ThreadPoolExecutor(2) as pool:  # numpy sorts without the interpreter's lock
        return list(pool.map(case.court, built))


def _closed_up(share: Trace, gaps: Sequence[tuple[int, int]]) -> Trace:
    """Return one breaker's healthy calls with the incidents cut out of the time."""
    closed = share.start.copy()
    for begin, end in reversed(gaps):
        closed[share.start >= end] -= end - begin
    return replace(share, start=closed - closed[0] if len(closed) else closed)
