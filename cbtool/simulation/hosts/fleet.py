"""Traffic over many hosts: a round-robin balancer sends each call to a host that outlier detection leaves in.

Where too few hosts are left for the balancer's panic threshold, it ignores ejections. Where none is left and
nobody panics, a call is refused.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, NamedTuple

from cbtool.simulation.hosts.detector import Answer, OutlierDetector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cbtool.simulation.hosts.settings import OutlierSettings

REFUSED = -1


class Sent(NamedTuple):
    """Where a call went, `REFUSED` where no host got it; whether it failed, and whether in a panic."""

    host: int
    failed: bool
    panicked: bool


def sending(
    starts: Iterable[int],
    hosts: int,
    fate: Callable[[int, int], tuple[Answer, int]],
    detector: OutlierDetector,
) -> Iterator[Sent]:
    """Yield what a fleet does with each call, before the next is asked for.

    Args:
        starts: when each call arrives, in nanoseconds, rising.
        hosts: how many there are.
        fate: says how a host answers a call and how long it takes: takes the call's number and the host's,
            gives the answer and nanoseconds.
        detector: of the hosts, with the settings; when all calls are over, it has seen all answers.
    """
    settings = detector.settings
    flying: list[tuple[int, int, int, Answer]] = []
    last = hosts - 1
    for call, start in enumerate(starts):
        _land(flying, detector, start)
        detector.advance(start)
        panics = 100.0 * (hosts - detector.ejected) / hosts < settings.panic_threshold
        last = _next_host(detector, hosts, last, panics=panics)
        if last == REFUSED:
            last = hosts - 1
            yield Sent(REFUSED, False, panics)
            continue
        answer, duration = fate(call, last)
        heapq.heappush(flying, (start + duration, call, last, answer))
        yield Sent(last, answer is not Answer.SUCCESS, panics)
    _land(flying, detector, None)


def watch_hosts(
    answers: Iterable[tuple[int, int, Answer]], hosts: int, settings: OutlierSettings, *, seed: int = 0
) -> OutlierDetector:
    """Return a detector that saw recorded answers, without sending any call elsewhere.

    Args:
        answers: the time (nanoseconds, rising), the host and the answer of each.
        hosts: how many there are.
        settings: of the detection.
        seed: of the enforcement's chance and the jitter.
    """
    detector = OutlierDetector(hosts, settings, seed=seed)
    for time, host, answer in answers:
        detector.record(host, answer, time)
    return detector


def _land(flying: list[tuple[int, int, int, Answer]], detector: OutlierDetector, until: int | None) -> None:
    """Record the answers that have come by `until`; all of them where it is None."""
    while flying and (until is None or flying[0][0] <= until):
        time, _, host, answer = heapq.heappop(flying)
        detector.record(host, answer, time)


def _next_host(detector: OutlierDetector, hosts: int, last: int, *, panics: bool) -> int:
    """Return the next host in turn that may get traffic, or `REFUSED`."""
    for step in range(1, hosts + 1):
        host = (last + step) % hosts
        if panics or not detector.is_ejected(host):
            return host
    return REFUSED
