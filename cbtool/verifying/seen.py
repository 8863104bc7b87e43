"""Traffic told apart, and what a profile's breakers do with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.recommend.healthy import healthy_p99
from cbtool.recommend.incidents import tell_apart
from cbtool.recommend.instances import every_instance
from cbtool.recommend.labelled import labelled_sides
from cbtool.recommend.model import Budget
from cbtool.recommend.own_incidents import Own, own_incidents
from cbtool.recommend.trace import trace_of
from cbtool.simulation.run import fleet_along, simulate_fleet
from cbtool.traffic.labels import label_spans
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.profiles import Profile
    from cbtool.recommend.incidents import Sides
    from cbtool.recommend.model import Incident
    from cbtool.recommend.trace import Trace
    from cbtool.simulation.health import HealthTimeline
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.labels import Label

_GRACE = (2.0, 60.0)  # seconds, at least and at most, after an incident in which a trip still answers it
_FEW_CALLS = 20  # of an incident that one breaker sees; fewer, and no rate is one


@dataclass(frozen=True)
class Seen:
    """Traffic told apart, and what the profile's breakers do with it.

    Attributes:
        calls: all of them.
        verdicts: by the profile's outcome rules.
        trace: those that count.
        sides: incidents and healthy background.
        p99: of the healthy durations, in seconds; None where they say nothing.
        result: of the simulation.
        instances: breakers that share the calls.
        which: int32, by call that counts, its breaker.
        own: incidents of single instances, where each has its own breaker.
        named: whether each call went to the breaker of the instance that the log names.
    """

    calls: Calls
    verdicts: NDArray[np.uint8]
    trace: Trace
    sides: Sides
    p99: float | None
    result: SimulationResult
    instances: int
    which: NDArray[np.int32]
    own: Own = field(default_factory=dict)
    named: bool = False

    @property
    def incidents(self) -> tuple[Incident, ...]:
        """Those that a breaker should act on, if each sees enough calls of it."""
        return tuple(
            incident
            for incident in self.sides.incidents
            if incident.actionable and incident.calls >= _FEW_CALLS * self.instances
        )

    @property
    def ends(self) -> list[float]:
        """Until when an opening answers each incident."""
        return [each.end + _grace(each.length) for each in self.incidents]

    def concerned(self, incident: Incident) -> set[int]:
        """Return the breakers that an incident concerns: all, or those whose own instance was bad in it."""
        if not self.named:
            return set(range(self.instances))
        within = (self.trace.start >= incident.start * 1e9) & (self.trace.start <= incident.end * 1e9)
        bad = self.trace.failed | self.trace.slower_than(self.p99) if self.p99 else self.trace.failed
        calls = np.bincount(self.which[within], minlength=self.instances)
        share = np.bincount(self.which[within & bad], minlength=self.instances) / np.maximum(calls, 1)
        return set(np.flatnonzero(share >= Budget().break_even).tolist())

    def openings(self) -> list[tuple[int, float]]:
        """Return (breaker, time) of each closed breaker's opening."""
        changes = self.result.summary.transitions
        return [(each.instance, each.transition.time) for each in changes if each.transition.trips]

    def answers(self, breaker: int, time: float) -> bool:
        """Return whether an opening answers an incident, of all or of that breaker's instance alone."""
        everywhere = zip(self.incidents, self.ends, strict=True)
        if any(each.start <= time <= end for each, end in everywhere):
            return True
        own = [(begin / 1e9, end / 1e9) for begin, end in self.own.get(breaker, ())]
        return any(begin <= time <= end + _grace(end - begin) for begin, end in own)


def seen(
    calls: Calls,
    profile: Profile,
    *,
    instances: int | None = 1,
    seed: int = 0,
    health: HealthTimeline | None = None,
    labels: Sequence[Label] = (),
) -> Seen:
    """Run traffic through a profile's breakers and tell its incidents apart.

    Args:
        calls: the traffic.
        profile: the settings.
        instances: breakers that share the calls; None: one for each instance that the calls name.
        seed: of the split, and of the waits' jitter.
        health: what health checks answer.
        labels: the incidents, where the user knows them; none is looked for then.

    Raises:
        ConfigurationError: see `simulate_fleet`; a label does not fit the calls; or they name no instance.
    """
    verdicts = profile.rules.verdicts(calls)
    trace = trace_of(calls, verdicts)
    p99 = healthy_p99(trace)
    if instances is None:
        which, number = every_instance(calls, verdicts)
    else:
        which, number = split(len(calls), instances, seed), instances
    result = simulate_fleet(
        fleet_along(calls, verdicts, which, number), profile.config, seed=seed, health=health
    )
    budget, own = Budget(), {}
    counted = which[verdicts != Verdict.IGNORED]
    if labels:
        sides = labelled_sides(trace, p99, budget, label_spans(labels, calls))
    else:
        sides = tell_apart(trace, p99, budget)
        if instances is None:
            own = own_incidents(trace, counted, p99, budget, sides)
    return Seen(calls, verdicts, trace, sides, p99, result, number, counted, own, instances is None)


def _grace(length: float) -> float:
    least, most = _GRACE
    return min(max(length, least), most)
