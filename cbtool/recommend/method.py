"""The method, on one page: from calls to settings, or to what is missing.

Healthy latency and failure rate → incidents without labels → the false-trip budget on what is left →
resampled traffic → the cheapest settings within the budget → reasons.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Protocol

from cbtool.recommend.asked import Asked
from cbtool.recommend.case import Case
from cbtool.recommend.incidents.doubt import doubt_notes
from cbtool.recommend.incidents.incidents import apart_along, sides_of
from cbtool.recommend.incidents.labelled import label_notes, labelled_along, unnamed
from cbtool.recommend.incidents.own_incidents import own_incidents
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.instances import named_instances
from cbtool.recommend.reading.trace import trace_of
from cbtool.recommend.refusal import also_missing, healthy_of, missing, missing_budget, unanswered
from cbtool.recommend.searching import searched
from cbtool.recommend.surroundings.around import surrounded
from cbtool.recommend.surroundings.doubts import hole_notes, traffic_doubts
from cbtool.recommend.surroundings.reach import given_up, observed_notes
from cbtool.traffic.labels import label_spans
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cbtool.recommend.incidents.incidents import Apart
    from cbtool.recommend.model import Recommendation
    from cbtool.recommend.reading.columns import TraceColumns
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.parts import LongCalls


class Seen(Protocol):
    """Calls in one order, in memory or on disk, as the method looks at them."""

    instances: int
    """Breakers that share them."""
    gave_up: NDArray[np.int64]
    """After how many nanoseconds calls were given up."""

    @property
    def calls(self) -> Calls | LongCalls:
        """All of them."""

    @property
    def trace(self) -> TraceColumns:
        """Those that count."""

    def doubts(self, answer: Recommendation) -> tuple[str, ...]:
        """Return what to know about the traffic."""

    def weighed(self, apart: Apart, answer: Recommendation, p99: float | None) -> Weighed:
        """Return what settings are weighed on, of calls told apart whose healthy p99 is known, in seconds."""


class Weighed(NamedTuple):
    """What settings are weighed on.

    Attributes:
        case: the traffic.
        note: which part of the calls it is; None: all of them.
    """

    case: Case
    note: str | None = None


def recommend(calls: Calls, asked: Asked | None = None, *, brief: bool = False) -> Recommendation:
    """Return settings for one of the breakers that share these calls, or why there are none.

    Args:
        calls: what was seen.
        asked: what is asked of the settings; None: settings for one breaker, by the defaults.
        brief: whether only the settings, and what is expected of them, are wanted.

    Raises:
        ConfigurationError: the labels do not fit the calls, or the calls name no instance.
    """
    asked = asked or Asked()
    return answer_of(_InMemory(calls, asked), asked, brief=brief)


def answer_of(seen: Seen, asked: Asked, *, brief: bool = False) -> Recommendation:
    """Return settings for one of the breakers that share the calls, or why there are none.

    Args:
        seen: the calls.
        asked: what is asked of the settings.
        brief: whether only the settings, and what is expected of them, are wanted.

    Raises:
        ConfigurationError: the labels do not fit the calls.
    """
    trace, instances, budget = seen.trace, seen.instances, asked.budget
    answer = unanswered(seen.calls, trace, asked, instances)
    if not brief:
        answer = answer.noting(*seen.doubts(answer), *hole_notes(trace))
    needs = missing(trace, instances)
    if needs:
        return replace(answer, needs=(*needs, *also_missing(trace, instances)))
    p99 = healthy_p99(trace)
    found = apart = apart_along(trace, p99, budget)
    if asked.labels is not None:
        apart = labelled_along(trace, p99, budget, label_spans(asked.labels, seen.calls))
        answer = answer.noting(*label_notes(apart, found, budget))
    else:
        answer = answer.noting(*doubt_notes(apart.incidents, budget))
    needs = missing(trace, instances, healthy_of(trace, apart), budget)
    answer = replace(answer, incidents=apart.incidents, needs=needs, acted_on_from=apart.shortest)
    if needs:
        return answer
    case, note = seen.weighed(apart, answer, p99)
    answer = answer if note is None else answer.noting(note)
    settings = searched(case, seen.calls.log_format)
    if settings is None:
        weighed = None if len(case.trace) == len(trace) else len(case.trace)
        left = () if asked.labels is None else unnamed(apart, found)
        needs = missing_budget(trace, budget, apart.incidents, weighed=weighed, unnamed=left)
        return replace(answer, needs=needs)
    answer = surrounded(answer, settings, asked.rules, current=asked.current, brief=brief)
    config = settings.candidate.config()
    return answer.noting(*observed_notes(config, seen.gave_up, trace, instances))


class _InMemory:
    """Calls in memory.

    Args:
        calls: all of them.
        asked: what is asked of the settings.

    Raises:
        ConfigurationError: the calls name no instance.
    """

    def __init__(self, calls: Calls, asked: Asked) -> None:
        order = calls.in_one_order()
        self.calls = calls if order is None else calls.reordered(order)
        self._asked = asked
        self._verdicts = asked.rules.verdicts(self.calls)
        self.trace = trace_of(self.calls, self._verdicts)
        self.gave_up = given_up(self.calls)
        if asked.instances is None:
            self._instance, self.instances = named_instances(self.calls, self._verdicts)
        else:
            self._instance = split(len(self.trace), asked.instances, asked.seed)
            self.instances = asked.instances

    def doubts(self, answer: Recommendation) -> tuple[str, ...]:
        """Return what to know about the traffic."""
        by_instance = self._asked.by_instance
        return traffic_doubts(
            self.calls, self._verdicts, answer.regimes, instances=self.instances, by_instance=by_instance
        )

    def weighed(self, apart: Apart, answer: Recommendation, p99: float | None) -> Weighed:
        """Return all of it."""
        trace, asked = self.trace, self._asked
        named = asked.by_instance and asked.labels is None
        return Weighed(
            Case(
                trace,
                self._instance,
                sides_of(trace, apart),
                p99,
                asked.budget,
                answer.regimes,
                self.instances,
                asked.seed,
                own_incidents(trace, self._instance, p99, asked.budget, apart) if named else {},
                whole=trace,
                named=asked.by_instance,
            )
        )
