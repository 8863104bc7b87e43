"""What outlier detection did to a fleet: host by host, and in all."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker import Verdict
from cbtool.simulation.hosts.detector import Answer
from cbtool.simulation.hosts.fleet import REFUSED, FleetHistory, run_fleet, watch_hosts
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.formats import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.simulation.hosts.settings import OutlierSettings
    from cbtool.traffic.calls import Calls

_GATEWAY = (502, 503, 504)


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


def balanced(
    calls: Calls, verdicts: NDArray[np.uint8], hosts: int, settings: OutlierSettings, *, seed: int = 0
) -> FleetSummary:
    """Spread calls over so many hosts, each of which would have answered them as they were answered."""
    kinds = [Answer(kind) for kind in answers_of(calls, verdicts).tolist()]
    durations = np.maximum(calls.duration_ns, 0).tolist()
    history = run_fleet(
        calls.start_ns, hosts, lambda call, _: (kinds[call], durations[call]), settings, seed=seed
    )
    names = [f"host {number}" for number in range(1, hosts + 1)]
    return _summary(names, history, _end(calls), observed=False)


def observed(
    calls: Calls, verdicts: NDArray[np.uint8], settings: OutlierSettings, *, seed: int = 0
) -> FleetSummary:
    """Watch the hosts that a log names, which get what they got: ejections take no traffic away.

    Calls of no named host are left out, and hosts that got none of these calls are no part of the fleet.
    """
    assert calls.instance is not None  # noqa: S101  # who calls has looked
    known = np.flatnonzero([name != NOBODY for name in calls.instances])
    known = np.flatnonzero(np.isin(calls.instance, known))
    own, host = np.unique(calls.instance[known], return_inverse=True)
    order = np.argsort(calls.end_ns[known], kind="stable")
    kinds = [Answer(kind) for kind in answers_of(calls, verdicts)[known][order].tolist()]
    ends, hosts = calls.end_ns[known][order].tolist(), host[order].tolist()
    watched = watch_hosts(zip(ends, hosts, kinds, strict=True), len(own), settings, seed=seed)
    watched.advance(_end(calls))
    history = FleetHistory(
        host=host.astype(np.int32),
        failed=verdicts[known] == Verdict.FAILURE,
        detected=tuple(watched.detected),
        returned=tuple(watched.returned),
    )
    return _summary([calls.instances[number] for number in own], history, _end(calls), observed=True)


def _end(calls: Calls) -> int:
    return int(calls.end_ns.max()) if len(calls) else 0


def _summary(names: Sequence[str], history: FleetHistory, end: int, *, observed: bool) -> FleetSummary:
    seconds, most = _time_out(history, len(names), end)
    by: list[Counter[str]] = [Counter() for _ in names]
    for each in history.ejections:
        by[each.host][each.by.value] += 1
    sent = history.host != REFUSED
    calls = np.bincount(history.host[sent], minlength=len(names))
    failures = np.bincount(history.host[sent & history.failed], minlength=len(names))
    hosts = tuple(
        HostSummary(
            name,
            int(calls[number]),
            int(failures[number]),
            by[number].total(),
            seconds[number],
            dict(by[number]),
        )
        for number, name in enumerate(names)
    )
    return FleetSummary(
        observed=observed,
        calls=len(history.host),
        refused=int(np.count_nonzero(~sent)),
        in_panic=history.in_panic,
        spared=len(history.detected) - len(history.ejections),
        most_ejected=100.0 * most / len(names) if names else 0.0,
        hosts=hosts,
    )


def _time_out(history: FleetHistory, hosts: int, end: int) -> tuple[list[float], int]:
    """Return for how many seconds each host was out, up to the end, and how many were at once at the most."""
    out: dict[int, int] = {}
    seconds = [0.0] * hosts
    most = 0
    # At one instant hosts come back before others are ejected, as in a sweep.
    events = [(time, 0, number) for time, number in history.returned]
    events += [(each.time, 1, each.host) for each in history.ejections]
    for time, leaves, number in sorted(events):
        if leaves:
            out[number] = time
            most = max(most, len(out))
        else:
            seconds[number] += (time - out.pop(number)) / 1e9
    for number, time in out.items():
        seconds[number] += max(0, end - time) / 1e9
    return seconds, most
