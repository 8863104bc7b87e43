"""A profile against recorded (or a scenario's) traffic: false trips, incidents, delays, calls refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.breaker.reach.chance import at_least
from cbtool.recommend.healthy import healthy_p99
from cbtool.recommend.incidents import tell_apart
from cbtool.recommend.labelled import labelled_sides
from cbtool.recommend.model import Budget
from cbtool.recommend.trace import trace_of
from cbtool.simulation.run import simulate, values_of
from cbtool.traffic.labels import label_spans
from cbtool.units import format_duration, format_percent
from cbtool.verifying.model import Check, Group, Limits, of_threshold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from cbtool.metrics.thresholds import Threshold
    from cbtool.profiles import Profile
    from cbtool.recommend.incidents import Sides
    from cbtool.recommend.model import Incident
    from cbtool.recommend.trace import Trace
    from cbtool.simulation.health import HealthTimeline
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.labels import Label

_DAY = 86400.0
_SURE = 0.05  # false trips are too many where the budget would bring so many about more rarely than this
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
    """

    calls: Calls
    verdicts: NDArray[np.uint8]
    trace: Trace
    sides: Sides
    p99: float | None
    result: SimulationResult
    instances: int

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
        least, most = _GRACE
        return [each.end + min(max(each.length, least), most) for each in self.incidents]

    def openings(self) -> list[tuple[int, float]]:
        """Return (breaker, time) of each closed breaker's opening."""
        changes = self.result.summary.transitions
        return [(each.instance, each.transition.time) for each in changes if each.transition.trips]


def seen(
    calls: Calls,
    profile: Profile,
    *,
    instances: int = 1,
    seed: int = 0,
    health: HealthTimeline | None = None,
    labels: Sequence[Label] = (),
) -> Seen:
    """Run traffic through a profile's breakers and tell its incidents apart.

    Args:
        calls: the traffic.
        profile: the settings.
        instances: breakers that share the calls.
        seed: of the split, and of the waits' jitter.
        health: what health checks answer.
        labels: the incidents, where the user knows them; none is looked for then.

    Raises:
        ConfigurationError: see `simulate`; or a label does not fit the calls.
    """
    verdicts = profile.rules.verdicts(calls)
    trace = trace_of(calls, verdicts)
    p99 = healthy_p99(trace)
    result = simulate(calls, verdicts, profile.config, seed=seed, instances=instances, health=health)
    if labels:
        sides = labelled_sides(trace, p99, Budget(), label_spans(labels, calls))
    else:
        sides = tell_apart(trace, p99, Budget())
    return Seen(calls, verdicts, trace, sides, p99, result, instances)


def traffic_checks(found: Seen, limits: Limits, where: str = "") -> Iterator[Check]:
    """Give the checks of a profile against traffic.

    Args:
        found: the traffic, and what the breakers did.
        limits: what must hold.
        where: a prefix of the checks' names, such as a scenario's; empty for the log.
    """
    prefix, group = (f"{where}: " if where else ""), Group.SCENARIOS if where else Group.TRAFFIC
    yield _false_trips(found, limits, group, prefix)
    if found.incidents:
        delays = _delays(found)
        yield _caught(found, delays, group, prefix)
        yield _delay(found, delays, limits, group, prefix)
    yield _refused(found, limits, group, prefix)


def assertion_checks(
    found: Seen, profile: Profile, thresholds: Sequence[Threshold], where: str = ""
) -> Iterator[Check]:
    """Give the user's own assertions, held against traffic."""
    values = values_of(found.result, found.calls, found.verdicts, profile.config)
    for threshold in thresholds:
        yield of_threshold(threshold.check(values), where)


def _false_trips(found: Seen, limits: Limits, group: Group, prefix: str) -> Check:
    incidents, ends = found.incidents, found.ends
    false = [
        time
        for _, time in found.openings()
        if not any(each.start <= time <= end for each, end in zip(incidents, ends, strict=True))
    ]
    healthy = found.trace.span - sum(each.length for each in incidents)
    days = max(healthy, 1.0) / _DAY * found.instances
    allowed = limits.false_trips_per_day * days
    rate = len(false) / days
    likely = at_least(allowed, len(false))
    when = f"; the first at {format_duration(false[0])}" if false else ""
    watched = format_duration(days * _DAY)
    why = (
        f"{len(false)} in {watched} of healthy time{when}: within the budget that happens {_times(likely)}"
        if false
        else f"none in {watched} of healthy time"
    )
    return Check(
        group,
        f"{prefix}false trips a day",
        likely >= _SURE,
        rate,
        limits.false_trips_per_day,
        _short(rate),
        f"≤ {_short(limits.false_trips_per_day)}",
        why,
    )


def _delays(found: Seen) -> list[list[float]]:
    """Return for each incident the delays of the breakers that opened in it."""
    openings = found.openings()
    delays = []
    for incident, end in zip(found.incidents, found.ends, strict=True):
        first: dict[int, float] = {}
        for breaker, time in openings:
            if incident.start <= time <= end:
                first.setdefault(breaker, time - incident.start)
        # A breaker that a trip just before has left open has noticed already.
        for breaker in _open_at(found, incident.start):
            first[breaker] = 0.0
        delays.append(list(first.values()))
    return delays


def _open_at(found: Seen, time: float) -> set[int]:
    from cbtool.breaker import State  # noqa: PLC0415  # one name

    state: dict[int, State] = {}
    for breaker, transition in found.result.summary.transitions:
        if transition.time > time:
            break
        state[breaker] = transition.target
    return {breaker for breaker, target in state.items() if target is not State.CLOSED}


def _caught(found: Seen, delays: Sequence[Sequence[float]], group: Group, prefix: str) -> Check:
    wanted = len(found.incidents) * found.instances
    caught = sum(map(len, delays))
    missed = [
        f"{each.kind.value.replace('_', '-')} at {format_duration(each.start)}"
        f" ({format_duration(each.length)}, {each.failed:.0f} % failed, {each.slow:.0f} % slow)"
        for each, found_in in zip(found.incidents, delays, strict=True)
        if not found_in
    ]
    of = f"{caught} of {wanted}"
    return Check(
        group,
        f"{prefix}incidents caught",
        caught == wanted,
        100.0 * caught / wanted,
        100.0,
        of,
        "all",
        f"missed: {'; '.join(missed)}" if missed else "",
    )


def _delay(
    found: Seen, delays: Sequence[Sequence[float]], limits: Limits, group: Group, prefix: str
) -> Check:
    all_of_them = [delay for each in delays for delay in each]
    limit = max(limits.seen_delay, limits.delay_at(_rate_in(found), low=False))
    median = float(np.median(all_of_them)) if all_of_them else None
    longest = f"the longest {format_duration(max(all_of_them))}" if len(all_of_them) > 1 else ""
    return Check(
        group,
        f"{prefix}detection delay",
        median is not None and median <= limit,
        median,
        limit,
        "never" if median is None else format_duration(median),
        f"≤ {format_duration(limit)}",
        longest,
    )


def _rate_in(found: Seen) -> float:
    """Return how many calls a second one breaker sees in incidents."""
    seconds = sum(each.length for each in found.incidents)
    calls = sum(each.calls for each in found.incidents)
    return max(calls, 1) / max(seconds, 1e-3) / found.instances


def _refused(found: Seen, limits: Limits, group: Group, prefix: str) -> Check:
    start = found.calls.start_ns / 1e9
    outside = np.ones(len(start), np.bool_)
    for each, end in zip(found.incidents, found.ends, strict=True):
        outside &= (start < each.start) | (start > end)
    healthy = outside & (found.verdicts == Verdict.SUCCESS)
    refused = int(np.count_nonzero(healthy & (found.result.permitted == 0)))
    share = 100.0 * refused / max(1, int(np.count_nonzero(healthy)))
    return Check(
        group,
        f"{prefix}healthy calls refused",
        share <= limits.healthy_refused,
        share,
        limits.healthy_refused,
        format_percent(share),
        f"≤ {format_percent(limits.healthy_refused)}",
        f"{refused:,} outside incidents" if refused else "",
    )


def _times(chance: float) -> str:
    return "more often than not" if chance > 0.5 else f"once in {1 / max(chance, 1e-9):,.3g} times"


def _short(value: float) -> str:
    return f"{value:.3g}"
