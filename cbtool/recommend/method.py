"""The method, on one page: from calls to settings, or to what is missing.

Healthy latency and failure rate → incidents without labels → the false-trip budget on what is left →
resampled traffic → the cheapest settings within the budget → reasons.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.case import Case
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.false_trips.views import exposed, few_bursts, lasting, nights
from cbtool.recommend.found import Found
from cbtool.recommend.incidents.incidents import tell_apart
from cbtool.recommend.incidents.labelled import label_notes, labelled_sides
from cbtool.recommend.incidents.own_incidents import own_incidents
from cbtool.recommend.model import Budget, IncidentKind, Recommendation
from cbtool.recommend.reading.breakers import COURTS
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.instances import named_instances
from cbtool.recommend.reading.trace import Trace, trace_of
from cbtool.recommend.refusal import healthy_side, missing, missing_budget, refused
from cbtool.recommend.search import arena as arenas
from cbtool.recommend.search.delay_budget import in_time
from cbtool.recommend.search.ground import Ground
from cbtool.recommend.search.search import Search
from cbtool.recommend.surroundings.around import surrounded
from cbtool.recommend.surroundings.doubts import traffic_doubts
from cbtool.recommend.surroundings.reach import given_up, observed_notes
from cbtool.traffic.labels import label_spans
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.profiles import Profile
    from cbtool.recommend.search.loss import Court
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.labels import Label
    from cbtool.traffic.outcomes import OutcomeRules

_ARENAS = 10
_ARENA_CALLS = 60_000
_LOG_CALLS = 150_000  # a longer log is judged by its pieces alone
_LIBRARY_WEIGHT = 0.1
_PLAINLY_SLOW = 60.0  # percent of calls above the healthy p99


def recommend(
    calls: Calls,
    verdicts: NDArray[np.uint8],
    *,
    instances: int = 1,
    budget: Budget | None = None,
    rules: OutcomeRules = DEFAULT_RULES,
    seed: int = 0,
    labels: Sequence[Label] = (),
    by_instance: bool = False,
    current: Profile | None = None,
    brief: bool = False,
) -> Recommendation:
    """Return settings for one of `instances` breakers that share these calls, or why there are none.

    Args:
        calls: what was seen.
        verdicts: each call's `Verdict` by `rules`.
        instances: breakers, one a process or copy, over which the calls are split.
        budget: what the settings may cost; None: the defaults.
        rules: go into the profile.
        seed: of the resampling.
        labels: the incidents, where the user knows them; they replace those that would be found.
        by_instance: whether each call goes to the breaker of the instance that the log names, rather than to
            any of `instances`.
        current: today's settings, whose doings on the same calls are wanted, too.
        brief: whether only the settings, and what is expected of them, are wanted.

    Raises:
        ConfigurationError: the labels do not fit the calls, or the calls name no instance.
    """
    budget = budget or Budget()
    order = calls.in_one_order()
    if order is not None:
        calls, verdicts = calls.reordered(order), verdicts[order]
    trace = trace_of(calls, verdicts)
    if by_instance:
        instance, instances = named_instances(calls, verdicts)
    else:
        instance = split(len(trace), instances, seed)
    answer = refused(calls, trace, instances=instances, by_instance=by_instance, budget=budget, seed=seed)
    if not brief:
        doubts = traffic_doubts(calls, verdicts, answer.regimes, instances=instances, by_instance=by_instance)
        answer = replace(answer, notes=(*answer.notes, *doubts))
    needs = missing(trace, instances)
    if needs:
        return replace(answer, needs=needs)
    p99 = healthy_p99(trace)
    sides = tell_apart(trace, p99, budget)
    if labels:
        unlabelled, sides = sides, labelled_sides(trace, p99, budget, label_spans(labels, calls))
        answer = replace(answer, notes=(*answer.notes, *label_notes(sides, unlabelled, budget)))
    answer = replace(answer, incidents=sides.incidents, acted_on_from=sides.shortest)
    needs = missing(trace, instances, healthy_side(trace, sides))
    if needs:
        return replace(answer, needs=needs)
    own = own_incidents(trace, instance, p99, budget, sides) if by_instance and not labels else {}
    case = Case(trace, instance, sides, p99, budget, answer.regimes, instances, seed, own, trace, by_instance)
    found = searched(case, calls.log_format)
    if found is None:
        return replace(answer, needs=missing_budget(trace, budget, sides.incidents))
    done = surrounded(answer, found, rules, current=current, brief=brief)
    if done.config is None:
        return done
    return replace(done, notes=(*done.notes, *observed_notes(done.config, given_up(calls), trace, instances)))


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
    background = exposed(case, shares, case.sides.background, gaps)
    quiet = case.sides.background if case.bursts is None else case.sides.background & ~case.bursts
    exposures = [
        background if case.bursts is None else exposed(case, case.shares(quiet), quiet, gaps),
        *nights(case, quiet),
    ]
    everything = background
    if case.seconds is not None:
        everything = lasting(background, case.seconds)
    few = few_bursts(case, shares, everything, exposures[0])
    guard = Guard(everything, exposures, case.budget.false_trips_per_day, case.burst_margin, few)
    usual = [i.length for i in case.sides.incidents if i.actionable]
    ground = Ground(
        quiet=case.regimes[0].rate,
        busy=case.regimes[-1].rate,
        seconds=background.seconds,
        incident=float(np.median(usual)) if usual else 120.0,
        p99=case.p99,
        break_even=100 * case.budget.break_even,
        false_trip_cost=case.budget.false_trip_cost,
        seen=any(i.actionable and i.kind is not IncidentKind.SLOW for i in case.sides.incidents),
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
