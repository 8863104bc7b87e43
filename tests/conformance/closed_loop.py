"""The set-up of Semian's published experiments: threads with a breaker each, fed by one queue of requests.

Requests come at a steady pace and wait in a queue; one that waited over a second is dropped. Each thread
takes the next request when it is free, asks its own breaker, and is busy for the latency of one of ten
endpoints, or for 30 % of it where the request fails. A refusal takes no time.

What was counted by whole seconds began up to one second `ahead` of the phases.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.breaker import CircuitBreaker, Permit, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.breaker import BreakerConfig

_FAILED_AFTER = 0.3  # of the latency
_OUTCOMES = {True: Verdict.FAILURE, False: Verdict.SUCCESS}


@dataclass(slots=True)
class Bucket:
    """What ended in one phase."""

    calls: int = 0
    errors: int = 0
    refused: int = 0

    @property
    def refused_percent(self) -> float:
        return 100.0 * self.refused / self.calls if self.calls else 0.0


class ClosedLoop:
    """One run of an experiment."""

    def __init__(
        self,
        config: BreakerConfig,
        *,
        error_rates: Sequence[float],
        phase: float,
        latencies: Sequence[float],
        seed: int,
        threads: int = 60,
        pace: float = 900.0,
        ahead: float = 0.0,
    ) -> None:
        self._lot = random.Random(seed)
        self._breakers = [CircuitBreaker(config, seed=self._lot.getrandbits(62)) for _ in range(threads)]
        self._error_rates, self._phase = error_rates, phase
        self._latencies = latencies
        self._pace, self._ahead = pace, ahead
        self._waiting: deque[float] = deque()
        self._idle = deque(range(threads))
        self._busy: list[tuple[float, int, Permit, bool]] = []
        self.buckets = [Bucket() for _ in error_rates]

    def run(self) -> list[Bucket]:
        """Return what ended in each phase."""
        end = self._phase * len(self._error_rates)
        number = 1
        while True:
            arrival = number / self._pace
            if arrival >= end:
                return self.buckets
            if self._busy and self._busy[0][0] <= arrival:
                now = self._complete()
            else:
                now = arrival
                self._waiting.append(now)
                number += 1
            self._hand_out(now)

    def _complete(self) -> float:
        now, thread, permit, failed = heapq.heappop(self._busy)
        self._breakers[thread].record(permit, _OUTCOMES[failed], 0.0, now)
        self._idle.append(thread)
        bucket = self._bucket(now)
        bucket.calls += 1
        bucket.errors += failed
        return now

    def _hand_out(self, now: float) -> None:
        while self._waiting and self._idle:
            if int(self._waiting.popleft()) < int(now) - 1:
                continue
            thread = self._idle.popleft()
            permit = self._breakers[thread].try_acquire(now)
            if permit is None:
                self._idle.append(thread)
                bucket = self._bucket(now)
                bucket.calls += 1
                bucket.refused += 1
            else:
                failed = self._lot.random() < self._error_rates[int(now / self._phase)]
                latency = self._lot.choice(self._latencies) * (_FAILED_AFTER if failed else 1.0)
                heapq.heappush(self._busy, (now + latency, thread, permit, failed))

    def _bucket(self, now: float) -> Bucket:
        return self.buckets[min(int((now + self._ahead) / self._phase), len(self.buckets) - 1)]


def latencies_of(calls: int, phase: float, threads: int = 60, endpoints: int = 10) -> list[float]:
    """Return latencies of endpoints that give so many calls in a healthy phase.

    All are 100 ms, the least that the experiments' endpoints have, but for one that makes up the mean.
    """
    mean = threads * phase / calls
    return [0.1] * (endpoints - 1) + [max(0.1, endpoints * mean - 0.1 * (endpoints - 1))]
