"""A breaker's run over its traffic, section by section: what it remembers goes on in the next section.

Two kinds, one for each compiled machine; `run_of` chooses. Whichever it is, and however the traffic is cut,
decisions and transitions are those of one run over the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker import State
from cbtool.errors import ConfigurationError
from cbtool.simulation.engine import Engine
from cbtool.simulation.kernel import CALL, CARRIED, DONE, FIRST, TAIL, run_kernel
from cbtool.simulation.parameters import Parameters, parameters_of
from cbtool.simulation.run_parts import Columns, Step

if TYPE_CHECKING:
    from cbtool.breaker import BreakerConfig
    from cbtool.simulation.run_parts import Run
    from cbtool.simulation.sections import Moves, Section


class StretchRun:
    """The kernel of stretches: our own semantics and its kin."""

    def __init__(self, config: BreakerConfig, p: Parameters, *, tracing: bool) -> None:
        self.needed = 0
        self._slow_above = config.slow_above
        self._parameters = p
        self._tracing = tracing
        self._carry = np.zeros(len(CARRIED), np.int64)
        self._permitted = Columns(flags=True)
        self._before, self._after = Columns(flags=False), Columns(flags=False)

    def advance(self, section: Section, end_ns: int) -> Step:
        """Go through a section; see `Run`."""
        traffic, due = section.traffic, section.due
        n = len(traffic)
        permitted = self._permitted.begin(n)
        before, after = (each.begin(n if self._tracing else 0) for each in (self._before, self._after))
        results = traffic.results(self._slow_above)
        log = run_kernel(
            traffic.start_ns,
            traffic.call_of[:due],
            traffic.end_ns[:due],
            traffic.started[:due],
            traffic.settled,
            results,
            self._parameters,
            end_ns,
            permitted,
            before,
            after,
            int(self._tracing),
            self._carry,
        )
        if end_ns < 0:
            self.needed = int(self._carry[TAIL]) if self._carry[0] == State.CLOSED else due
            self._permitted.keep(permitted, section, self.needed)
            if self._tracing:
                self._before.keep(before, section, self.needed)
                self._after.keep(after, section, self.needed)
        return Step(permitted, before, after, log)

    def move(self, moves: Moves) -> None:
        """Make ready for the section after."""
        for index in (FIRST, CALL):
            self._carry[index] = moves.calls[self._carry[index]]
        for index in (DONE, TAIL):
            self._carry[index] = moves.completions[self._carry[index]]
        self._permitted.move(moves, self.needed)
        if self._tracing:
            self._before.move(moves, self.needed)
            self._after.move(moves, self.needed)


def run_of(
    config: BreakerConfig,
    *,
    seed: int = 0,
    epoch: float = 0.0,
    tracing: bool = False,
    timing: bool = True,
    engine: Engine = Engine.KERNEL,
) -> Run:
    """Return a run that has not begun.

    Args:
        config: the breaker's settings.
        seed: of the wait's jitter.
        epoch: Unix seconds of time 0.
        tracing: whether the states around each call are wanted; they are empty otherwise.
        timing: whether it is wanted when the bad stretches began that tripped; may be told all the same.
        engine: which implementation; the machine tells states and beginnings in any case.

    Raises:
        ConfigurationError: the configuration has a health check.
    """
    if engine is Engine.MACHINE:
        from cbtool.simulation.readable_run import ReadableRun  # noqa: PLC0415  # seldom asked for

        return ReadableRun(config, seed=seed, epoch=epoch)
    if config.health_check is not None:
        raise ConfigurationError("the kernel knows no health checks; use --engine machine")
    p = parameters_of(config.policies, seed)
    if p is not None:
        return StretchRun(config, p, tracing=tracing)
    from cbtool.simulation.stepwise import StepwiseRun  # noqa: PLC0415  # compiles for seconds

    return StepwiseRun(config, seed=seed, epoch=epoch, tracing=tracing, timing=timing)
