"""The method, on one page: from calls to settings, or to what is missing.

Healthy latency and failure rate → incidents without labels → the false-trip budget on what is left →
resampled traffic → the cheapest settings within the budget → reasons.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.capacity import capacity_of
from cbtool.profiles import Profile
from cbtool.recommend import arena as arenas
from cbtool.recommend.evidence import Evidence, expected, notes, reasons
from cbtool.recommend.exposure import exposure_of
from cbtool.recommend.false_trips import Guard
from cbtool.recommend.healthy import healthy_p99
from cbtool.recommend.incidents import Sides, tell_apart
from cbtool.recommend.loss import Court
from cbtool.recommend.model import Answer, Budget, Recommendation, Regime
from cbtool.recommend.night import thinned_to_quietest
from cbtool.recommend.refusal import missing, missing_budget
from cbtool.recommend.regimes import load_regimes
from cbtool.recommend.search import Ground, Search
from cbtool.recommend.trace import Trace, trace_of
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.breaker.capacity import Capacity
    from cbtool.breaker.config import BreakerConfig
    from cbtool.recommend.gates import Candidate
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.outcomes import OutcomeRules

_SHARES = 4  # breakers whose shares of the traffic are looked at
_ARENAS = 4
_ARENA_CALLS = 60_000
_LOG_CALLS = 150_000  # a longer log is judged by its pieces alone
_LIBRARY_WEIGHT = 0.1
_HELD = 0.95  # of the failed calls' durations: about the caller's timeout, where that is what ends them
_A_TAIL = 10  # bursts that say how bursts are distributed


def recommend(
    calls: Calls,
    verdicts: NDArray[np.uint8],
    *,
    instances: int = 1,
    budget: Budget | None = None,
    rules: OutcomeRules = DEFAULT_RULES,
    seed: int = 0,
) -> Recommendation:
    """Return settings for one of `instances` breakers that share these calls, or why there are none.

    Args:
        calls: what was seen.
        verdicts: each call's `Verdict` by `rules`.
        instances: breakers, one a process or copy, over which the calls are split.
        budget: what the settings may cost; None: the defaults.
        rules: go into the profile.
        seed: of the resampling.
    """
    budget = budget or Budget()
    trace = trace_of(calls, verdicts)
    answer = Recommendation(
        verdict=Answer.REFUSED,
        profile=None,
        reasons=(),
        regimes=load_regimes(trace, instances) if len(trace) > 1 and trace.span else (),
        incidents=(),
        expected=None,
        needs=(),
        notes=calls.notes,
        instances=instances,
        calls=len(trace),
        span=trace.span,
        seed=seed,
        started=calls.epoch,
        budget=budget,
    )
    needs = missing(trace, instances)
    if needs:
        return replace(answer, needs=needs)
    p99 = healthy_p99(trace)
    sides = tell_apart(trace, p99, budget)
    answer = replace(answer, incidents=sides.incidents)
    needs = missing(trace, instances, sides)
    if needs:
        return replace(answer, needs=needs)
    case = _Case(trace, sides, p99, budget, answer.regimes, instances, seed)
    stage = _stage(case)
    chosen = stage.search.best()
    if chosen is None:
        return replace(answer, needs=missing_budget(trace, budget))
    evidence = _evidence(case, stage, chosen)
    profile = Profile("recommended", chosen.config(), rules)
    return replace(
        answer,
        verdict=Answer.RECOMMENDED,
        profile=profile,
        capacity=_capacity(trace, profile.config),
        reasons=reasons(evidence),
        expected=expected(evidence),
        notes=(*calls.notes, *notes(evidence)),
    )


def _capacity(trace: Trace, config: BreakerConfig) -> Capacity | None:
    """Return what a dependency that is down costs one thread, which a failing call holds as long as here."""
    held = trace.duration[trace.failed]
    if not trace.knows_durations or not len(held):
        return None
    return capacity_of(config, timeout=float(np.quantile(held, _HELD)) / 1e9)


@dataclass(frozen=True, slots=True)
class _Case:
    """The traffic, told apart, and what was asked of it."""

    trace: Trace
    sides: Sides
    p99: float | None
    budget: Budget
    regimes: tuple[Regime, ...]
    instances: int
    seed: int

    @property
    def bursts(self) -> NDArray[np.bool_] | None:
        """Mask of the calls in bursts to be ridden through; None where they are so many as to be a tail."""
        ridden = set(self.sides.segments) - set(self.sides.actionable)
        if not ridden or len(ridden) >= _A_TAIL:
            return None
        mask = np.zeros(len(self.trace), np.bool_)
        for segment in ridden:
            mask[segment.first : segment.last + 1] = True
        return mask

    def shares(self, instance: NDArray[np.int32], keep: NDArray[np.bool_]) -> list[Trace]:
        """Return the kept calls of each breaker that is looked at."""
        return [self.trace.take(keep & (instance == i)) for i in range(min(self.instances, _SHARES))]

    def gaps(self) -> list[tuple[int, int]]:
        """Return the times that the background leaves out, as (from, to) nanoseconds."""
        start = self.trace.start
        edges = np.diff(np.concatenate(([False], ~self.sides.background, [False])).astype(np.int8))
        out = np.flatnonzero(edges)
        last = len(start) - 1
        return [(int(start[a]), int(start[min(b, last)])) for a, b in zip(out[::2], out[1::2], strict=True)]

    def spells(self) -> list[arenas.Spell]:
        """Return the incidents that a breaker should act on, as spells to transplant."""
        found = self.sides.actionable
        return [arenas.spell_of(self.trace, s.first, s.last, len(found)) for s in found]

    def court(self, arena: arenas.Arena) -> Court:
        """Return an arena as a court."""
        return Court(arena, self.p99, self.budget.reject_cost)


@dataclass(frozen=True, slots=True)
class _Stage:
    """The search, and the courts that say what its result is expected to do."""

    search: Search
    observed: list[Court]
    resampled: list[Court]


def _stage(case: _Case) -> _Stage:
    instance = split(len(case.trace), case.instances, case.seed)
    gaps = case.gaps()
    shares = case.shares(instance, case.sides.background)
    background = exposure_of(shares, gaps)
    calm = shares if case.bursts is None else case.shares(instance, case.sides.background & ~case.bursts)
    thinned = thinned_to_quietest(calm, case.regimes, case.seed)
    exposures = [background if calm is shares else exposure_of(calm, gaps)]
    if thinned:
        exposures.append(exposure_of(thinned, []))
    guard = Guard(background, exposures, case.budget.false_trips_per_day)
    observed = _observed(case, instance == 0)
    resampled, known = _resampled(case, shares[0], gaps)
    usual = [i.length for i in case.sides.incidents if i.actionable]
    ground = Ground(
        quiet=case.regimes[0].rate,
        busy=case.regimes[-1].rate,
        seconds=background.seconds,
        incident=float(np.median(usual)) if usual else 120.0,
        p99=case.p99,
        break_even=100 * case.budget.break_even,
    )
    search = Search(guard, case.budget.false_trips_per_day, [*resampled, *observed], ground)
    return _Stage(search, observed, known)


def _observed(case: _Case, mine: NDArray[np.bool_]) -> list[Court]:
    """Return the log itself as a court, as one breaker saw it; none where it is too long."""
    found = case.sides.actionable
    if not found or mine.sum() > _LOG_CALLS:
        return []
    start = case.trace.start
    spans = np.array([(start[s.first], start[s.last]) for s in found], np.int64)
    return [case.court(arenas.Arena(case.trace.take(mine), spans, 1.0))]


def _resampled(case: _Case, share: Trace, gaps: Sequence[tuple[int, int]]) -> tuple[list[Court], list[Court]]:
    """Return all resampled courts, and those of them that stand for what is expected."""
    closed = Trace(_closed_up(share.start, gaps), share.duration, share.failed, share.knows_durations)
    typical = int(np.median(share.duration)) if len(share) else 0
    library = arenas.library(case.p99, typical, max(closed.span, 600.0))
    spells = case.spells()

    def court(number: int, chosen: Sequence[arenas.Spell], weight: float) -> Court:
        seed = case.seed * 1000 + number
        return case.court(arenas.build(closed, chosen, weight, _ARENA_CALLS, seed))

    if not spells:
        courts = [court(number, library, 1.0) for number in range(_ARENAS)]
        return courts, courts
    courts = [court(number, spells, 1.0) for number in range(_ARENAS)]
    return [*courts, court(_ARENAS, library, _LIBRARY_WEIGHT)], courts


def _closed_up(start: NDArray[np.int64], gaps: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    closed = start.copy()
    for begin, end in reversed(gaps):
        closed[start >= end] -= end - begin
    return closed - closed[0] if len(closed) else closed


def _evidence(case: _Case, stage: _Stage, chosen: Candidate) -> Evidence:
    config = chosen.config()
    healthy = case.trace.take(case.sides.background)
    return Evidence(
        candidate=chosen,
        budget=case.budget,
        false_trips=stage.search.guard.false_trips(chosen.gate),
        outcomes=tuple(court.judge(config) for court in (*stage.resampled, *stage.observed)),
        regimes=case.regimes,
        incidents=case.sides.incidents,
        shortest=case.sides.shortest,
        p99=case.p99,
        knows_durations=case.trace.knows_durations,
        healthy_calls=len(healthy),
        healthy_failures=int(healthy.failed.sum()),
        calls=len(case.trace),
        span=case.trace.span,
        instances=case.instances,
    )
