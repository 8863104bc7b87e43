"""Simulations of calls that come part by part; what each answers is what `run.simulate` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.metrics.summary import Impact, summarise
from cbtool.metrics.view import InstanceTransition
from cbtool.simulation.engine import Engine
from cbtool.simulation.fast import times_to_open, transitions_of
from cbtool.simulation.history import History
from cbtool.simulation.long import Counted, Heard, LongRuns, Tally
from cbtool.simulation.run import SimulationResult, check_health, times_to_open_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.traffic.calls import Calls

_NOTHING = np.zeros(0, np.uint8)


class Rows(NamedTuple):
    """Calls that are over, in no order: what `--calls-out` tells of each; arrays by call.

    Attributes:
        position: int64, where it stood among its source's calls.
        start_ns: int64, nanoseconds from the first call.
        permitted: uint8.
        before: uint8, the `State` when it arrived.
        after: uint8, the `State` just after its result was recorded, or it was refused.
    """

    position: NDArray[np.int64]
    start_ns: NDArray[np.int64]
    permitted: NDArray[np.uint8]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]


class LongSimulation:
    """Simulations of several configurations that have not begun.

    Args:
        configs: every breaker's settings, in each.
        instances: how many breakers share the calls.
        seed: of the split over the instances and of the waits' jitter.
        epoch: Unix seconds of time 0.
        told: is given each call once it is over, for each configuration; None: nobody asks.
        heard: is told what each did with each part; see `LongRuns`.
        engine: which implementation.

    Raises:
        ConfigurationError: a configuration has a health check.
    """

    def __init__(
        self,
        configs: Sequence[BreakerConfig],
        *,
        instances: int = 1,
        seed: int = 0,
        epoch: float = 0.0,
        told: Callable[[Rows], None] | None = None,
        heard: Callable[[Heard], None] | None = None,
        engine: Engine = Engine.KERNEL,
    ) -> None:
        self._heard = heard
        for config in configs:
            check_health(config, None)
        self._watched = [_Watched(config, instances, told) for config in configs]
        self._runs = LongRuns(
            configs,
            self._hear,
            instances=instances,
            seed=seed,
            epoch=epoch,
            tracing=told is not None,
            timing=True,
            engine=engine,
        )

    def advance(
        self,
        calls: Calls,
        verdicts: NDArray[np.uint8],
        *,
        last: bool,
        which: NDArray[np.int32] | None = None,
    ) -> None:
        """Go through the next part; see `LongRuns.advance`."""
        self._runs.advance(calls, verdicts, last=last, which=which)

    def results(self) -> list[SimulationResult]:
        """Return each configuration's result, without what it has of each call."""
        return [watched.result(self._runs.end_ns) for watched in self._watched]

    def rates(self) -> list[dict[str, float]]:
        """Return the rates that a `Threshold` may name, of each; see `run.values_of`."""
        return [watched.counted.rates() for watched in self._watched]

    def _hear(self, heard: Heard) -> None:
        self._watched[heard.config].hear(heard)
        if self._heard is not None:
            self._heard(heard)


class _Watched:
    """What one configuration did so far."""

    def __init__(self, config: BreakerConfig, instances: int, told: Callable[[Rows], None] | None) -> None:
        self.counted = Counted(config.slow_above)
        self._instances = instances
        self._told = told
        self._logs: list[list[NDArray[np.int64]]] = [[] for _ in range(instances)]
        self._tally = Tally()
        self._calls = self._failing = self._healthy = 0

    def result(self, end_ns: int) -> SimulationResult:
        """Return the result of all calls, the last of which ends then."""
        histories = [
            History(
                permitted=_NOTHING,
                state_before=_NOTHING,
                state_after=_NOTHING,
                transitions=tuple(each for log in logs for each in transitions_of(log)),
                time_to_open=tuple(each for log in logs for each in times_to_open(log)),
            )
            for logs in self._logs
        ]
        summary = summarise(
            (
                InstanceTransition(number, transition)
                for number, history in enumerate(histories)
                for transition in history.transitions
            ),
            calls=self._calls,
            permitted=self._tally.permitted,
            end=end_ns / 1e9,
            time_to_open=times_to_open_of(histories),
            impact=Impact(self._tally.failed_shed, self._tally.healthy_refused),
            instances=self._instances,
        )
        return SimulationResult(summary, _NOTHING, _NOTHING, _NOTHING, self._failing, self._healthy)

    def hear(self, heard: Heard) -> None:
        """Add what its breaker did with a part."""
        share, section, step = heard.share, heard.section, heard.step
        self._calls += len(heard.permitted)
        self._failing += int(np.count_nonzero(share.failing))
        self._healthy += int(np.count_nonzero(share.healthy))
        self._tally.add(heard)
        self.counted.add(share.arrivals.duration_ns, share.arrivals.verdicts, heard.permitted)
        self._logs[heard.breaker].append(step.log)
        if self._told is not None:
            over = section.traffic.call_of[section.done : section.due]
            self._told(
                Rows(
                    section.tags[over],
                    section.traffic.start_ns[over],
                    step.permitted[over],
                    step.before[over],
                    step.after[over],
                )
            )
