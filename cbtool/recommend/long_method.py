"""The method on calls that do not fit in memory: all of them are looked at, and an excerpt is weighed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.around import surrounded
from cbtool.recommend.columns import count
from cbtool.recommend.doubts import Served, long_doubts
from cbtool.recommend.excerpt import STRETCHES, excerpt_of, healthy_ranges
from cbtool.recommend.healthy import healthy_p99
from cbtool.recommend.incidents import apart_along
from cbtool.recommend.long_trace import LongTrace
from cbtool.recommend.method import Case, searched
from cbtool.recommend.model import Answer, Budget, Recommendation
from cbtool.recommend.reach import given_up, observed_notes
from cbtool.recommend.refusal import Healthy, missing, missing_budget, missing_budget_of_excerpt
from cbtool.recommend.regimes import load_regimes
from cbtool.traffic.parts import ordered
from cbtool.traffic.thinning import split
from cbtool.units import format_percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.profiles import Profile
    from cbtool.recommend.excerpt import Excerpt, Range
    from cbtool.recommend.incidents import Apart
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

_SERVED = ("instance",)


def recommend_long(
    calls: LongCalls,
    rules: OutcomeRules,
    *,
    instances: int = 1,
    budget: Budget | None = None,
    seed: int = 0,
    current: Profile | None = None,
) -> Recommendation:
    """Return what `recommend` does, of calls on disk; see `excerpt` for what is weighed of them.

    Args:
        calls: n calls.
        rules: what they count as; they go into the profile.
        instances: breakers that share them.
        budget: what the settings may cost; None: the defaults.
        seed: of every random choice.
        current: today's settings.

    Raises:
        UnreachableError: there is no room on the disk.
    """
    budget = budget or Budget()
    trace, gave_up = _traced(calls, rules)
    regimes = load_regimes(trace, instances) if len(trace) > 1 and trace.span else ()
    answer = Recommendation(
        verdict=Answer.REFUSED,
        profile=None,
        reasons=(),
        regimes=regimes,
        incidents=(),
        expected=None,
        needs=missing(trace, instances),
        notes=(
            *calls.notes,
            *long_doubts(calls, _served(calls, rules, len(trace)), trace.start, regimes, instances),
        ),
        instances=instances,
        calls=len(trace),
        span=trace.span,
        seed=seed,
        started=calls.epoch,
        budget=budget,
    )
    if answer.needs:
        return answer
    p99 = healthy_p99(trace)
    apart = apart_along(trace, p99, budget)
    outside = healthy_ranges(trace, apart)
    answer = replace(
        answer, incidents=apart.incidents, needs=missing(trace, instances, _healthy(trace, apart, outside))
    )
    if answer.needs:
        return answer
    excerpt = excerpt_of(trace, apart, budget.break_even, seed)
    case = Case(
        excerpt.trace,
        split(len(excerpt.trace), instances, seed),
        excerpt.sides,
        p99,
        budget,
        regimes,
        instances,
        seed,
        {},
        whole=trace,
        clock=excerpt.clock,
        seconds=_seconds(trace, outside) if excerpt.bursts else None,
    )
    found = searched(case, calls.log_format)
    answer = replace(answer, notes=(*answer.notes, _said(excerpt, trace)))
    if found is None:
        weighed = len(excerpt.trace)
        all_of_it = weighed == len(trace)
        lacking = missing_budget(trace, budget) if all_of_it else missing_budget_of_excerpt(weighed, budget)
        return replace(answer, needs=lacking)
    done = surrounded(answer, found, rules, current=current)
    if done.config is None:
        return done
    return replace(done, notes=(*done.notes, *observed_notes(done.config, gave_up, trace, instances)))


def _traced(calls: LongCalls, rules: OutcomeRules) -> tuple[LongTrace, NDArray[np.int64]]:
    trace, gave_up = LongTrace(), [np.zeros(0, np.int64)]
    for part in ordered(calls, _SERVED):
        trace.append(part, rules.verdicts(part))
        gave_up.append(given_up(part))
    return trace, np.concatenate(gave_up)


def _served(calls: LongCalls, rules: OutcomeRules, n: int) -> Served:
    """Add up who served the calls, of which n count."""
    served = None
    for part in ordered(calls, _SERVED):
        served = served or Served.of(part, n)
        served.add(part, rules.verdicts(part))
        if part.instance is None:
            break
    return served or Served((), n)


def _healthy(trace: LongTrace, apart: Apart, outside: list[Range]) -> Healthy:
    failed = sum(count(trace.failed, first, behind) for first, behind in outside)
    return Healthy(sum(behind - first for first, behind in outside), failed, len(apart.actionable))


def _seconds(trace: LongTrace, outside: list[Range]) -> float:
    last = len(trace) - 1
    return sum(int(trace.start[min(b, last)]) - int(trace.start[a]) for a, b in outside) / 1e9


def _said(excerpt: Excerpt, trace: LongTrace) -> str:
    weighed = len(excerpt.trace)
    incidents = "all incidents" if excerpt.whole else "the shorter incidents, pieces of the longer"
    held = f"{incidents}, and " if excerpt.sides.actionable else ""
    share = format_percent(100 * weighed / len(trace))
    return (
        f"Load, healthy latency and bad stretches are of all {len(trace):,} calls; settings were weighed, and"
        f" what they would have done was counted, on {weighed:,} of them ({share}): {held}pieces of the"
        f" healthy time from {STRETCHES} stretches of equal count, by the seed."
    )
