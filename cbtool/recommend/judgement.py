"""What a breaker's trips were worth: which fell into an incident, how late, and which were false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.recommend.healthy import healthy_p99
from cbtool.recommend.incidents import tell_apart
from cbtool.recommend.model import Budget
from cbtool.recommend.trace import trace_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.model import Incident
    from cbtool.simulation.run import SimulationResult
    from cbtool.traffic.calls import Calls

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
    trace = trace_of(calls, verdicts)
    if len(trace) < 2:  # nothing between them
        return ()
    sides = tell_apart(trace, healthy_p99(trace), budget or Budget())
    return tuple(incident for incident in sides.incidents if incident.actionable)


def judge(result: SimulationResult, incidents: Sequence[Incident]) -> Judgement:
    """Return what a simulation's trips were worth.

    Args:
        result: of the same traffic that the incidents are of, or of a part of it.
        incidents: in order; times in seconds from the first call.
    """
    openings = [each.transition.time for each in result.summary.transitions if each.transition.trips]
    delays = tuple(
        found
        for found in (_delay(openings, incident.start, _end(incident)) for incident in incidents)
        if found is not None
    )
    return Judgement(
        false_trips=sum(not _within(time, incidents) for time in openings),
        caught=len(delays),
        incidents=len(incidents),
        delays=delays,
    )


def _delay(openings: Iterable[float], start: float, end: float) -> float | None:
    """Return the seconds to the first opening of an incident; None where there is none."""
    return next((time - start for time in openings if start <= time <= end), None)


def _within(time: float, incidents: Iterable[Incident]) -> bool:
    return any(incident.start <= time <= _end(incident) for incident in incidents)


def _end(incident: Incident) -> float:
    return incident.end + _AFTERWARDS
