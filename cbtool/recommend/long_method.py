"""The method on calls that do not fit in memory: all of them are looked at, and an excerpt is weighed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.case import Case
from cbtool.recommend.incidents.excerpt import STRETCHES, excerpt_of, healthy_ranges
from cbtool.recommend.incidents.incidents import apart_along
from cbtool.recommend.incidents.labelled import label_notes, labelled_along
from cbtool.recommend.incidents.long_own import own_along
from cbtool.recommend.method import searched
from cbtool.recommend.model import Budget
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.instances import NamedAlong
from cbtool.recommend.reading.long_trace import LongTrace
from cbtool.recommend.refusal import healthy_along, missing, missing_budget, refused
from cbtool.recommend.surroundings.around import surrounded
from cbtool.recommend.surroundings.doubts import Served, long_doubts
from cbtool.recommend.surroundings.reach import given_up, observed_notes
from cbtool.traffic.labels import label_spans
from cbtool.traffic.parts import ordered
from cbtool.traffic.thinning import split
from cbtool.units import format_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.profiles import Profile
    from cbtool.recommend.incidents.excerpt import Excerpt
    from cbtool.recommend.model import Recommendation
    from cbtool.recommend.reading.picked import Range
    from cbtool.traffic.labels import Label
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
    labels: Sequence[Label] = (),
    by_instance: bool = False,
    current: Profile | None = None,
    brief: bool = False,
) -> Recommendation:
    """Return what `recommend` does, of calls on disk; see `excerpt` for what is weighed of them.

    Args:
        calls: n calls.
        rules: what they count as; they go into the profile.
        instances: breakers that share them.
        budget: what the settings may cost; None: the defaults.
        seed: of every random choice.
        labels: the incidents, where the user knows them.
        by_instance: whether each call goes to the breaker of the instance that the log names.
        current: today's settings.
        brief: whether only the settings, and what is expected of them, are wanted.

    Raises:
        ConfigurationError: the labels do not fit the calls, or the calls name no instance.
        UnreachableError: there is no room on the disk.
    """
    budget = budget or Budget()
    trace, gave_up, named = _traced(calls, rules, by_instance=by_instance)
    instances = instances if named is None else named.ranks().number
    answer = refused(calls, trace, instances=instances, by_instance=by_instance, budget=budget, seed=seed)
    if not brief:
        served = _served(calls, rules, len(trace))
        doubts = long_doubts(
            calls, served, trace.start, answer.regimes, instances=instances, by_instance=by_instance
        )
        answer = replace(answer, notes=(*answer.notes, *doubts))
    needs = missing(trace, instances)
    if needs:
        return replace(answer, needs=needs)
    p99 = healthy_p99(trace)
    apart = apart_along(trace, p99, budget)
    if labels:
        unlabelled, apart = apart, labelled_along(trace, p99, budget, label_spans(labels, calls))
        answer = replace(answer, notes=(*answer.notes, *label_notes(apart, unlabelled, budget)))
    outside = healthy_ranges(trace, apart)
    needs = missing(trace, instances, healthy_along(trace, apart, outside))
    answer = replace(answer, incidents=apart.incidents, needs=needs, acted_on_from=apart.shortest)
    if needs:
        return answer
    own = {}
    if named is not None and not labels:
        own = own_along(trace, named.column(), apart, instances=instances, p99=p99, budget=budget)
    alone = [span for spans in own.values() for span in spans]
    excerpt = excerpt_of(trace, apart, budget.break_even, seed, alone)
    case = Case(
        excerpt.trace,
        split(len(excerpt.trace), instances, seed) if named is None else excerpt.of(named.column()),
        excerpt.sides,
        p99,
        budget,
        answer.regimes,
        instances,
        seed,
        {number: excerpt.shown(spans) for number, spans in own.items()},
        whole=trace,
        named=named is not None,
        clock=excerpt.clock,
        seconds=_seconds(trace, outside) if excerpt.bursts else None,
    )
    found = searched(case, calls.log_format)
    answer = replace(answer, notes=(*answer.notes, _said(excerpt, trace)))
    if found is None:
        weighed = len(excerpt.trace)
        seen = None if weighed == len(trace) else weighed
        return replace(answer, needs=missing_budget(trace, budget, apart.incidents, weighed=seen))
    done = surrounded(answer, found, rules, current=current, brief=brief)
    if done.config is None:
        return done
    return replace(done, notes=(*done.notes, *observed_notes(done.config, gave_up, trace, instances)))


class _Traced(NamedTuple):
    """The calls that count, after how long calls were given up, and, if asked for, who answered them."""

    trace: LongTrace
    gave_up: NDArray[np.int64]
    named: NamedAlong | None


def _traced(calls: LongCalls, rules: OutcomeRules, *, by_instance: bool) -> _Traced:
    trace, gave_up = LongTrace(), [np.zeros(0, np.int64)]
    named = NamedAlong() if by_instance else None
    for part in ordered(calls, _SERVED):
        verdicts = rules.verdicts(part)
        trace.append(part, verdicts)
        gave_up.append(given_up(part))
        if named is not None:
            named.add(part, verdicts)
    return _Traced(trace, np.concatenate(gave_up), named)


def _served(calls: LongCalls, rules: OutcomeRules, n: int) -> Served:
    """Add up who served the calls, of which n count."""
    served = None
    for part in ordered(calls, _SERVED):
        served = served or Served.of(part, n)
        served.add(part, rules.verdicts(part))
        if part.instance is None:
            break
    return served or Served((), n)


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
