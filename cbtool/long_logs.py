"""What is asked of calls that do not fit in memory: the answers are those that they would have in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.reading.long_trace import LongTrace
from cbtool.recommend.surroundings.reach import given_up, observed_along
from cbtool.simulation.engine import Engine
from cbtool.simulation.long import flagged
from cbtool.simulation.long_simulation import LongSimulation

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.breaker import BreakerConfig
    from cbtool.breaker.reach import Reachability
    from cbtool.simulation.long_simulation import Rows
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls


class LongAnswer(NamedTuple):
    """What a simulation answers.

    Attributes:
        result: without what it has of each call.
        values: the numbers that a `Threshold` may name.
        reach: what can become of every rule at the loads of the calls.
    """

    result: SimulationResult
    values: dict[str, float]
    reach: Reachability


def simulate_long(
    calls: LongCalls,
    rules: OutcomeRules,
    config: BreakerConfig,
    *,
    instances: int = 1,
    seed: int = 0,
    engine: Engine = Engine.KERNEL,
    told: Callable[[Rows], None] | None = None,
) -> LongAnswer:
    """Simulate a configuration.

    Args:
        calls: n calls.
        rules: what they count as.
        config: every breaker's settings.
        instances: how many breakers share the calls.
        seed: of the split and of the waits' jitter.
        engine: which implementation; the kernel, unless it is the machine.
        told: is given each call once it is over; None: nobody asks.

    Raises:
        ConfigurationError: the configuration has a health check.
        UnreachableError: there is no room on the disk.
    """
    simulation = LongSimulation(
        [config], instances=instances, seed=seed, epoch=calls.epoch, told=told, engine=engine
    )
    trace, gave_up = LongTrace(), [np.zeros(0, np.int64)]
    for part, last in flagged(calls):
        verdicts = rules.verdicts(part)
        simulation.advance(part, verdicts, last=last)
        trace.append(part, verdicts)
        gave_up.append(given_up(part))
    reach = observed_along(config, trace, np.concatenate(gave_up), instances=instances)
    trace.close()
    [result], [rates] = simulation.results(), simulation.rates()
    return LongAnswer(result, result.summary.values() | rates, reach)
