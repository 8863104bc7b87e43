"""What outlier detection did to a fleet: host by host, and in all."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker import Verdict
from cbtool.simulation.hosts.detector import Answer, OutlierDetector
from cbtool.simulation.hosts.fleet import REFUSED, sending, watch_hosts
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.formats import NOBODY
from cbtool.traffic.parts import PART

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from cbtool.simulation.hosts.detector import Detected
    from cbtool.simulation.hosts.fleet import Sent
    from cbtool.simulation.hosts.settings import OutlierSettings
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

_GATEWAY = (502, 503, 504)
_HOSTS = ("instance",)
_ANSWERS = tuple(Answer)


@dataclass(frozen=True)
class HostSummary:
    """One host.

    Attributes:
        host: its name.
        calls: that it got.
        failures: of these.
        ejections: how often it was ejected.
        ejected: seconds that it was out, up to the end.
        by: how often each rule ejected it.
    """

    host: str
    calls: int
    failures: int
    ejections: int
    ejected: float
    by: dict[str, int]


@dataclass(frozen=True)
class FleetSummary:
    """A fleet.

    Attributes:
        observed: whether the hosts are the log's own, whose traffic stayed where it was; otherwise a balancer
            sent each call to the next host in turn that was left in.
        calls: in all.
        refused: calls that no host was left for.
        in_panic: calls that were sent though too many hosts were out.
        spared: detections that ejected nobody, for the limit or the enforcement.
        most_ejected: the highest share of hosts that were out at once, percent.
        hosts: each.
    """

    observed: bool
    calls: int
    refused: int
    in_panic: int
    spared: int
    most_ejected: float
    hosts: tuple[HostSummary, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain values under the names of the attributes."""
        return asdict(self)


def answers_of(calls: Calls, verdicts: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return uint8 values of `Answer`: what the outcome rules call a failure, by where it came from."""
    failed = verdicts == Verdict.FAILURE
    answers = np.where(failed, np.uint8(Answer.SERVER_ERROR), np.uint8(Answer.SUCCESS))
    answers[failed & np.isin(calls.status, _GATEWAY)] = Answer.GATEWAY_ERROR
    answers[failed & (calls.error != ErrorKind.NONE)] = Answer.LOCAL_ORIGIN_ERROR
    return answers


def names_hosts(calls: LongCalls) -> bool:
    """Return whether calls say which host answered them."""
    return any(part.instance is not None for part in islice(calls.parts(1, _HOSTS), 1))


def balanced(
    calls: LongCalls, rules: OutcomeRules, hosts: int, settings: OutlierSettings, *, seed: int = 0
) -> FleetSummary:
    """Spread calls over so many hosts, each of which would have answered them as they were answered."""
    tally = _Tally(hosts)
    recorded = _Recorded(calls, rules)
    detector = OutlierDetector(hosts, settings, seed=seed)
    for sent in sending(recorded.starts(), hosts, recorded.fate, detector):
        tally.count(sent)
    names = [f"host {number}" for number in range(1, hosts + 1)]
    return _summary(names, tally, detector, recorded.end, observed=False)


class _Recorded:
    """Answers as they were recorded, whichever host gives them."""

    def __init__(self, calls: LongCalls, rules: OutcomeRules) -> None:
        self.end = 0
        self._calls = calls
        self._rules = rules
        self._first = 0
        self._kinds: list[Answer] = []
        self._durations: list[int] = []

    def starts(self) -> Iterator[int]:
        """Yield when each call starts; `fate` is asked about it before the next."""
        for part in self._calls.parts():
            self._first += len(self._kinds)
            self._kinds = [_ANSWERS[kind] for kind in answers_of(part, self._rules.verdicts(part)).tolist()]
            self._durations = np.maximum(part.duration_ns, 0).tolist()
            self.end = max(self.end, int(part.end_ns.max()))
            yield from part.start_ns.tolist()

    def fate(self, call: int, _: int) -> tuple[Answer, int]:
        """Return how a call was answered, and how long it took."""
        return self._kinds[call - self._first], self._durations[call - self._first]


def observed(
    calls: LongCalls, rules: OutcomeRules, settings: OutlierSettings, *, seed: int = 0
) -> FleetSummary:
    """Watch the hosts that a log names, which get what they got: ejections take no traffic away.

    Calls of no named host are left out, and hosts that got none of these calls are no part of the fleet.
    """
    names, seen, failed, end = _served(calls, rules)
    known = [name != NOBODY for name in names]
    own = np.flatnonzero(seen * known)
    tally = _Tally(len(own))
    tally.calls, tally.failures = seen[own], failed[own]
    place = np.full(len(names), REFUSED, np.int64)
    place[own] = np.arange(len(own))
    watched = watch_hosts(_answers(calls, rules, place), len(own), settings, seed=seed)
    watched.advance(end)
    return _summary([names[number] for number in own], tally, watched, end, observed=True)


def _served(
    calls: LongCalls, rules: OutcomeRules
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64], int]:
    """Return the instances, how many calls each got and failed, and when the last one completed."""
    names: tuple[str, ...] = ()
    seen: Any = 0
    failed: Any = 0
    end = 0
    for part in calls.parts(PART, _HOSTS):
        assert part.instance is not None  # noqa: S101  # who calls has looked
        names, bad = part.instances, rules.verdicts(part) == Verdict.FAILURE
        seen = seen + np.bincount(part.instance, minlength=len(names))
        failed = failed + np.bincount(part.instance[bad], minlength=len(names))
        end = max(end, int(part.end_ns.max()))
    return names, seen, failed, end


def _answers(
    calls: LongCalls, rules: OutcomeRules, place: NDArray[np.int64]
) -> Iterator[tuple[int, int, Answer]]:
    """Yield when each call of a host that is watched completed, that host's place, and the answer."""
    held: tuple[NDArray[Any], ...] = tuple(np.zeros(0, np.int64) for _ in range(3))
    left = len(calls)
    for part in calls.parts(PART, _HOSTS):
        left -= len(part)
        host = place[part.instance]
        mine = host != REFUSED
        kinds = answers_of(part, rules.verdicts(part))
        arrived = (part.end_ns[mine], host[mine], kinds[mine])
        end, host, kinds = (np.concatenate(both) for both in zip(held, arrived, strict=True))
        # Whatever comes in later parts completes no sooner than the last call of this one starts.
        done = end < part.start_ns[-1] if left else np.ones(len(end), np.bool_)
        held = end[~done], host[~done], kinds[~done]
        order = np.flatnonzero(done)[np.argsort(end[done], kind="stable")]
        for time, number, kind in zip(*(each[order].tolist() for each in (end, host, kinds)), strict=True):
            yield time, number, _ANSWERS[int(kind)]


class _Tally:
    """What hosts got."""

    def __init__(self, hosts: int) -> None:
        self.calls = np.zeros(hosts, np.int64)
        self.failures = np.zeros(hosts, np.int64)
        self.refused = 0
        self.in_panic = 0

    def count(self, sent: Sent) -> None:
        """Count a call."""
        self.in_panic += sent.panicked
        if sent.host == REFUSED:
            self.refused += 1
            return
        self.calls[sent.host] += 1
        self.failures[sent.host] += sent.failed


def _summary(
    names: Sequence[str], tally: _Tally, detector: OutlierDetector, end: int, *, observed: bool
) -> FleetSummary:
    ejections = [each for each in detector.detected if each.ejected]
    seconds, most = _time_out(detector.returned, ejections, len(names), end)
    by: list[Counter[str]] = [Counter() for _ in names]
    for each in ejections:
        by[each.host][each.by.value] += 1
    hosts = tuple(
        HostSummary(
            name,
            int(tally.calls[number]),
            int(tally.failures[number]),
            by[number].total(),
            seconds[number],
            dict(by[number]),
        )
        for number, name in enumerate(names)
    )
    return FleetSummary(
        observed=observed,
        calls=int(tally.calls.sum()) + tally.refused,
        refused=tally.refused,
        in_panic=tally.in_panic,
        spared=len(detector.detected) - len(ejections),
        most_ejected=100.0 * most / len(names) if names else 0.0,
        hosts=hosts,
    )


def _time_out(
    returned: Sequence[tuple[int, int]], ejections: Sequence[Detected], hosts: int, end: int
) -> tuple[list[float], int]:
    """Return for how many seconds each host was out, up to the end, and how many were at once at the most."""
    out: dict[int, int] = {}
    seconds = [0.0] * hosts
    most = 0
    # At one instant hosts come back before others are ejected, as in a sweep.
    events = [(time, 0, number) for time, number in returned]
    events += [(each.time, 1, each.host) for each in ejections]
    for time, leaves, number in sorted(events):
        if leaves:
            out[number] = time
            most = max(most, len(out))
        else:
            seconds[number] += (time - out.pop(number)) / 1e9
    for number, time in out.items():
        seconds[number] += max(0, end - time) / 1e9
    return seconds, most
