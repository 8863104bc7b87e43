"""What a breaker's trips were worth: which fell into an incident, how late, and which were false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.recommend.incidents.incidents import incidents_of
from cbtool.recommend.model import Budget
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.long_trace import LongTrace
from cbtool.recommend.reading.trace import trace_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.model import Incident
    from cbtool.recommend.reading.columns import TraceColumns
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

_AT_ONCE = 4096  # openings
_AFTERWARDS = 2.0  # seconds in which the last results of an incident still come in


@dataclass(frozen=True, slots=True)
class Judgement:
    """One simulation against the incidents of its traffic.

    Attributes:
        false_trips: openings while no incident was going on.
        caught: incidents in which a breaker was open at some time.
        incidents: how many there were.
        delays: seconds from the start of each caught incident to the first opening in it.
    """

    false_trips: int
    caught: int
    incidents: int
    delays: tuple[float, ...]

    @property
    def mean_delay(self) -> float | None:
        """The mean of the delays; None where nothing was caught."""
        return sum(self.delays) / len(self.delays) if self.delays else None

    def to_json(self) -> dict[str, Any]:
        """Return the judgement as plain values."""
        return {
            "false_trips": self.false_trips,
            "incidents": self.incidents,
            "caught": self.caught,
            "detection_delay": self.mean_delay,
        }


def incidents_in(
    calls: Calls, verdicts: NDArray[Any], *, budget: Budget | None = None
) -> tuple[Incident, ...]:
    """Return the incidents that a breaker should act on, found without labels as `recommend` does.

    Args:
        calls: n calls.
        verdicts: uint8, n values of `Verdict`.
        budget: what refusing costs; None: the defaults.
    """
    return incidents_along(trace_of(calls, verdicts), budget=budget)


def incidents_in_parts(calls: LongCalls, rules: OutcomeRules) -> tuple[Incident, ...]:
    """Return the same of calls that need not be in memory.

    Raises:
        UnreachableError: there is no room on the disk.
    """
    trace = LongTrace()
    for part in calls.parts():
        trace.append(part, rules.verdicts(part))
    found = incidents_along(trace)
    trace.close()
    return found


def incidents_along(trace: TraceColumns, *, budget: Budget | None = None) -> tuple[Incident, ...]:
    """Return the same of a trace, which need not be in memory."""
    if len(trace) < 2:  # nothing between them
        return ()
    found = incidents_of(trace, healthy_p99(trace), budget or Budget())
    return tuple(incident for incident in found if incident.actionable)


def judge(result: SimulationResult, incidents: Sequence[Incident]) -> Judgement:
    """Return what a simulation's trips were worth.

    Args:
        result: of the same traffic that the incidents are of, or of a part of it.
        incidents: in order; times in seconds from the first call.
    """
    judge_ = Judge(incidents)
    judge_.hear([each.transition.time for each in result.summary.transitions if each.transition.trips])
    return judge_.judgement()


class Judge:
    """Judges openings as they come to be known; remembers no more than an incident each.

    Args:
        incidents: in order; times in seconds from the first call.
    """

    def __init__(self, incidents: Sequence[Incident]) -> None:
        self._start = np.array([incident.start for incident in incidents], float)
        self._end = np.array([incident.end + _AFTERWARDS for incident in incidents], float)
        self._opened = np.full(len(incidents), np.inf)
        self._false_trips = 0

    def hear(self, times: Sequence[float] | NDArray[np.float64]) -> None:
        """Note that a closed breaker opened at each of these times, in seconds from the first call."""
        for first in range(0, len(times), _AT_ONCE):
            some = np.asarray(times[first : first + _AT_ONCE], float)
            within = (self._start[:, None] <= some) & (some <= self._end[:, None])
            self._false_trips += len(some) - int(np.count_nonzero(within.any(axis=0)))
            self._opened = np.minimum(self._opened, np.where(within, some, np.inf).min(axis=1))

    def judgement(self) -> Judgement:
        """Return what all of them were worth."""
        caught = np.isfinite(self._opened)
        delays = tuple((self._opened - self._start)[caught].tolist())
        return Judgement(self._false_trips, len(delays), len(caught), delays)
