"""The compiled state machine over a traffic, and how long it took to notice each bad stretch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cbtool.breaker import Outcome, State, window
from cbtool.breaker.adaptive.policy import ThrottleKind
from cbtool.breaker.memory import LOG_COLUMNS
from cbtool.breaker.policies import LateResults, WindowKind
from cbtool.simulation.compiled_rules import RECORD, packed
from cbtool.simulation.run_parts import Columns, Step
from cbtool.simulation.steps_kernel import run_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.simulation.sections import Moves, Section

_ROWS = 4096
"""Transitions that the compiled machine may log before they are read."""

_BAD = 1 << 20
"""Bad results that are remembered from section to section, for when a bad stretch began."""


class StepwiseRun:
    """Any dialect; see `runs.run_of`."""

    def __init__(
        self, config: BreakerConfig, *, seed: int, epoch: float, tracing: bool, timing: bool
    ) -> None:
        p = config.policies
        self.needed = 0
        self._slow_above = config.slow_above
        self._window = p.window
        self._throttled = p.throttle.kind != ThrottleKind.NONE
        self._remembering = p.late.judge == LateResults.ADMITTING_STATE and not self._throttled
        self._tracing, self._timing = tracing, timing
        self._policies = packed(p)
        self._memory = np.zeros(1, RECORD)
        self._memory["seed"] = np.uint64(seed & (2**64 - 1))
        self._memory["epoch"] = round(epoch * 1e6) * 1000
        self._store = np.zeros(0 if p.window.kind == WindowKind.TIME else window.room(p.window), np.int64)
        self._position = np.zeros(5, np.int64)
        self._permitted = Columns(flags=True)
        self._states = tuple(Columns(flags=False) for _ in range(3))
        self._counted = _Counted(0, np.zeros(0, np.int64), np.zeros(0, np.int64))
        self._share = config.failure_rate_threshold / 200.0

    def advance(self, section: Section, end_ns: int) -> Step:
        """Go through a section; see `runs.Run`."""
        traffic, due, n = section.traffic, section.due, len(section.traffic)
        permitted = self._permitted.begin(n)
        wanted = (self._tracing, self._tracing, self._remembering)
        before, after, admitted_in = (
            column.begin(n if want else 0) for column, want in zip(self._states, wanted, strict=True)
        )
        counted = np.zeros(n if self._timing else 0, np.uint8)
        outcomes = traffic.results(self._slow_above).outcomes
        store, log = self._room(n), np.zeros(_ROWS * LOG_COLUMNS, np.int64)
        order = traffic.start_ns, traffic.call_of[:due], traffic.end_ns[:due], traffic.started[:due]
        common = (self._memory, store, log, self._policies, end_ns, permitted, before, after)
        if self._throttled:
            # Imported where it is needed: it compiles apart.
            from cbtool.simulation.throttle_kernel import run_throttle  # noqa: PLC0415

            run: Any = run_throttle
            arguments: tuple[Any, ...] = (*order, outcomes, *common, counted, self._position)
        else:
            run = run_steps
            arguments = (*order, traffic.settled, outcomes, *common, admitted_in, counted, self._position)
        told, ended = [], False
        while not ended:
            ended = run(*arguments)
            told.append(log[: self._memory["logged"][0] * LOG_COLUMNS].copy())
            self._memory["logged"] = 0
        rows = np.concatenate(told).reshape(-1, LOG_COLUMNS)
        begun = np.full((len(rows), 1), -1, np.int64)
        if self._timing:
            which = np.flatnonzero(counted)
            bad = (outcomes[which] & 3) != Outcome.SUCCESS
            self._counted, found = self._counted.told(traffic.end_ns[which], bad, rows, self._share)
            begun[:, 0] = found
        if end_ns < 0:
            self.needed = due
            self._permitted.keep(permitted, section, due)
            for column, values in zip(self._states, (before, after, admitted_in), strict=True):
                if len(values):
                    column.keep(values, section, due)
            self._store = self._held(store)
        return Step(permitted, before, after, np.hstack((rows, begun)))

    def move(self, moves: Moves) -> None:
        """Make ready for the section after."""
        for index, places in enumerate((moves.calls, moves.completions, moves.calls, moves.calls)):
            self._position[index] = places[self._position[index]]
        self._permitted.move(moves, self.needed)
        for column, want in zip(self._states, (self._tracing, self._tracing, self._remembering), strict=True):
            if want:
                column.move(moves, self.needed)

    def _room(self, n: int) -> NDArray[np.int64]:
        """Return the window's store, which in a time window has room for n more results."""
        if self._window.kind != WindowKind.TIME:
            return self._store
        store = np.zeros(max(32, 2 * n + len(self._store)), np.int64)
        store[: len(self._store)] = self._store
        return store

    def _held(self, store: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what of the store must be kept; of a time window, its results, the oldest first."""
        if self._window.kind != WindowKind.TIME:
            return store
        memory = self._memory[0]
        slots = (int(memory["head"]) + np.arange(int(memory["held"]))) % (len(store) // 2)
        memory["head"] = 0
        return store[: len(store) // 2 * 2].reshape(-1, 2)[slots].ravel()


class _Counted(NamedTuple):
    """The results that a closed breaker counted: how many, and which were bad, and when."""

    results: int
    ordinals: NDArray[np.int64]
    ends: NDArray[np.int64]

    def told(
        self, ends: NDArray[np.int64], bad: NDArray[np.bool_], rows: NDArray[np.int64], share: float
    ) -> tuple[_Counted, NDArray[np.int64]]:
        """Return what is known after further results, and when each trip's bad stretch began (−1: no trip).

        Args:
            ends: when each further result completed.
            bad: which of them failed or were slow.
            rows: the transitions that they brought.
            share: half the failure-rate threshold, of 1.
        """
        known = _Counted(
            self.results + len(ends),
            np.concatenate((self.ordinals, self.results + 1 + np.flatnonzero(bad))),
            np.concatenate((self.ends, ends[bad])),
        )
        begun = np.full(len(rows), -1, np.int64)
        for row in np.flatnonzero((rows[:, 1] == State.CLOSED) & (rows[:, 2] == State.OPEN)):
            tripped = int(rows[row, 0])
            last = self.results + int(np.searchsorted(ends, tripped, side="right"))
            begun[row] = known.began(last, tripped, int(rows[row, 4]), share)
        return _Counted(known.results, known.ordinals[-_BAD:], known.ends[-_BAD:]), begun

    def began(self, last: int, tripped: int, calls: int, share: float) -> int:
        """Return when the bad stretch that caused a trip began; see `cbtool.metrics.opening`."""
        first, behind = np.searchsorted(self.ordinals, (last - calls, last), side="right")
        seen = self.ordinals[first:behind][::-1]
        if not len(seen):
            return tripped
        score = np.arange(1, len(seen) + 1) - share * (last + 1 - seen)
        best = len(score) - 1 - int(np.argmax(score[::-1]))
        return int(self.ends[behind - 1 - best])
