"""The search: the cheapest settings among those that keep the false-trip budget."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cbtool.recommend.forms import best_wait, ceil_nice, nice_duration
from cbtool.recommend.gates import Candidate, Gate
from cbtool.recommend.model import DEFAULT_FALSE_TRIP_COST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cbtool.recommend.false_trips import Guard
    from cbtool.recommend.loss import Court

_WINDOWS = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
_COUNTS = (5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1000)  # calls
_THRESHOLDS = (5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 80.0, 100.0)
_SLOW_THRESHOLDS = (30.0, 40.0, 50.0, 60.0, 80.0)
_SLOW_FACTORS = (1.0, 1.5, 2.0, 3.0)  # times the healthy p99
_TRIALS = (1, 2, 3, 5, 10)
_ERRORS = (
    *range(4, 11),  # one call with its two retries is three errors, which any upstream has and must not trip
 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 300, 500, 1000, 2000, 5000,
)  # fmt: skip
_CALLS_A_WINDOW = (2.0, 20_000.0)
_ROUNDS = 4
_DESCENTS = 2
_GAIN = 0.999  # a move must save at least a thousandth
_HOPELESS = 1.1  # so many times the loss on the screening courts is not made up on the others
_CALLS_AN_ERROR = (2, 4)
_TIE = 1.002
_CAUTION = 5.0
_DAY = 86_400.0
_HIGHEST, _HIGHEST_UNSEEN = 80.0, 50.0  # percent; at 100 one success in a thousand calls would hold it shut
_FAR_WITHIN = 0.02  # of the budget
_CALM_COSTS = 1.01
_WORTH_COUNTING = 1.03
_VARIES = 3.0  # the busiest load beside the quietest
_WAIT_FACTORS = (0.17, 0.25, 0.35, 0.5, 0.6, 0.7, 0.85, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0, 4.0, 6.0)
_REACHABLE = 0.8  # of a busy window's calls; a gate above can never be reached


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
    """

    quiet: float
    busy: float
    seconds: float
    incident: float
    p99: float | None
    break_even: float
    false_trip_cost: float = DEFAULT_FALSE_TRIP_COST
    seen: bool = True


@dataclass(slots=True)
class Search:
    """One search; keeps every loss it has computed.

    Args:
        guard: holds gates to the budget.
        budget: false trips a day.
        courts: the arenas to be judged on; the first ones are used to screen.
        ground: what is known of the traffic.
        screening: how many courts screen.
    """

    guard: Guard
    budget: float
    courts: Sequence[Court]
    ground: Ground
    screening: int = 3
    _losses: dict[Candidate, list[float]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))
    """The kernel runs without the interpreter's lock; idle threads end with the interpreter."""

    def best(self) -> Candidate | None:
        """Return the cheapest candidate found; None where no gate keeps the budget."""
        starts = list(self._starts())
        if not starts:
            return None
        starts.sort(key=lambda c: self._loss(c, self.screening))
        best = [self._of_kind(starts, counted=counted) for counted in (False, True)]
        found = [candidate for candidate in best if candidate is not None]
        # Time forgets old errors at any load, which a window of calls must be worth giving up; but where the
        # load varies, a window of time fits one load, and leaves what happens at the others undetected.
        varies = self.ground.busy >= _VARIES * self.ground.quiet
        handicap = 1.0 / _WORTH_COUNTING if varies else _WORTH_COUNTING
        chosen = min(found, key=lambda c: self._full_loss(c) * (handicap if c.gate.counted else 1.0))
        return self._largest_gate(self._with_calls(chosen))

    def _with_calls(self, best: Candidate) -> Candidate:
        """Return the candidate with a calls gate above the errors gate, where that saves anything."""
        for factor in _CALLS_AN_ERROR:
            move = best._replace(gate=best.gate._replace(calls=factor * best.gate.errors))
            if self.allowed(move.gate) and self._saves(move, best):
                best = move
        return best

    def _of_kind(self, starts: Sequence[Candidate], *, counted: bool) -> Candidate | None:
        """Return the cheapest candidate of one type of window."""
        mine = [start for start in starts if start.gate.counted == counted][:_DESCENTS]
        return min((self._descend(start) for start in mine), key=self._full_loss, default=None)

    def tried(self) -> list[tuple[float, Candidate]]:
        """Return the candidates that were judged on every court with their losses, the cheapest first."""
        judged = [candidate for candidate, known in self._losses.items() if len(known) == len(self.courts)]
        return sorted(((self._full_loss(c), c) for c in judged), key=lambda each: each[0])

    def losses(self, candidate: Candidate) -> list[float]:
        """Return a candidate's weighted loss on each court."""
        self._full_loss(candidate)
        return list(self._losses[candidate])

    def _starts(self) -> Iterator[Candidate]:
        slow = self.slow_durations()
        wait = nice_duration(best_wait(1, self.ground.incident, self.ground.busy))
        windows = [(window, False) for window in self.windows()] + [(n, True) for n in self.counts()]
        for window, counted in windows:
            for threshold in self.thresholds()[::2]:
                gate = Gate(window, threshold, 1, 1, counted=counted)
                if slow:
                    gate = gate._replace(slow_from=slow[-2], slow_threshold=50.0)
                fitted = self.fit(gate)
                if fitted is not None:
                    yield Candidate(fitted, wait, 1)
                    yield Candidate(fitted, wait, 3)

    def windows(self) -> list[float]:
        """Return the window lengths that hold a sensible number of calls and that the data can judge."""
        low, high = _CALLS_A_WINDOW
        longest = self.ground.seconds / 4
        fitting = [w for w in _WINDOWS if low <= w * self.ground.busy <= high and w <= longest]
        return fitting or [min(_WINDOWS, key=lambda w: abs(w - max(longest, low / self.ground.busy)))]

    def sizes(self, gate: Gate) -> list[float]:
        """Return the windows to choose from, in the unit of the gate's own."""
        return self.counts() if gate.counted else self.windows()

    def counts(self) -> list[float]:
        """Return the lengths of count windows, in calls, that the data can judge."""
        return [float(n) for n in _COUNTS if n <= self.ground.seconds * self.ground.busy / 20]

    def thresholds(self) -> list[float]:
        """Return the failure rates to choose from: below break-even, opening costs more than it saves."""
        most = max(_HIGHEST if self.ground.seen else _HIGHEST_UNSEEN, self.ground.break_even)
        fitting = [t for t in _THRESHOLDS if self.ground.break_even - 1e-9 <= t <= most]
        return fitting or [_THRESHOLDS[-1]]

    def slow_durations(self) -> list[float]:
        """Return the slow-call thresholds to choose from, in seconds, shortest first."""
        if self.ground.p99 is None:
            return []
        return [ceil_nice(factor * self.ground.p99) for factor in _SLOW_FACTORS]

    def fit(self, gate: Gate) -> Gate | None:
        """Return the gate with the smallest errors gate that keeps the budget; None where none does."""
        reachable = self._reachable(gate)
        low, high = 0, sum(errors <= reachable for errors in _ERRORS)
        top = high
        while low < high:
            middle = (low + high) // 2
            if self.allowed(_with_errors(gate, _ERRORS[middle])):
                high = middle
            else:
                low = middle + 1
        return _with_errors(gate, _ERRORS[low]) if low < top else None

    def allowed(self, gate: Gate) -> bool:
        """Return whether a gate keeps the budget, and a total outage at the busiest load would open it."""
        if gate.calls > self._reachable(gate):
            return False
        return self.guard.false_trips(gate).upper <= self.budget

    def _reachable(self, gate: Gate) -> float:
        """Return how many calls, or errors in an outage, a window surely holds at the busiest load."""
        return gate.window if gate.counted else _REACHABLE * gate.window * self.ground.busy

    def _descend(self, start: Candidate) -> Candidate:
        best, loss = start, self._full_loss(start)
        for _ in range(_ROUNDS):
            before = loss
            for moves in (_waits, self._thresholds, self._errors, self._windows, _trials, self._slow):
                for move in moves(best):
                    if move != best and self.allowed(move.gate) and self._saves(move, best):
                        best, loss = move, self._full_loss(move)
            if loss == before:
                break
        return best

    def _saves(self, move: Candidate, best: Candidate) -> bool:
        """Return whether a move costs less; one that looks bad on the first courts is not tried on all."""
        few = self.screening
        if self._loss(move, few) > _HOPELESS * self._loss(best, few) + 1.0:
            return False
        return self._full_loss(move) < _GAIN * self._full_loss(best)

    def _thresholds(self, at: Candidate) -> Iterator[Candidate]:
        for threshold in self.thresholds():
            yield from self._fitted(at, at.gate._replace(threshold=threshold))

    def _windows(self, at: Candidate) -> Iterator[Candidate]:
        windows = self.sizes(at.gate)
        place = min(range(len(windows)), key=lambda i: abs(windows[i] - at.gate.window))
        for window in windows[max(0, place - 2) : place + 3]:
            yield from self._fitted(at, at.gate._replace(window=window))

    def _errors(self, at: Candidate) -> Iterator[Candidate]:
        larger = [k for k in _ERRORS if k > at.gate.errors][:3]
        smaller = [k for k in _ERRORS if k < at.gate.errors][-2:]
        for errors in (*smaller, *larger):
            yield at._replace(gate=_with_errors(at.gate, errors))

    def _slow(self, at: Candidate) -> Iterator[Candidate]:
        for slow_from in self.slow_durations():
            yield from self._fitted(at, at.gate._replace(slow_from=slow_from))
        if at.gate.slow_from is not None:
            for threshold in _SLOW_THRESHOLDS:
                yield from self._fitted(at, at.gate._replace(slow_threshold=threshold))

    def _fitted(self, at: Candidate, gate: Gate) -> Iterator[Candidate]:
        if gate == at.gate:
            return
        fitted = self.fit(gate)
        if fitted is not None:
            yield at._replace(gate=fitted)

    def _largest_gate(self, best: Candidate) -> Candidate:
        """Among near ties the larger errors gate: it costs nothing, and guards against the unseen.

        A gate whose false trips come near the budget may cost a little, too.
        """
        best = self._calmer(best)
        bar = _TIE * self._full_loss(best) + 0.5
        # So many errors the threshold asks for anyway when the quietest load fills a window.
        most = best.gate.threshold / 100 * best.gate.holds(self.ground.quiet)
        for errors in (k for k in _ERRORS if best.gate.errors < k <= most):
            larger = best._replace(gate=_with_errors(best.gate, errors))
            if not self.allowed(larger.gate) or self._full_loss(larger) > bar:
                break
            best = larger
        return best

    def _calmer(self, best: Candidate) -> Candidate:
        bar = _CALM_COSTS * self._full_loss(best) + 0.5
        for errors in (k for k in _ERRORS if k > best.gate.errors):
            if self.guard.false_trips(best.gate).upper <= self.budget * _FAR_WITHIN:
                break
            larger = best._replace(gate=_with_errors(best.gate, errors))
            if not self.allowed(larger.gate) or self._full_loss(larger) > bar:
                break
            best = larger
        return best

    def _full_loss(self, candidate: Candidate) -> float:
        return self._loss(candidate, len(self.courts)) + self._caution(candidate)

    def _caution(self, candidate: Candidate) -> float:
        """Return what the false trips cost that are too rare for the courts to show.

        The guard's rate over the courts' time, each trip with the calls that it refuses; several times over,
        since a breaker that cries wolf is switched off.
        """
        seconds = sum(court.weight * court.seconds for court in self.courts)
        each = self.ground.false_trip_cost + candidate.wait * self.ground.busy
        return _CAUTION * self.guard.false_trips(candidate.gate).upper * seconds / _DAY * each

    def _loss(self, candidate: Candidate, courts: int) -> float:
        """Return the loss over the first `courts` courts; what is known already is not judged again."""
        known = self._losses.setdefault(candidate, [])
        if len(known) < courts:
            config = candidate.config()
            rest = self.courts[len(known) : courts]
            known += self._pool.map(lambda court: court.weight * court.loss(config), rest)
        return sum(known[:courts])


def _with_errors(gate: Gate, errors: int) -> Gate:
    """A calls gate below the errors gate would say nothing, so it is at least that."""
    calls = errors if gate.calls <= gate.errors else max(gate.calls, errors)
    return gate._replace(errors=errors, calls=calls)


def _waits(at: Candidate) -> Iterator[Candidate]:
    tried = {max(0.5, nice_duration(at.wait * factor)) for factor in _WAIT_FACTORS} - {at.wait}
    for wait in sorted(tried, key=lambda w: abs(math.log(w / at.wait))):  # a flap's rhythm has more than one
        yield at._replace(wait=wait)


def _trials(at: Candidate) -> Iterator[Candidate]:
    for trials in _TRIALS:
        yield at._replace(trials=trials)
