"""Traffic told apart, and what a profile's breakers do with it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.incidents.excerpt import healthy_ranges
from cbtool.recommend.incidents.incidents import apart_along
from cbtool.recommend.incidents.labelled import labelled_along
from cbtool.recommend.model import Budget
from cbtool.recommend.reading.columns import pieces
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.picked import PickedTrace
from cbtool.traffic.labels import label_spans
from cbtool.verifying.dealt import Outside, dealt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.profiles import Profile
    from cbtool.recommend.case import Case
    from cbtool.recommend.incidents.incidents import Apart
    from cbtool.recommend.incidents.labelled import Span
    from cbtool.recommend.incidents.own_incidents import Own
    from cbtool.recommend.model import Incident
    from cbtool.recommend.reading.columns import TraceColumns
    from cbtool.simulation.health import HealthTimeline
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.labels import Label
    from cbtool.traffic.parts import LongCalls
    from cbtool.verifying.dealt import Dealt, Ran

_GRACE = (2.0, 60.0)  # seconds, at least and at most, after an incident in which a trip still answers it
_FEW_CALLS = 20  # of an incident that one breaker sees; fewer, and no rate is one


@dataclass(frozen=True)
class Seen:
    """Traffic told apart, and what the profile's breakers do with it.

    Attributes:
        dealt: the traffic, and which breaker gets each call.
        apart: its incidents.
        p99: of the healthy durations, in seconds; None where they say nothing.
        ran: what the breakers did.
        own: incidents of single instances, where each has its own breaker.
    """

    dealt: Dealt
    apart: Apart
    p99: float | None
    ran: Ran
    own: Own = field(default_factory=dict)

    @property
    def instances(self) -> int:
        """Breakers that share the calls."""
        return self.dealt.instances

    @property
    def trace(self) -> TraceColumns:
        """The calls that count."""
        return self.dealt.trace

    @cached_property
    def healthy(self) -> PickedTrace:
        """Those of them that are outside incidents."""
        return PickedTrace(self.trace, healthy_ranges(self.trace, self.apart))

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Those that a breaker should act on, if each sees enough calls of it."""
        return _noticeable(self.apart, self.instances)

    @property
    def ends(self) -> list[float]:
        """Until when an opening answers each incident."""
        return _ends(self.incidents)

    def case(self, seed: int) -> Case:
        """Return the calls that count, an excerpt of those that do not fit, as `recommend` looks at them."""
        return self.dealt.case(self.apart, self.own, self.p99, Budget(), seed)

    def concerned(self, incident: Incident) -> set[int]:
        """Return the breakers that an incident concerns: all, or those whose own instance was bad in it."""
        if not self.dealt.named:
            return set(range(self.instances))
        trace = self.trace
        first = bisect_left(trace.start, incident.start * 1e9)
        behind = bisect_right(trace.start, incident.end * 1e9)
        calls, share = (np.zeros(self.instances, np.int64) for _ in range(2))
        columns = (self.dealt.which, trace.failed, trace.slower_than(self.p99) if self.p99 else trace.failed)
        for which, failed, slow in pieces(*columns, first=first, behind=behind):
            calls += np.bincount(which, minlength=self.instances)
            share += np.bincount(which[failed | slow], minlength=self.instances)
        bad = share / np.maximum(calls, 1) >= Budget().break_even
        return set(np.flatnonzero(bad).tolist())

    def openings(self) -> list[tuple[int, float]]:
        """Return (breaker, time) of each closed breaker's opening."""
        changes = self.ran.summary.transitions
        return [(each.instance, each.transition.time) for each in changes if each.transition.trips]

    def answers(self, breaker: int, time: float) -> bool:
        """Return whether an opening answers an incident, of all or of that breaker's instance alone.

        One that is doubtful may be answered, or not.
        """
        if any(begin <= time <= end for begin, end in _excused(self.apart, self.instances)):
            return True
        own = [(begin / 1e9, end / 1e9) for begin, end in self.own.get(breaker, ())]
        return any(begin <= time <= end + _grace(end - begin) for begin, end in own)


def seen(
    calls: Calls | LongCalls,
    profile: Profile,
    *,
    instances: int | None = 1,
    seed: int = 0,
    health: HealthTimeline | None = None,
    labels: Sequence[Label] | None = None,
) -> Seen:
    """Run traffic through a profile's breakers and tell its incidents apart.

    Args:
        calls: the traffic, wherever it is.
        profile: the settings.
        instances: breakers that share the calls; None: one for each instance that the calls name.
        seed: of the split, and of the waits' jitter.
        health: what health checks answer.
        labels: the incidents, where the user knows them, and none is looked for; None: these are.

    Raises:
        ConfigurationError: see `simulate_fleet`; a label does not fit the calls; or they name no instance.
        UnreachableError: there is no room on the disk.
    """
    shared = dealt(calls, profile.rules, instances, seed)
    return seen_of(
        shared, profile, None if labels is None else label_spans(labels, calls), seed=seed, health=health
    )


def seen_of(
    dealt: Dealt,
    profile: Profile,
    labels: Sequence[Span] | None = None,
    *,
    seed: int = 0,
    health: HealthTimeline | None = None,
) -> Seen:
    """Return the same of traffic that is dealt already, with labels as `label_spans` gives them."""
    trace, budget = dealt.trace, Budget()
    p99, own = healthy_p99(trace), {}
    if labels is not None:
        apart = labelled_along(trace, p99, budget, labels)
    else:
        apart = apart_along(trace, p99, budget)
        if dealt.named:
            own = dealt.own(p99, budget, apart)
    outside = Outside(_excused(apart, dealt.instances))
    return Seen(dealt, apart, p99, dealt.ran(profile, seed, outside, health), own)


def _noticeable(apart: Apart, instances: int) -> tuple[Incident, ...]:
    return tuple(each for each in apart.incidents if each.actionable and each.calls >= _FEW_CALLS * instances)


def _excused(apart: Apart, instances: int) -> list[tuple[float, float]]:
    """Return in what times, (from, to) seconds, an opening is not false."""
    excused = (*_noticeable(apart, instances), *(each for each in apart.incidents if each.doubtful))
    return list(zip((each.start for each in excused), _ends(excused), strict=True))


def _ends(incidents: Sequence[Incident]) -> list[float]:
    return [each.end + _grace(each.length) for each in incidents]


def _grace(length: float) -> float:
    least, most = _GRACE
    return min(max(length, least), most)
