"""Traffic over many hosts: a round-robin balancer sends each call to a host that outlier detection leaves in.

Where too few hosts are left for the balancer's panic threshold, it ignores ejections. Where none is left and
nobody panics, a call is refused.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.simulation.hosts.detector import Answer, Detected, OutlierDetector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from cbtool.simulation.hosts.settings import OutlierSettings

REFUSED = -1


@dataclass(frozen=True, slots=True)
class FleetHistory:
    """What happened.

    Attributes:
        host: int32, by call: which host got it; `REFUSED` where none did.
        failed: bool, by call: whether its answer was a failure.
        detected: every detection.
        returned: when (nanoseconds) each ejected host came back, and which.
        in_panic: calls that were sent while too few hosts were left, ejected ones included.
    """

    host: NDArray[np.int32]
    failed: NDArray[np.bool_]
    detected: tuple[Detected, ...]
    returned: tuple[tuple[int, int], ...]
    in_panic: int = 0

    @property
    def ejections(self) -> tuple[Detected, ...]:
        """The detections that ejected a host."""
        return tuple(each for each in self.detected if each.ejected)

    @property
    def failure_rate(self) -> float:
        """Percent of the calls that failed or were refused."""
        bad = self.failed | (self.host == REFUSED)
        return 100.0 * float(np.count_nonzero(bad)) / len(bad) if len(bad) else 0.0


def run_fleet(
    starts: Sequence[int] | NDArray[Any],
    hosts: int,
    fate: Callable[[int, int], tuple[Answer, int]],
    settings: OutlierSettings,
    *,
    seed: int = 0,
) -> FleetHistory:
    """Return what a fleet does with calls.

    Args:
        starts: when each call arrives, in nanoseconds, rising.
        hosts: how many there are.
        fate: says how a host answers a call and how long it takes: takes the call's number and the host's,
            gives the answer and nanoseconds.
        settings: of the detection and the balancer.
        seed: of the enforcement's chance and the jitter.
    """
    detector = OutlierDetector(hosts, settings, seed=seed)
    chosen = np.full(len(starts), REFUSED, np.int32)
    failed = np.zeros(len(starts), np.bool_)
    flying: list[tuple[int, int, int, Answer]] = []
    last = hosts - 1
    in_panic = 0
    for call, start in enumerate(int(start) for start in starts):
        _land(flying, detector, start)
        detector.advance(start)
        panics = 100.0 * (hosts - detector.ejected) / hosts < settings.panic_threshold
        in_panic += panics
        last = _next_host(detector, hosts, last, panics=panics)
        if last == REFUSED:
            last = hosts - 1
            continue
        answer, duration = fate(call, last)
        chosen[call], failed[call] = last, answer is not Answer.SUCCESS
        heapq.heappush(flying, (start + duration, call, last, answer))
    _land(flying, detector, None)
    return FleetHistory(chosen, failed, tuple(detector.detected), tuple(detector.returned), in_panic)


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
