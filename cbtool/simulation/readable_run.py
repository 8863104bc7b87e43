"""The readable engine over a traffic that comes in sections; see `run_parts.Run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.simulation.readable import Events
from cbtool.simulation.run_parts import Step
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.simulation.sections import Moves, Section

_COLUMNS = 10  # of `kernel.COLUMNS`, which is not loaded for this


class ReadableRun:
    """A `CircuitBreaker`, told call by call."""

    def __init__(self, config: BreakerConfig, *, seed: int, epoch: float) -> None:
        self.needed = 0
        self._events = Events(config, seed, epoch)

    def advance(self, section: Section, end_ns: int) -> Step:
        """Go through a section; see `run_parts.Run`."""
        events, traffic = self._events, section.traffic
        events.begin(traffic)
        events.through(traffic, section.behind, section.done, section.due)
        if end_ns < 0:
            self.needed = section.due
        else:
            events.finish(end_ns)
        log = np.array(list(self._rows()), np.int64).reshape(-1, _COLUMNS)
        events.transitions.clear()
        events.time_to_open.clear()
        return Step(events.permitted(), events.before, events.after, log)

    def move(self, moves: Moves) -> None:
        """Make ready for the section after."""
        staying: NDArray[np.bool_] = np.diff(moves.calls) > 0
        self._events.leave(staying)

    def _rows(self) -> Iterator[tuple[int, ...]]:
        """Yield the transitions as the kernel logs them."""
        noticed = iter(self._events.time_to_open)
        for each in self._events.transitions:
            began = to_ns(each.time - next(noticed)) if each.trips else -1
            wait = -1 if each.wait is None else to_ns(each.wait)
            yield (
                to_ns(each.time),
                each.source,
                each.target,
                each.reason,
                *each.snapshot,
                wait,
                began,
            )
