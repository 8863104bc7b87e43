"""A breaker's run over its traffic, section by section: what it remembers goes on in the next section.

Two kinds, one for each compiled machine; `run_of` chooses. Whichever it is, and however the traffic is cut,
decisions and transitions are those of one run over the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

from cbtool.breaker import State
from cbtool.errors import ConfigurationError
from cbtool.simulation.engine import Engine
from cbtool.simulation.kernel import CALL, CARRIED, DONE, FIRST, TAIL, run_kernel
from cbtool.simulation.parameters import Parameters, parameters_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.simulation.sections import Moves, Section

_NOTHING = np.zeros(0, np.uint8)


class Step(NamedTuple):
    """What a breaker did with a section.

    Attributes:
        permitted: uint8, by call of the section: 1 where it was let through.
        before: uint8, by call: the stored `State` when it arrived; empty where not traced.
        after: the same, when its result had been recorded or it had been refused; not yet known of calls
            whose completion is left to the next section.
        log: int64, `kernel.COLUMNS` wide: the transitions.
    """

    permitted: NDArray[np.uint8]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    log: NDArray[np.int64]


class Run(Protocol):
    """A run that pauses between sections."""

    needed: int
    """Of the section that it was taken through: the completion from which on it needs them."""

    def advance(self, section: Section, end_ns: int) -> Step:
        """Go through a section.

        Args:
            section: the next one.
            end_ns: until when the breaker is watched; −1: others follow.
        """

    def move(self, moves: Moves) -> None:
        """Make ready for the section after."""


class Columns:
    """What a run remembers of the calls that a section begins with: a number each, in several columns.

    Args:
        flags: whether they are all 0 or 1, and so a bit each.
    """

    def __init__(self, *, flags: bool) -> None:
        self._flags = flags
        self._kept = _NOTHING
        self._length = 0

    def begin(self, n: int) -> NDArray[np.uint8]:
        """Return the column for a section of n calls."""
        column = np.zeros(n, np.uint8)
        if self._length:
            count = self._length
            column[:count] = np.unpackbits(self._kept, count=count) if self._flags else self._kept
        return column

    def keep(self, column: NDArray[np.uint8], section: Section, needed: int) -> None:
        """Keep it of the calls whose completions are still needed, by completion."""
        values = column[section.traffic.call_of[needed:]]
        self._length = len(values)
        self._kept = np.packbits(values) if self._flags else values

    def move(self, moves: Moves, needed: int) -> None:
        """Keep it by the calls of the next section."""
        there = moves.call_of[needed:]
        values = self.begin(self._length)[there >= 0]
        moved = np.zeros(int(moves.calls[-1]), np.uint8)
        moved[there[there >= 0]] = values
        self._length = len(moved)
        self._kept = np.packbits(moved) if self._flags else moved


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
        from cbtool.simulation.readable_run import ReadableRun  # noqa: PLC0415  # it needs this module

        return ReadableRun(config, seed=seed, epoch=epoch)
    if config.health_check is not None:
        raise ConfigurationError("the kernel knows no health checks; use --engine machine")
    p = parameters_of(config.policies, seed)
    if p is not None:
        return StretchRun(config, p, tracing=tracing)
    from cbtool.simulation.stepwise import StepwiseRun  # noqa: PLC0415  # compiles for seconds

    return StepwiseRun(config, seed=seed, epoch=epoch, tracing=tracing, timing=timing)
