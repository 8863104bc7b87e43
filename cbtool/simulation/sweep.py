"""Many configurations on the same traffic, on all cores."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from cbtool.simulation.engine import Engine
from cbtool.simulation.run import Fleet, SimulationResult, simulate_fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cbtool.breaker import BreakerConfig

    Kept = TypeVar("Kept")


def sweep(
    fleet: Fleet,
    configs: Sequence[BreakerConfig],
    keep: Callable[[SimulationResult], Kept],
    *,
    seed: int = 0,
) -> Iterator[Kept]:
    """Simulate every configuration with the kernel, and yield what is kept of each result, in order.

    A result has an answer for every call, and no states around it: of thousands, none is kept whole.

    Args:
        fleet: the traffic, split and ordered once for all.
        configs: without health checks.
        keep: what is kept of a result.
        seed: of the waits' jitter.

    Raises:
        ConfigurationError: a configuration has a health check.
    """
    for _, traffic in fleet.members:
        for threshold in {config.slow_above for config in configs}:
            traffic.results(threshold)  # before the threads start, which would each compute it
    _ = fleet.totals

    def simulated(config: BreakerConfig) -> Kept:
        return keep(simulate_fleet(fleet, config, seed=seed, engine=Engine.KERNEL, tracing=False))

    cores = os.cpu_count() or 1
    waiting = iter(configs)
    with ThreadPoolExecutor(max_workers=cores) as pool:
        # Few ahead at a time, so that Ctrl-C need not wait for thousands.
        running = deque(pool.submit(simulated, config) for config in islice(waiting, 2 * cores))
        while running:
            yield running.popleft().result()
            running.extend(pool.submit(simulated, config) for config in islice(waiting, 1))
