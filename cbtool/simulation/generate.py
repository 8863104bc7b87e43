"""A scenario's calls, drawn at once: what the fault lab would have done to each, without waiting for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.checks import positive
from cbtool.traffic.arrivals import of_scenario
from cbtool.traffic.calls import Calls
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.scenario import SLOW_START_FACTOR, Phase, Scenario
from cbtool.traffic.seeds import generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CONNECTION_ERROR_AFTER = 0.001
"""Seconds after which a refused or reset connection is known."""

_GENERATE = 4
"""This module's purpose among those of `seeds.generator`: 2 and 3 are thinning's."""

_GOOD_STATUS = 200


@dataclass(frozen=True)
class Generated:
    """A scenario's calls, and when the first of them starts, in seconds of the scenario."""

    calls: Calls
    origin: float


def calls_of(
    scenario: Scenario, *, load: float = 1.0, seed: int | None = None, timeout: float | None = None
) -> Calls:
    """Return a scenario's calls.

    Args:
        scenario: what holds when.
        load: multiplies every rate; over 0.
        seed: of every draw; None: the scenario's.
        timeout: seconds after which the caller gives up; None: the scenario's.

    Raises:
        InvalidSettingError: the load or the timeout is not over 0.
    """
    return generate(scenario, load=load, seed=seed, timeout=timeout).calls


def generate(
    scenario: Scenario, *, load: float = 1.0, seed: int | None = None, timeout: float | None = None
) -> Generated:
    """Return what `calls_of` does, with the origin of its times."""
    limit = scenario.timeout if timeout is None else timeout
    positive("timeout", limit)
    seed = scenario.seed if seed is None else seed
    arrivals = of_scenario(scenario, seed, load)
    random = generator(seed, _GENERATE)
    instance = random.integers(0, scenario.instances, len(arrivals), dtype=np.int32)
    drawn = _Draw(len(arrivals), random)
    phases = np.searchsorted(scenario.starts, arrivals / 1e9, side="right") - 1
    for index in range(len(scenario.phases)):
        chosen = np.flatnonzero(phases == index)
        if len(chosen):
            drawn.phase(scenario, index, chosen, arrivals[chosen] / 1e9, instance[chosen])
    drawn.give_up_after(limit)
    origin_ns = int(arrivals[0]) if len(arrivals) else 0
    several = scenario.instances > 1
    calls = Calls(
        start_ns=arrivals - origin_ns,
        duration_ns=np.rint(drawn.duration * 1e9).astype(np.int64),
        status=drawn.status,
        error=drawn.error,
        instance=instance if several else None,
        instances=tuple(f"instance-{number}" for number in range(scenario.instances)) if several else (),
    )
    return Generated(calls, origin_ns / 1e9)


class _Draw:
    """What becomes of each call, filled in phase by phase."""

    def __init__(self, n: int, random: np.random.Generator) -> None:
        self.duration = np.zeros(n)
        self.status = np.zeros(n, np.int16)
        self.error = np.zeros(n, np.uint8)
        self._random = random
        self._lot = 100.0 * random.random(n)
        self._normal = random.standard_normal(n)
        self._which = random.random(n)

    def phase(
        self, scenario: Scenario, index: int, chosen: NDArray[np.intp], t: Floats, instance: NDArray[np.int32]
    ) -> None:
        """Draw the calls `chosen`, which start at `t` seconds, in phase `index`."""
        phase, start = scenario.phases[index], scenario.starts[index]
        into = np.clip(t - start, 0.0, phase.duration)
        resets, timeouts, failures = _faults(scenario, index, into)
        if phase.refuse:
            resets = np.full(len(t), 100.0)
        faulty = instance < phase.bad_instances if phase.bad_instances else np.ones(len(t), bool)
        lot = self._lot[chosen]
        reset = faulty & (lot < resets)
        hangs = faulty & ~reset & (lot < resets + timeouts)
        fails = faulty & ~reset & ~hangs & (lot < resets + timeouts + failures)
        status = np.full(len(t), _GOOD_STATUS, np.int16)
        statuses = np.array(scenario.at(start).statuses, np.int16)
        status[fails] = statuses[(self._which[chosen][fails] * len(statuses)).astype(np.int64)]
        status[reset] = 0
        duration = _latency(phase, into, self._normal[chosen])
        duration[hangs] = phase.hang
        duration[reset] = CONNECTION_ERROR_AFTER
        self.duration[chosen] = duration
        self.status[chosen] = status
        self.error[chosen] = np.where(reset, ErrorKind.CONNECTION_ERROR, ErrorKind.NONE)

    def give_up_after(self, timeout: float) -> None:
        """Let the caller give up on the calls that take longer."""
        late = self.duration > timeout
        self.duration[late] = timeout
        self.status[late] = 0
        self.error[late] = ErrorKind.TIMEOUT


def _faults(scenario: Scenario, index: int, into: Floats) -> tuple[Floats, Floats, Floats]:
    """`Scenario.at`'s reset, timeouts and failure_rate (percent), `into` seconds into a phase."""
    phase = scenario.phases[index]
    end = phase.failure_rate if phase.failure_rate_to is None else phase.failure_rate_to
    failing = phase.failure_rate + (end - phase.failure_rate) * into / phase.duration
    own = (np.full(len(into), phase.reset), np.full(len(into), phase.timeouts), failing)
    if not index or not phase.recovery:
        return own
    # At the phase's very start, what holds is still what held when the phase before ended.
    before = scenario.at(scenario.starts[index])
    left = np.clip(1.0 - into / phase.recovery, 0.0, 1.0)
    blended = (
        left * last + (1.0 - left) * now
        for last, now in zip((before.reset, before.timeouts, before.failure_rate), own, strict=True)
    )
    resets, timeouts, failures = blended
    return resets, timeouts, failures


def _latency(phase: Phase, into: Floats, normal: Floats) -> Floats:
    """Return log-normal latencies (seconds) for standard normal draws."""
    median = np.full(len(into), phase.latency_median)
    if phase.slow_start:
        share = np.clip(into / phase.slow_start, 0.0, 1.0)
        median *= SLOW_START_FACTOR + (1.0 - SLOW_START_FACTOR) * share
    latency: Floats = median * np.exp(phase.latency_sigma * normal)
    return latency
