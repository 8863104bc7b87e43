"""Scenarios made for a load: an outage and a brown-out to notice, a blip and health to ride through.

Each is tried several times with other seeds; times are held to their limit in nine tries of ten, of a busy
breaker in all of five. An outage must be noticed within the detection delay, a brown-out and slow calls
within twice that. Rates are what ONE breaker sees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import State
from cbtool.breaker.outcome import Verdict
from cbtool.breaker.policies import OFF
from cbtool.breaker.reach.holding import window_holding
from cbtool.metrics.summary import FLAP
from cbtool.profiles.verify_rules import DEFAULT_BROWN_OUT, MILDER
from cbtool.simulation.health import HealthTimeline
from cbtool.simulation.run import simulate
from cbtool.traffic.calls import Calls
from cbtool.units import format_duration, format_percent
from cbtool.verifying.lab import AtLoad, Lab, Usual
from cbtool.verifying.throttles import throttle_checks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbtool.breaker import StateTransition
    from cbtool.profiles import Profile
    from cbtool.verifying.model import Check, Limits

_TRIES, _TRIES_WHEN_BUSY = 10, 5
_BUSY = 10.0  # calls a second from which chance evens out within a try
_HEALTHY_TRIES = 3
_SURE = 0.9  # of the tries
_CALLS = 8_000  # of a healthy stretch, if that is long enough
_LONG_ENOUGH = 60.0  # seconds
_LEAST_CALLS = 60  # of an incident, and of health before it
_LONGEST_WARM_UP = 300.0  # seconds
_LONGEST_RECOVERY = 3600.0  # seconds
_SLOW = 2.0  # times the slow-call threshold
_BLIP = 2  # failures in a row that are none of a breaker's business


def scenario_checks(
    profile: Profile, load: AtLoad, usual: Usual, limits: Limits, seed: int
) -> Iterator[Check]:
    """Give the checks of a profile at one load."""
    stories = _Stories(profile, load, usual, limits, seed)
    if not profile.config.opens:
        yield from throttle_checks(stories)
        return
    yield stories.healthy()
    yield stories.blip()
    yield from stories.outage()
    if not load.low:
        yield from stories.brown_out()
        yield from stories.slow()


@dataclass(frozen=True, slots=True)
class _Try:
    """One run through an incident: seconds from its start to the opening, from its end to closed for good."""

    opened: float | None
    closed: float | None


def _try(changes: Sequence[StateTransition], start: float, end: float) -> _Try:
    """Return how a run came through an incident from `start` to `end`."""
    before = [change for change in changes if change.time < start]
    opened = next(
        (change.time - start for change in changes if start <= change.time <= end and change.trips), None
    )
    if before and before[-1].target is not State.CLOSED:
        opened = 0.0
    return _Try(opened, _closed_for_good(changes, end))


def _closed_for_good(changes: Sequence[StateTransition], end: float) -> float | None:
    """Return the seconds from `end` until the breaker is closed and does not flap; None where it never is."""
    closed: float | None = end
    for change in changes:
        if closed is not None and change.time - max(closed, end) >= FLAP:
            break
        if change.target is not State.CLOSED:
            closed = None
        elif closed is None:
            closed = change.time
    return None if closed is None else max(0.0, closed - end)


class _Stories(Lab):
    """What is tried at one load."""

    def healthy(self) -> Check:
        """Hold it to no trip while all is well."""
        seconds = max(_LONG_ENOUGH, _CALLS / self.load.rate)
        scenario = self.scenario(self.phase("healthy", seconds))
        trips = sum(change.trips for changes in self.runs(scenario, _HEALTHY_TRIES) for change in changes)
        stretch = f"{_HEALTHY_TRIES} stretches of {format_duration(seconds)}"
        why = f"{stretch} with {format_percent(self.usual.failure_rate)} of the calls failing"
        return self._none("trips while healthy", trips, why)

    def blip(self) -> Check:
        """Hold it to no trip on two failures in a row."""
        n = 400
        start = (np.arange(n) * (1e9 / self.load.rate)).astype(np.int64)
        failed = np.zeros(n, np.bool_)
        failed[n // 2 : n // 2 + _BLIP] = True
        calls = Calls(
            start_ns=start,
            duration_ns=np.full(n, round(self.usual.median * 1e9), np.int64),
            status=np.where(failed, 503, 200).astype(np.int16),
            error=np.zeros(n, np.uint8),
        )
        verdicts = np.where(failed, np.uint8(Verdict.FAILURE), np.uint8(Verdict.SUCCESS))
        health = HealthTimeline(lambda _: True)
        result = simulate(calls, verdicts, self.profile.config, seed=self.seed, health=health)
        why = f"{_BLIP} failed calls in a row, all others good"
        return self._none("trips on a blip", result.summary.trips, why)

    def _none(self, name: str, trips: int, why: str) -> Check:
        return self.check(name, trips == 0, float(trips), 0.0, shown=f"{trips:,}", wanted="0", why=why)

    def outage(self) -> Iterator[Check]:
        """Hold it to opening in an outage, and to closing after it."""
        yield from self._incident("outage", failure_rate=100.0, share=1.0, recovers=True)

    def brown_out(self) -> Iterator[Check]:
        """Hold it to opening where a good part of the calls fails."""
        given = self.limits.rules.brown_out or self.usual.brown_out or DEFAULT_BROWN_OUT
        name = f"brown-out of {format_percent(float(f'{given:.2g}'))}"
        yield from self._incident(name, failure_rate=given)

    def slow(self) -> Iterator[Check]:
        """Hold it to opening where all calls are slow, if it judges that and the caller waits so long."""
        config, timeout = self.profile.config, self.usual.timeout
        above = config.slow_above
        judged = config.policies.trip.slow_rate != OFF or config.policies.trip.slow_quantile > 0
        if above is None or not judged or (timeout is not None and above >= timeout):
            return
        median = above * _SLOW
        yield from self._incident("slow calls", median=median, p99=median * 1.2, timeout=median * 10)

    def _incident(
        self,
        name: str,
        *,
        failure_rate: float | None = None,
        median: float | None = None,
        p99: float | None = None,
        timeout: float | None = None,
        share: float = MILDER,
        recovers: bool = False,
    ) -> Iterator[Check]:
        rate = self.load.rate
        limit = share * self.limits.delay_at(rate, low=self.load.low) + (median or 0.0)
        wanted = limit if math.isfinite(limit) else self.limits.delay_at(rate, low=False)
        window = window_holding(self.profile.config.policies, max(1, round(1e9 / rate))).length / 1e9
        before = max(min(window, _LONGEST_WARM_UP), _LEAST_CALLS / rate)
        lasts = max(2 * wanted, _LEAST_CALLS / rate)
        recovery = min(self.recovery_limit(lasts), max(_LONGEST_RECOVERY, _LEAST_CALLS / rate))
        phases = [
            self.phase("before", before),
            self.phase(name, lasts, failure_rate=failure_rate, median=median, p99=p99),
        ]
        if recovers:
            phases.append(self.phase("after", 1.2 * recovery + FLAP))
        scenario = self.scenario(*phases, timeout=timeout)
        count = _TRIES if rate < _BUSY else _TRIES_WHEN_BUSY
        tries = [_try(changes, before, before + lasts) for changes in self.runs(scenario, count)]
        yield self._times(f"{name}: time to open", [each.opened for each in tries], limit)
        if recovers and all(each.opened is not None for each in tries):
            closing = self.limits.rules.time_to_close
            closed = [each.closed for each in tries]
            yield self._times(f"{name}: time to close", closed, recovery if closing is None else closing)

    def _times(self, name: str, found: list[float | None], limit: float) -> Check:
        place = math.ceil(_SURE * len(found)) - 1
        ordered = sorted(float("inf") if each is None else each for each in found)
        value = ordered[place]
        never = sum(each is None for each in found)
        if limit == float("inf"):
            shown = format_duration(value) if np.isfinite(value) else f"not in {never} of {len(found)} tries"
            return self.check(name, True, value, None, shown=shown, wanted="any", why="by the rules")
        return self.check(
            name,
            value <= limit,
            value if np.isfinite(value) else None,
            limit,
            shown=format_duration(value) if np.isfinite(value) else "never",
            wanted=f"≤ {format_duration(limit)}",
            why=f"not at all in {never} of {len(found)} tries" if never else "",
        )
