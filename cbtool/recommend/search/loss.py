"""What a candidate costs on labelled traffic, in bad calls let through.

1 for each bad call admitted in an incident, the reject cost for each good call refused in one, 1 for each
good call refused outside, and 10 for each trip outside. Bad calls outside cost nothing: no setting can be
blamed for the baseline. A trip within the grace after an incident's end is still the incident's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.recommend.model import DEFAULT_FALSE_TRIP_COST
from cbtool.recommend.search.charges import charged, recovering
from cbtool.simulation.fast import run_brief
from cbtool.simulation.traffic import traffic_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker.config import BreakerConfig
    from cbtool.recommend.search.arena import Arena
    from cbtool.simulation.fast import Brief

_GRACE = 60.0  # seconds
_LEAST_GRACE = 2.0
_LATE, _BY_LUCK = 0.5, 0.1
"""Of a wait, by which recovering is taken to be late: half of one on average, and by luck up to all of it. Of
two waits that cost alike on average, the shorter is the surer; less so where breakers share the luck."""


class Outcome(NamedTuple):
    """How a configuration did on one arena."""

    loss: float
    false_trips: int
    delays: tuple[float, ...]
    """Seconds from the incident's first call to the opening; of the incidents that were detected."""
    incidents: int
    shed: int
    """Bad calls of incidents that were not sent."""
    bad: int
    """Bad calls of incidents."""


class Court:
    """One arena, prepared for judging many configurations.

    Args:
        arena: the labelled traffic.
        slow_from: the healthy p99 in seconds: a slower call is bad, too; None: no call is.
        reject_cost: of a good call refused in an incident.
        false_trip_cost: of a trip outside, beside the calls it refuses.
        breakers: that share the traffic, of which the arena is what one sees.
    """

    def __init__(
        self,
        arena: Arena,
        slow_from: float | None,
        reject_cost: float,
        false_trip_cost: float = DEFAULT_FALSE_TRIP_COST,
        breakers: int = 1,
    ) -> None:
        trace = arena.trace
        self.weight = arena.weight
        self.seconds = trace.span
        self._false_trip_cost = false_trip_cost
        self._late = _LATE + _BY_LUCK / math.sqrt(breakers)
        self._traffic = traffic_of(trace.start, trace.duration, trace.verdicts())
        self._spans = arena.spans
        bad = trace.bad(slow_from)
        inside = np.zeros(len(trace), np.bool_)
        for begin, end in arena.spans:
            inside[np.searchsorted(trace.start, begin) : np.searchsorted(trace.start, end)] = True
        self._bad_inside = bad & inside
        self.calls_inside, self.seconds_inside = int(inside.sum()), float(np.diff(arena.spans).sum()) / 1e9
        # What refusing a call saves or costs, beside letting it through.
        refusing = np.where(inside, np.where(bad, -1.0, reject_cost), np.where(bad, 0.0, 1.0))
        self._refusing_until = np.concatenate(
            ([0.0], np.cumsum(refusing.astype(np.float32), dtype=np.float64))
        )
        self.doing_nothing = float(self._bad_inside.sum())
        self._start, self._duration = trace.start, trace.duration
        self._ends = np.searchsorted(trace.start, arena.spans[:, 1])
        self._good_until = np.concatenate(([0], np.cumsum(~inside & ~bad)))
        lengths = arena.spans[:, 1] - arena.spans[:, 0]
        self._grace_until = arena.spans[:, 1] + np.clip(lengths, _LEAST_GRACE * 1e9, _GRACE * 1e9).astype(
            np.int64
        )

    def __len__(self) -> int:
        return len(self._traffic)

    def loss(self, config: BreakerConfig, scratch: NDArray[np.uint8] | None = None) -> float:
        """Return the loss of a configuration, as it is on average over where in a wait the incidents end.

        Args:
            config: the breaker's settings.
            scratch: uint8, at least as long as the court: memory for one loss after another (`run_brief`).
        """
        run = run_brief(self._traffic, config, scratch)
        return self._loss(run) + self._recovery(run.permitted, config)

    def _loss(self, run: Brief) -> float:
        charges = charged(
            run.permitted,
            run.log,
            self._start,
            self._refusing_until,
            self._spans,
            self._grace_until,
            self._false_trip_cost,
        )
        return self.doing_nothing + float(charges)

    def _recovery(self, permitted: NDArray[np.uint8], config: BreakerConfig) -> float:
        """Return what recovering would cost more on average than it did here.

        Where a breaker is open or waits for the results of trials as an incident ends, it refuses calls for
        half the time from one round of trials to the next, on average; a little more is taken (`_BY_LUCK`).
        How long it did in this arena is luck, which the search would otherwise learn. How long a growing
        wait was, and how long the trials took, is read from the run.
        """
        wait, longest = float(config.wait_duration_in_open_state), config.max_wait_duration_in_open_state
        more = recovering(
            permitted,
            self._start,
            self._duration,
            self._ends,
            self._spans,
            self._good_until,
            config.permitted_number_of_calls_in_half_open_state,
            wait,
            wait if longest is None or config.wait_backoff_multiplier <= 1.0 else float(longest),
            self._late,
        )
        return float(more)

    def judge(self, config: BreakerConfig) -> Outcome:
        """Return the loss with what it is made of."""
        run = run_brief(self._traffic, config)
        permitted, trips = run.permitted, run.trips_ns
        which = self._incident_of(trips)
        delays = []
        for incident in range(len(self._spans)):
            mine = trips[which == incident]
            if len(mine):
                delays.append(max(0.0, float(mine[0] - self._spans[incident, 0]) / 1e9))
        return Outcome(
            loss=self._loss(run),
            false_trips=int((which < 0).sum()),
            delays=tuple(delays),
            incidents=len(self._spans),
            shed=int((self._bad_inside & (permitted == 0)).sum()),
            bad=int(self._bad_inside.sum()),
        )

    def _incident_of(self, trips: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return for each trip the incident that it answers, −1 for a false one."""
        if not len(self._spans):
            return np.full(len(trips), -1)
        latest = np.searchsorted(self._spans[:, 0], trips, side="right") - 1
        within = (latest >= 0) & (trips <= self._grace_until[np.maximum(latest, 0)])
        return np.where(within, latest, -1)
