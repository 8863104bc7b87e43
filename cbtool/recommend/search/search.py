"""The search: the cheapest settings among those that keep the false-trip budget."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.candidates.forms import best_wait, nice, nice_duration
from cbtool.recommend.candidates.gates import Candidate, Gate
from cbtool.recommend.candidates.habits import habits
from cbtool.recommend.candidates.moves import ERRORS, other_errors, trials, waits, with_errors, with_slow
from cbtool.recommend.search.backoff import WORTH_GROWING, growing, nearby
from cbtool.recommend.search.calmer import largest_gate
from cbtool.recommend.search.closest import closest_errors, closest_windows
from cbtool.recommend.search.resets import settled
from cbtool.recommend.search.scores import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.false_trips.false_trips import Guard
    from cbtool.recommend.search.ground import Ground
    from cbtool.recommend.search.loss import Court

_SLOW_THRESHOLDS = (30.0, 40.0, 50.0, 60.0, 80.0)
_ROUNDS = 4
_PROMISING = 16  # starts of a kind that are worth a second look
_DESCENTS = 2
_FAR_BEHIND = 1.02  # a rival, after a round of moves: not worth another
_GROWN = 4  # growing waits that are worth a second look
_NEARLY = 0.99  # of the loss; a growing wait that saves less is not worth a closer look
_FINER = (0.6, 0.8, 1.25, 1.6)  # of a window: between the grid's
_FINER_PERCENT = (-10.0, -5.0, 5.0, 10.0)  # of a threshold: fives are what a person would write
_GAIN = 0.999  # a move must save at least a thousandth
_HOPELESS = 1.1  # so many times the loss on the screening courts is not made up on the others
_OVERTAKES = 0.97  # of the loss; less is what another draw of incidents moves it by
_CALLS_AN_ERROR = (2, 4)
_CAUTION = 5.0  # times what false trips cost by count: a breaker that cries wolf is switched off
_IMAGINED = 6.0
"""Times as many incidents as to expect, where none was seen: three for half a one (Jeffreys' prior)."""
_DAY = 86_400.0
_WARY = 0.1  # of the loss, to ride through all retries that were not seen


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
    timely: Callable[[Gate], bool] = lambda _: True
    """Whether a gate opens as soon as is asked."""
    _losses: dict[Candidate, list[float]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(2))
    """The kernel runs without the interpreter's lock; idle threads end with the interpreter."""

    def best(self) -> Candidate | None:
        """Return the cheapest candidate found; None where no gate keeps the budget.

        Windows of calls and of time are told apart after the finer moves, which gain one of them more than
        the other: a grid may hold no window of the right length for one.
        """
        starts, habits_ = list(self._starts()), list(self._habits())
        if not starts and not habits_:
            return None
        best = [self._of_kind(starts, habits_, counted=counted) for counted in (False, True)]
        ahead, *behind = sorted((each for each in best if each is not None), key=self.weighed)
        chosen = self._refined(ahead)
        for other in behind:
            if self.weighed(other) <= _HOPELESS * self.weighed(ahead):
                refined = self._refined(other)
                if self.weighed(refined) < _OVERTAKES * self.weighed(chosen):
                    chosen = refined
        return chosen

    def best_of(self, start: Candidate, timely: Callable[[Gate], bool]) -> Candidate:
        """Return the cheapest candidate found from a start, of those alone whose gate opens in time."""
        return replace(self, timely=timely).onwards(start)

    def onwards(self, start: Candidate) -> Candidate:
        """Return the cheapest candidate found from a start."""
        return self._refined(self._descend(start))

    def _refined(self, at: Candidate) -> Candidate:
        """Return the candidate after the finer moves, of which each is tried once."""
        return largest_gate(self._reset(self._with_calls(self._finer(at))), self)

    def _table(self, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Return the losses of candidates, a row each and a column a court."""
        self._judge(candidates, len(self.courts))
        cautions = [[self._caution(each) / len(self.courts)] for each in candidates]
        return np.array([self._losses[each] for each in candidates]) + cautions

    def _of_kind(
        self, starts: Sequence[Candidate], habits_: Sequence[Candidate], *, counted: bool
    ) -> Candidate | None:
        """Return the cheapest candidate of one type of window.

        Most starts are told to be poor by one court; those that are left are told apart by a few more. Where
        a library's default is cheaper than what came of them, the search goes on from there.
        """
        mine = [start for start in starts if start.gate.counted == counted]
        for courts, left in ((1, _PROMISING), (self.screening, _DESCENTS)):
            self._judge(mine, courts)
            mine = sorted(mine, key=lambda c: self._loss(c, courts))[:left]  # used at once
        best = None
        for start in [*mine, *(habit for habit in habits_ if habit.gate.counted == counted)]:
            if best is None or start in mine or self._saves(start, best):
                best = self._descend(start, best)
        return best

    def _finer(self, best: Candidate) -> Candidate:
        """Return the candidate moved in finer steps than the grid's, which overshoots what a gate must be."""
        for moves in (
            self._finer_windows,
            self._finer_thresholds,
            partial(closest_windows, ground=self.ground, allowed=self.allowed, fit=self.fit, pool=self._pool),
            partial(closest_errors, allowed=self.allowed),
        ):
            for move in moves(best):
                if self.may_be(move.gate) and self._saves(move, best):
                    best = move
        return best

    def _finer_windows(self, at: Candidate) -> Iterator[Candidate]:
        for factor in _FINER:
            window = nice_duration(at.gate.window * factor)
            if at.gate.counted:
                window = float(round(nice(at.gate.window * factor)))
            if window != at.gate.window and self.ground.can_judge(window, counted=at.gate.counted):
                yield from self._fitted(at, at.gate._replace(window=window))

    def _finer_thresholds(self, at: Candidate) -> Iterator[Candidate]:
        for step in _FINER_PERCENT:
            if self.ground.may_open_at(at.gate.threshold + step):
                yield from self._fitted(at, at.gate._replace(threshold=at.gate.threshold + step))

    def _reset(self, at: Candidate) -> Candidate:
        """Return the candidate with the wait and trials that a curve through all of them shows to be best."""
        best, rhythmic = settled(at, self._table, self.ground.shortest_wait, self._between())
        waiting = list(growing(best, self.ground.shortest_wait, widely=rhythmic))
        return self._backed_off(best, waiting, min(self.full_loss(at), self.full_loss(best)))

    def _between(self) -> float:
        """Return the seconds from one call to the next in the courts' incidents."""
        calls = sum(court.calls_inside for court in self.courts)
        return sum(court.seconds_inside for court in self.courts) / max(1, calls)

    def _backed_off(self, best: Candidate, waiting: Sequence[Candidate], loss: float) -> Candidate:
        """Return the candidate with a growing wait, where that saves more than two more settings cost."""
        bar = WORTH_GROWING * loss
        for courts, left in ((1, 2 * _GROWN), (self.screening, _GROWN), (len(self.courts), 1)):
            self._judge(waiting, courts)
            waiting = sorted(waiting, key=lambda c: self._loss(c, courts))[:left]  # used at once
        if not waiting or self.full_loss(waiting[0]) > _NEARLY * loss:
            return best
        grown = waiting[0]
        for move in nearby(grown, self.ground.shortest_wait):
            if self._saves(move, grown):
                grown = move
        return grown if self.full_loss(grown) <= bar else best

    def _with_calls(self, best: Candidate) -> Candidate:
        """Return the candidate with a calls gate above the errors gate, where that saves anything."""
        for factor in _CALLS_AN_ERROR:
            move = best._replace(gate=best.gate._replace(calls=factor * best.gate.errors))
            if self.may_be(move.gate) and self._saves(move, best):
                best = move
        return best

    def weighed(self, candidate: Candidate) -> float:
        """Return a candidate's loss, with what its type of window is worth beside."""
        return self.full_loss(candidate) * self.ground.worth(candidate.gate)

    def tried(self) -> list[tuple[float, Candidate]]:
        """Return the candidates that were judged on every court with their losses, the cheapest first."""
        judged = [candidate for candidate, known in self._losses.items() if len(known) == len(self.courts)]
        return sorted(((self.full_loss(c), c) for c in judged), key=lambda each: each[0])

    def losses(self, candidate: Candidate) -> list[float]:
        """Return a candidate's weighted loss on each court."""
        self.full_loss(candidate)
        return list(self._losses[candidate])

    def _starts(self) -> Iterator[Candidate]:
        slow = self.ground.slow_durations()
        best = best_wait(1, self.ground.incident, self.ground.busy)
        wait = nice_duration(max(self.ground.shortest_wait, best))
        windows = [(window, False) for window in self.ground.windows()] + [
            (n, True) for n in self.ground.counts()
        ]
        gates = [
            with_slow(Gate(window, threshold, 1, 1, counted=counted), slow, wary=self.ground.hardly_slow)
            for window, counted in windows
            for threshold in self.ground.thresholds()[::2]
        ]
        self.guard.foresee(gates, self._pool)
        for gate in gates:
            fitted = self.fit(gate)
            if fitted is not None:
                yield Candidate(fitted, wait, 1)
                yield Candidate(fitted, wait, 3)

    def _habits(self) -> Iterator[Candidate]:
        slow = self.ground.slow_durations()
        for habit in habits(self.ground):
            calls = habit.gate.calls
            fitted = self.fit(with_slow(habit.gate._replace(calls=1), slow, wary=self.ground.hardly_slow))
            if fitted is not None and calls <= self.ground.reachable(fitted):  # more calls trip no more often
                yield habit._replace(gate=fitted._replace(calls=max(calls, fitted.errors)))

    def fit(self, gate: Gate) -> Gate | None:
        """Return the gate with the smallest errors gate that keeps the budget; None where none does."""
        reachable = self.ground.errors_reachable(gate)
        low, high = 0, sum(errors <= reachable for errors in ERRORS)
        top = high
        while low < high:
            middle = (low + high) // 2
            if self.allowed(with_errors(gate, ERRORS[middle])):
                high = middle
            else:
                low = middle + 1
        return with_errors(gate, ERRORS[low]) if low < top else None

    def may_be(self, gate: Gate) -> bool:
        """Return whether a gate may be chosen."""
        return self.timely(gate) and self.allowed(gate)

    def allowed(self, gate: Gate) -> bool:
        """Return whether a gate keeps the budget, and a total outage at the busiest load would open it."""
        if gate.calls > self.ground.reachable(gate) or gate.errors > self.ground.errors_reachable(gate):
            return False
        return self.guard.false_trips(gate).upper <= self.budget

    def _descend(self, start: Candidate, rival: Candidate | None = None) -> Candidate:
        """Return the cheapest candidate found from a start; the rival, where that is cheaper."""
        best, loss = start, self.full_loss(start)
        bar = math.inf if rival is None else self.full_loss(rival)
        other_waits = partial(waits, shortest=self.ground.shortest_wait)
        for _ in range(_ROUNDS):
            before = loss
            for moves in (other_waits, self._thresholds, other_errors, self._windows, trials, self._slow):
                allowed = [move for move in moves(best) if move != best and self.may_be(move.gate)]
                self._judge(allowed, self.screening)
                for move in allowed:
                    if move != best and self._saves(move, best):
                        best, loss = move, self.full_loss(move)
            if loss == before or loss > _FAR_BEHIND * bar:
                break
        return best if rival is None or loss < bar else rival

    def _saves(self, move: Candidate, best: Candidate) -> bool:
        """Return whether a move costs less; one that looks bad on the first courts is not tried on all."""
        few = self.screening
        if self._loss(move, few) > _HOPELESS * self._loss(best, few) + 1.0:
            return False
        return self.full_loss(move) < _GAIN * self.full_loss(best)

    def _thresholds(self, at: Candidate) -> Iterator[Candidate]:
        for threshold in self.ground.thresholds():
            yield from self._fitted(at, at.gate._replace(threshold=threshold))

    def _windows(self, at: Candidate) -> Iterator[Candidate]:
        windows = self.ground.sizes(at.gate) or [at.gate.window]  # a library's may be the only one
        place = min(range(len(windows)), key=lambda i: abs(windows[i] - at.gate.window))
        gates = [at.gate._replace(window=window) for window in windows[max(0, place - 2) : place + 3]]
        self.guard.foresee(gates, self._pool)
        for gate in gates:
            yield from self._fitted(at, gate)

    def _slow(self, at: Candidate) -> Iterator[Candidate]:
        for slow_from in self.ground.slow_durations():
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

    def full_loss(self, candidate: Candidate) -> float:
        """Return a candidate's loss on all courts, with what false trips too rare to be there cost."""
        wary = 1.0 + _WARY * self.guard.unseen.retries(candidate.gate)
        return wary * self._loss(candidate, len(self.courts)) + self._caution(candidate)

    def _caution(self, candidate: Candidate) -> float:
        """Return what the false trips cost that are too rare for the courts to show.

        Over the courts' time, each trip with the calls that it refuses; several times over, since a breaker
        that cries wolf is switched off.
        """
        seconds = sum(court.weight * court.seconds for court in self.courts)
        each = self.ground.false_trip_cost + candidate.wait * self.ground.busy
        often = self.guard.false_trips(candidate.gate).upper + self.guard.unseen.bursts(candidate.gate)
        caution = _CAUTION if self.ground.hurried else _CAUTION * _IMAGINED
        return caution * often * seconds / _DAY * each

    def _loss(self, candidate: Candidate, courts: int) -> float:
        """Return the loss over the first `courts` courts; what is known already is not judged again."""
        self._judge([candidate], courts)
        return sum(self._losses[candidate][:courts])

    def _judge(self, candidates: Sequence[Candidate], courts: int) -> None:
        judge(candidates, self.courts[:courts], self._losses, self._pool)
