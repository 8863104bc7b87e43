"""The settings that were found, with all that they were found in, for what surrounds them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Candidate
    from cbtool.recommend.incidents.excerpt import Clock
    from cbtool.recommend.incidents.incidents import Sides
    from cbtool.recommend.incidents.own_incidents import Own
    from cbtool.recommend.model import Budget, Incident, Regime
    from cbtool.recommend.reading.columns import TraceColumns
    from cbtool.recommend.reading.trace import Trace
    from cbtool.recommend.search.search import Search
    from cbtool.recommend.search.spells import Spell

_USUAL_BROWN_OUT = 0.4  # where none was seen


@dataclass(frozen=True, slots=True)
class Found:
    """One search's result and its ground. Times are seconds unless they say nanoseconds.

    Attributes:
        trace: the calls that count.
        instance: by call, which breaker it goes to.
        sides: incidents and the healthy background.
        healthy: the calls outside incidents, of all breakers.
        p99: the healthy calls'; None: durations say nothing.
        budget: what was asked for.
        regimes: levels of load, as one breaker sees them.
        instances: how many breakers.
        seed: of every random choice.
        search: with what it knows of the candidates that it tried.
        candidate: the settings.
        calm: healthy calls of one breaker, incidents cut out of its time.
        spells: the incidents to act on; empty where none was seen.
        library: incidents that any upstream can have, for where none was seen.
        own: incidents of single instances, where each has its own breaker.
        whole: all calls that count, of which `trace` is an excerpt where they do not fit in memory.
        clock: the excerpt's, by which `trace` and `spans` are; None: the log's own.
        log_format: what the calls were read from; empty where that was no log.
    """

    trace: Trace
    instance: NDArray[np.int32]
    sides: Sides
    healthy: Trace
    p99: float | None
    budget: Budget
    regimes: tuple[Regime, ...]
    instances: int
    seed: int
    search: Search
    candidate: Candidate
    calm: Trace
    spells: Sequence[Spell]
    library: Sequence[Spell]
    log_format: str
    own: Own
    whole: TraceColumns
    clock: Clock | None = None

    @property
    def actionable(self) -> tuple[Incident, ...]:
        """The incidents that a breaker should act on."""
        return tuple(i for i in self.sides.incidents if i.actionable)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """When these were, as (from, to) nanoseconds; `to` is the last call in it."""
        start = self.trace.start
        return [(int(start[s.first]), int(start[s.last])) for s in self.sides.actionable]

    @property
    def usual(self) -> Regime:
        """The load that there is most of the time."""
        return max(self.regimes, key=lambda regime: regime.share_of_time)

    @property
    def brown_out(self) -> float:
        """The share of failures in the mildest failing incident, 0 to 1; 0.4 where none was seen."""
        failing = [i.failed / 100 for i in self.actionable if i.kind != "slow"]
        return min(failing) if failing else _USUAL_BROWN_OUT

    @property
    def slow_incident(self) -> tuple[float, float]:
        """The mildest slow incident: the share of slow calls in it, 0 to 1, and how long they take, seconds.

        Where none was seen, the library's: all calls ten times as slow.
        """
        slow = [(i.slow / 100, i.start, i.end) for i in self.actionable if i.kind == "slow"]
        if self.p99 is None or not slow:
            typical = float(np.median(self.calm.duration)) / 1e9 if len(self.calm) else 0.0
            return 1.0, max(10.0 * typical, 4.0 * (self.p99 or 0.0))
        level, begin, end = min(slow)
        start = self.trace.start / 1e9
        held = self.trace.duration[(start >= begin) & (start <= end) & self.trace.slower_than(self.p99)]
        return level, float(np.median(held)) / 1e9 if len(held) else self.p99

    @property
    def failing_takes(self) -> float:
        """How long a failing call takes, the median in incidents; in healthy time where there were none."""
        failed = self.trace.failed & ~self.sides.background
        held = self.trace.duration[failed if failed.any() else ~self.trace.failed]
        return float(np.median(held)) / 1e9 if len(held) else 0.0
