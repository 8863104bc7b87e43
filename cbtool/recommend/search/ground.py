"""What the search knows of the traffic, and what there is to choose from on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.recommend.candidates.forms import ceil_nice, shortest_wait
from cbtool.recommend.model import DEFAULT_FALSE_TRIP_COST

if TYPE_CHECKING:
    from cbtool.recommend.candidates.gates import Gate

_WINDOWS = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
_COUNTS = (4, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)  # calls
_THRESHOLDS = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0)
_SLOW_FACTORS = (1.0, 1.5, 2.0, 3.0)  # times the healthy p99
_CALLS_A_WINDOW = (2.0, 20_000.0)
_HIGHEST, _HIGHEST_UNSEEN = 80.0, 50.0  # percent; at 100 one success in a thousand calls would hold it shut
_REACHABLE = 0.8  # of a busy window's calls; a gate above can never be reached
_A_RUN = 10  # calls, of which all may well fail
_WORTH_COUNTING = 1.03  # a few percent are what another draw of incidents moves a loss by
_FORGETS = 60.0  # seconds in which the errors of a past blip should be out of the window
_VARIES = 3.0  # the busiest load beside the quietest


@dataclass(frozen=True, slots=True)
class Ground:
    """What the search knows of the traffic.

    Attributes:
        quiet: calls a second that one breaker sees at its quietest load.
        busy: the same at its busiest.
        seconds: of healthy background; no window is longer than a quarter of it.
        incident: seconds; the incidents' usual length.
        p99: of healthy durations, seconds; None: slow calls are not judged.
        break_even: percent of bad calls from which opening pays; no threshold lies below.
        false_trip_cost: of a trip outside incidents, beside the calls it refuses.
        seen: whether any incident with failures was; where none was, no threshold rules brown-outs out.
        hurried: whether any incident was; else those that candidates are tried on are imagined.
        hardly_slow: whether in an incident little more than a third of the calls were slow.
    """

    quiet: float
    busy: float
    seconds: float
    incident: float
    p99: float | None
    break_even: float
    false_trip_cost: float = DEFAULT_FALSE_TRIP_COST
    seen: bool = True
    hurried: bool = True
    hardly_slow: bool = False

    @property
    def shortest_wait(self) -> float:
        """The shortest wait to choose, in seconds."""
        return shortest_wait(self.quiet, self.p99)

    def worth(self, gate: Gate) -> float:
        """Return what a gate's loss is to be multiplied by, for what its type of window is worth beside.

        Time forgets old errors at any load, which a window of calls must be worth giving up where it spans
        more than a minute; but where the load varies, a window of time fits one load, and leaves what happens
        at the others undetected.
        """
        if not gate.counted:
            return 1.0
        if self.busy >= _VARIES * self.quiet:
            return 1 / _WORTH_COUNTING
        return _WORTH_COUNTING if gate.window > _FORGETS * self.quiet else 1.0

    def windows(self) -> list[float]:
        """Return the window lengths that hold a sensible number of calls and that the data can judge."""
        fitting = [w for w in _WINDOWS if self.can_judge(w, counted=False)]
        if fitting:
            return fitting
        wanted = max(self.seconds / 4, _CALLS_A_WINDOW[0] / self.busy)
        return [min(_WINDOWS, key=lambda w: abs(w - wanted))]

    def counts(self) -> list[float]:
        """Return the lengths of count windows, in calls, that the data can judge; four are a run."""
        return [float(n) for n in _COUNTS if self.can_judge(n, counted=True)]

    def sizes(self, gate: Gate) -> list[float]:
        """Return the windows to choose from, in the unit of the gate's own."""
        return self.counts() if gate.counted else self.windows()

    def can_judge(self, window: float, *, counted: bool) -> bool:
        """Return whether a window holds a sensible number of calls, and the background many such windows."""
        if counted:
            return window <= self.seconds * self.busy / 20
        low, high = _CALLS_A_WINDOW
        return low <= window * self.busy <= high and window <= self.seconds / 4

    def thresholds(self) -> list[float]:
        """Return the failure rates to choose from: below break-even, opening costs more than it saves."""
        return [t for t in _THRESHOLDS if self.may_open_at(t)] or [_THRESHOLDS[-1]]

    def may_open_at(self, threshold: float) -> bool:
        """Return whether opening pays at a failure rate that unseen incidents may reach, too."""
        most = max(_HIGHEST if self.seen else _HIGHEST_UNSEEN, self.break_even)
        return self.break_even - 1e-9 <= threshold <= most

    def slow_durations(self) -> list[float]:
        """Return the slow-call thresholds to choose from, in seconds, shortest first."""
        if self.p99 is None:
            return []
        return [ceil_nice(factor * self.p99) for factor in _SLOW_FACTORS]

    def reachable(self, gate: Gate) -> float:
        """Return how many calls a window surely holds at the busiest load."""
        return gate.window if gate.counted else _REACHABLE * gate.window * self.busy

    def errors_reachable(self, gate: Gate) -> float:
        """Return how many errors a window surely holds in an outage at the busiest load.

        A window of many calls is never all errors: even in an outage one in a hundred may succeed. A run of a
        few is.
        """
        if gate.counted and gate.window > _A_RUN:
            return _REACHABLE * gate.window
        return self.reachable(gate)
