"""The traffic as the method sees it: told apart, and what was asked of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.false_trips.false_trips import BURST_MARGIN
from cbtool.recommend.false_trips.margins import burst_margin
from cbtool.recommend.false_trips.mild import mild_stretches
from cbtool.recommend.incidents.blips import severe_blips
from cbtool.recommend.incidents.incidents import A_TAIL, Sides, few_of
from cbtool.recommend.incidents.own_incidents import Own, inside
from cbtool.recommend.reading.breakers import breakers_of
from cbtool.recommend.reading.holes import left_out
from cbtool.recommend.search.loss import Court
from cbtool.recommend.search.spells import Spell, library, spell_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.false_trips.mild import Mild
    from cbtool.recommend.incidents.excerpt import Clock
    from cbtool.recommend.incidents.segments import Segment
    from cbtool.recommend.model import Budget, Regime
    from cbtool.recommend.reading.columns import TraceColumns
    from cbtool.recommend.reading.trace import Trace
    from cbtool.recommend.search.arena import Arena


@dataclass(frozen=True, slots=True)
class Case:
    """The traffic, told apart, and what was asked of it."""

    trace: Trace
    instance: NDArray[np.int32]
    sides: Sides
    p99: float | None
    budget: Budget
    regimes: tuple[Regime, ...]
    instances: int
    seed: int
    own: Own
    whole: TraceColumns
    named: bool = False
    """Whether the log says which instance a call went to; else the calls were dealt out at random."""
    clock: Clock | None = None
    seconds: float | None = None
    """How long all healthy time is, where the trace holds a part of it and all bursts."""

    @property
    def bursts(self) -> NDArray[np.bool_] | None:
        """Mask of the calls in bursts to be ridden through; None where they are so many as to be a tail."""
        few = few_of(*self._ridden())
        if not few:
            return None
        mask = np.zeros(len(self.trace), np.bool_)
        for segment in few:
            mask[segment.first : segment.last + 1] = True
        return mask

    def _ridden(self) -> tuple[list[Segment], list[bool]]:
        """Return the bad stretches that are no incidents, and which of them are severe."""
        ridden, bad = set(self.sides.segments) - set(self.sides.actionable), self.trace.bad(self.p99)
        found = sorted(ridden | set(self.sides.hidden))
        return found, [bool(bad[s.first : s.last + 1].mean() >= self.budget.break_even) for s in found]

    def mild(self, seconds: float) -> Mild | None:
        """Return the stretches that are worse than usual and last, in so many seconds of healthy time."""
        mild = [segment for segment, severe in zip(*self._ridden(), strict=True) if not severe]
        bad = self.trace.bad(self.p99)
        return mild_stretches(self.trace, mild, bad, seconds, breakers=self.instances, regimes=self.regimes)

    @property
    def dealt(self) -> bool:
        """Whether the calls were dealt out to several breakers by chance."""
        return self.instances > 1 and not self.named

    @property
    def burst_margin(self) -> float:
        """How many times as bad as the worst burst seen the next may be (`margins.burst_margin`)."""
        bursts = len(severe_blips(self.sides.incidents, self.budget)) + len(self.sides.hidden)
        if not bursts or bursts >= A_TAIL:
            return BURST_MARGIN
        return burst_margin(bursts, hurried=bool(self.sides.actionable))

    def blips(self) -> list[Segment]:
        """Return the severe bursts to be ridden through."""
        return [segment for segment, bad in zip(*self._ridden(), strict=True) if bad]

    def alone(self, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return a mask without the incidents of single instances."""
        return keep & ~inside(self.trace, self.instance, self.own) if self.own else keep

    def shares(self, keep: NDArray[np.bool_]) -> list[Trace]:
        """Return the kept calls of each breaker that is looked at."""
        keep = self.alone(keep)
        return [self.trace.take(keep & mine) for mine in self.breakers()]

    def breakers(self) -> list[NDArray[np.bool_]]:
        """Return which calls each breaker that is looked at sees."""
        return breakers_of(self.instance, self.instances, self.seed, named=self.named)

    def gaps(self) -> list[tuple[int, int]]:
        """Return the times that the background leaves out, incidents and holes, as (from, to) nanoseconds."""
        return left_out(self.trace, self.sides.background)

    def spells(self) -> list[Spell]:
        """Return the incidents that a breaker should act on, as spells to transplant."""
        found = self.sides.actionable
        parts = self.sides.parts
        return [
            spell_of(
                self.trace,
                s.first,
                s.last,
                len(found),
                [part for part in parts if s.first <= part.first and part.last <= s.last],
            )
            for s in found
        ]

    def library(self, calm: Trace) -> list[Spell]:
        """Return the incidents that any upstream can have, at this one's durations."""
        typical = int(np.median(calm.duration)) if len(calm) else 0
        return library(self.p99, typical, calm.span)

    def court(self, arena: Arena) -> Court:
        """Return an arena as a court."""
        budget = self.budget
        return Court(arena, self.p99, budget.reject_cost, budget.false_trip_cost, self.instances)
