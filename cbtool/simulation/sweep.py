"""Many configurations on the same traffic, on all cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from cbtool.simulation.engine import Engine
from cbtool.simulation.run import Fleet, SimulationResult, simulate_fleet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.breaker import BreakerConfig


def sweep(fleet: Fleet, configs: Sequence[BreakerConfig], *, seed: int = 0) -> list[SimulationResult]:
    """Simulate every configuration with the kernel; the results have no states around each call.

    Args:
        fleet: the traffic, split and ordered once for all.
        configs: without health checks.
        seed: of the waits' jitter.

    Raises:
        ConfigurationError: a configuration has a health check.
    """
    for _, traffic in fleet.members:
        for threshold in {config.slow_call_duration_threshold for config in configs}:
            traffic.results(threshold)  # before the threads start, which would each compute it
    _ = fleet.totals

    def simulated(config: BreakerConfig) -> SimulationResult:
        return simulate_fleet(fleet, config, seed=seed, engine=Engine.KERNEL, tracing=False)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(simulated, configs))
