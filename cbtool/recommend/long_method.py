"""The method on calls that do not fit in memory: all of them are looked at, and an excerpt is weighed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.case import Case
from cbtool.recommend.incidents import excerpt
from cbtool.recommend.incidents.excerpt import STRETCHES, healthy_ranges
from cbtool.recommend.incidents.long_own import own_along
from cbtool.recommend.method import Weighed, answer_of, recommend
from cbtool.recommend.reading.holes import holes, seconds_in
from cbtool.recommend.reading.instances import NamedAlong
from cbtool.recommend.reading.long_trace import LongTrace
from cbtool.recommend.surroundings.doubts import Served, long_doubts
from cbtool.recommend.surroundings.reach import given_up
from cbtool.traffic.calls import Calls
from cbtool.traffic.parts import in_memory, ordered
from cbtool.traffic.texts import JUDGED
from cbtool.traffic.thinning import split
from cbtool.units import format_percent

if TYPE_CHECKING:
    from cbtool.recommend.asked import Asked
    from cbtool.recommend.incidents.excerpt import Excerpt
    from cbtool.recommend.incidents.incidents import Apart
    from cbtool.recommend.incidents.own_incidents import Own
    from cbtool.recommend.model import Budget, Recommendation, Regime
    from cbtool.recommend.reading.columns import Column
    from cbtool.recommend.reading.picked import Range
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

_SERVED = ("instance",)


def recommend_any(calls: Calls | LongCalls, asked: Asked, *, brief: bool = False) -> Recommendation:
    """Return what `recommend` does, wherever the calls are; those of an excerpt at most fit in memory.

    Raises:
        ConfigurationError: the labels do not fit the calls, or the calls name no instance.
        UnreachableError: there is no room on the disk.
    """
    if isinstance(calls, Calls):
        return recommend(calls, asked, brief=brief)
    if len(calls) <= excerpt.MOST:
        return recommend(in_memory(calls, JUDGED), asked, brief=brief)
    return recommend_long(calls, asked, brief=brief)


def recommend_long(calls: LongCalls, asked: Asked, *, brief: bool = False) -> Recommendation:
    """Return what `recommend` does, of calls on disk; see `excerpt` for what is weighed of them.

    Raises:
        ConfigurationError: the labels do not fit the calls, or the calls name no instance.
        UnreachableError: there is no room on the disk.
    """
    return answer_of(_OnDisk(calls, asked), asked, brief=brief)


class _OnDisk:
    """Calls that do not fit in memory: see `method.Seen`."""

    def __init__(self, calls: LongCalls, asked: Asked) -> None:
        self.calls = calls
        self.trace = LongTrace()
        self._asked = asked
        self._named = NamedAlong() if asked.by_instance else None
        gave_up = [np.zeros(0, np.int64)]
        for part in ordered(calls, _SERVED):
            verdicts = asked.rules.verdicts(part)
            self.trace.append(part, verdicts)
            gave_up.append(given_up(part))
            if self._named is not None:
                self._named.add(part, verdicts)
        self.gave_up = np.concatenate(gave_up)
        self.instances = asked.instances or 1
        if self._named is not None:
            self.instances = self._named.ranks().number

    def doubts(self, answer: Recommendation) -> tuple[str, ...]:
        """Return what to know about the traffic."""
        served = _served(self.calls, self._asked.rules, len(self.trace))
        return long_doubts(
            self.calls,
            served,
            self.trace.start,
            answer.regimes,
            instances=self.instances,
            by_instance=self._asked.by_instance,
        )

    def weighed(self, apart: Apart, answer: Recommendation, p99: float | None) -> Weighed:
        """Return an excerpt."""
        asked = self._asked
        case, part = excerpted(
            self.trace,
            apart,
            None if self._named is None else self._named.column(),
            p99=p99,
            budget=asked.budget,
            regimes=answer.regimes,
            instances=self.instances,
            seed=asked.seed,
            own=self._own(apart, p99),
        )
        return Weighed(case, _said(part, self.trace))

    def _own(self, apart: Apart, p99: float | None) -> Own:
        """Return the incidents of single instances; none where the user named all."""
        if self._named is None or self._asked.labels is not None:
            return {}
        return own_along(
            self.trace,
            self._named.column(),
            apart,
            instances=self.instances,
            p99=p99,
            budget=self._asked.budget,
        )


def excerpted(
    trace: LongTrace,
    apart: Apart,
    named: Column | None,
    *,
    p99: float | None,
    budget: Budget,
    regimes: tuple[Regime, ...],
    instances: int,
    seed: int,
    own: Own,
) -> tuple[Case, Excerpt]:
    """Return a trace's excerpt, as a case.

    Args:
        trace: the calls that count.
        apart: their bad stretches.
        named: which breaker each goes to; None: any of them.
        p99: of healthy durations, seconds; None: durations say nothing.
        budget: what the settings may cost.
        regimes: of load, as one breaker sees it.
        instances: breakers that share the calls.
        seed: of every random choice.
        own: the incidents of single instances.
    """
    alone = [span for spans in own.values() for span in spans]
    part = excerpt.excerpt_of(trace, apart, budget.break_even, seed, alone)
    case = Case(
        part.trace,
        split(len(part.trace), instances, seed) if named is None else part.of(named),
        part.sides,
        p99,
        budget,
        regimes,
        instances,
        seed,
        {number: part.shown(spans) for number, spans in own.items()},
        whole=trace,
        named=named is not None,
        clock=part.clock,
        seconds=_seconds(trace, healthy_ranges(trace, apart)) if part.bursts else None,
    )
    return case, part


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
    healthy = sum(int(trace.start[min(b, last)]) - int(trace.start[a]) for a, b in outside) / 1e9
    return healthy - seconds_in(holes(trace))


def _said(part: Excerpt, trace: LongTrace) -> str:
    weighed = len(part.trace)
    incidents = "all incidents" if part.whole else "the shorter incidents, pieces of the longer"
    held = f"{incidents}, and " if part.sides.actionable else ""
    share = format_percent(100 * weighed / len(trace))
    return (
        f"Load, healthy latency and bad stretches are of all {len(trace):,} calls; settings were weighed, and"
        f" what they would have done was counted, on {weighed:,} of them ({share}): {held}pieces of the"
        f" healthy time from {STRETCHES} stretches of equal count, by the seed."
    )
