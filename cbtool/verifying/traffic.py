"""A profile against recorded (or a scenario's) traffic: false trips, incidents, delays, calls refused."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.reach.chance import at_least
from cbtool.recommend.reading.holes import watched
from cbtool.units import format_duration, format_percent
from cbtool.verifying.model import Check, Group, Limits, of_threshold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cbtool.metrics.thresholds import Threshold
    from cbtool.verifying.seen import Seen

_DAY = 86400.0
_ONE_CAUSE = 300.0  # seconds; false trips closer to each other than that are one spell
_SURE = 0.05  # false trips are too many where the budget would bring so many about more rarely than this


def traffic_checks(
    found: Seen, limits: Limits, where: str = "", *, expected: Iterable[Check] = ()
) -> Iterator[Check]:
    """Give the checks of a profile against traffic.

    Args:
        found: the traffic, and what the breakers did.
        limits: what must hold.
        where: a prefix of the checks' names, such as a scenario's; empty for the log.
        expected: what goes beside the false trips that there were.
    """
    prefix, group = (f"{where}: " if where else ""), Group.SCENARIOS if where else Group.TRAFFIC
    yield _false_trips(found, limits, group, prefix)
    yield from expected
    if found.incidents:
        delays = _delays(found)
        yield _caught(found, delays, group, prefix)
        yield _delay(found, delays, limits, group, prefix)
    yield _refused(found, limits, group, prefix)


def assertion_checks(found: Seen, thresholds: Sequence[Threshold], where: str = "") -> Iterator[Check]:
    """Give the user's own assertions, held against traffic."""
    for threshold in thresholds:
        yield of_threshold(threshold.check(found.ran.values), where)


def _false_trips(found: Seen, limits: Limits, group: Group, prefix: str) -> Check:
    false = [time for breaker, time in found.openings() if not found.answers(breaker, time)]
    healthy = watched(found.trace) - sum(each.length for each in found.incidents)
    days = max(healthy, 1.0) / _DAY * found.instances
    allowed = limits.false_trips_per_day * days
    rate = len(false) / days
    # Trips of one cause come together, at all breakers perhaps: what chance brings is causes.
    spells = 1 + sum(later - time > _ONE_CAUSE for time, later in pairwise(false)) if false else 0
    likely = at_least(allowed * spells / max(len(false), 1), spells)
    when = f"; the first at {format_duration(false[0])}" if false else ""
    together = f" in {spells} spell{'s' * (spells > 1)}" if spells < len(false) else ""
    seen_for = format_duration(days * _DAY)
    why = (
        f"{len(false)}{together} in {seen_for} of healthy time{when}: within the budget that happens"
        f" {_times(likely)}"
        if false
        else f"none in {seen_for} of healthy time"
    )
    return Check(
        group,
        f"{prefix}false trips a day",
        likely >= _SURE,
        rate,
        limits.false_trips_per_day,
        _short(rate),
        f"≤ {limits.false_trips_per_day:.3g}",
        why,
    )


def _delays(found: Seen) -> list[list[float]]:
    """Return for each incident the delays of the breakers that opened in it."""
    openings = found.openings()
    delays = []
    for incident, end in zip(found.incidents, found.ends, strict=True):
        first: dict[int, float] = {}
        concerned = found.concerned(incident)
        for breaker, time in openings:
            if incident.start <= time <= end and breaker in concerned:
                first.setdefault(breaker, time - incident.start)
        # A breaker that a trip just before has left open has noticed already.
        for breaker in _open_at(found, incident.start) & concerned:
            first[breaker] = 0.0
        delays.append(list(first.values()))
    return delays


def _open_at(found: Seen, time: float) -> set[int]:
    from cbtool.breaker import State  # noqa: PLC0415  # one name

    state: dict[int, State] = {}
    for breaker, transition in found.ran.summary.transitions:
        if transition.time > time:
            break
        state[breaker] = transition.target
    return {breaker for breaker, target in state.items() if target is not State.CLOSED}


def _caught(found: Seen, delays: Sequence[Sequence[float]], group: Group, prefix: str) -> Check:
    concerned = [len(found.concerned(each)) for each in found.incidents]
    wanted = sum(concerned)
    caught = sum(map(len, delays))
    missed = [
        f"{each.kind.value.replace('_', '-')} at {format_duration(each.start)}"
        f" ({format_duration(each.length)}, {each.failed:.0f} % failed, {each.slow:.0f} % slow)"
        + (f" by {most - len(found_in)} of {most} breakers" if most > 1 else "")
        for each, found_in, most in zip(found.incidents, delays, concerned, strict=True)
        if len(found_in) < most
    ]
    of = f"{caught} of {wanted}"
    return Check(
        group,
        f"{prefix}incidents caught",
        caught == wanted,
        100.0 * caught / max(wanted, 1),
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
    refused = found.ran.refused
    share = 100.0 * refused / max(1, found.ran.healthy)
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
