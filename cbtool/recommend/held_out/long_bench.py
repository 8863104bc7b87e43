"""What settings from a part of a log do on the rest of it, where the log does not fit in memory."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.held_out.bench import Bench, Rest, within
from cbtool.recommend.long_method import recommend_any
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.instances import NamedAlong
from cbtool.recommend.reading.long_trace import LongTrace
from cbtool.recommend.reading.picked import Picked, PickedTrace, Range
from cbtool.recommend.surroundings.long_track import LongLogbook
from cbtool.scratch import Scratch
from cbtool.simulation.long import flagged
from cbtool.traffic.parts import Between
from cbtool.traffic.thinning import Splitter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.breaker.config import BreakerConfig
    from cbtool.recommend.held_out.bench import Stretch
    from cbtool.recommend.model import Recommendation
    from cbtool.recommend.reading.columns import Column
    from cbtool.traffic.parts import LongCalls

_NAMED = ("instance",)


@dataclass(frozen=True)
class LongBench(Bench):
    """See `Bench`."""

    stored: LongCalls

    @property
    def calls(self) -> LongCalls:
        """The log."""
        return self.stored

    def fitted(self, stretch: Stretch) -> Recommendation | None:
        """Return what a part recommends."""
        part = Between(self.stored, stretch.since, stretch.until)
        if not len(part):
            return None
        return recommend_any(part, self.asked_of(stretch, float(part.shift) / 1e9), brief=True)

    def rest(self, stretch: Stretch, configs: Sequence[BreakerConfig]) -> Rest:
        """Return what settings do on the rest."""
        trace, which = self._dealt
        ranges = _rest_of(trace.start, stretch, self.stored.span)
        taken = PickedTrace(trace, ranges)
        book = LongLogbook(
            taken,
            Picked(which, ranges),
            within(self.answer.incidents, taken.start),
            self._p99,
            self.answer.budget,
            seed=self.asked.seed,
        )
        seconds = trace.span * (len(taken) / len(trace)) if len(trace) else 0.0
        return Rest(book.tracks(configs), seconds)

    @cached_property
    def _dealt(self) -> tuple[LongTrace, Column]:
        """Return the calls that count, and the breaker of each."""
        trace, named, which = LongTrace(), NamedAlong(), Scratch(np.int32)
        by_name = self.asked.instances is None
        splitter = Splitter(self.asked.instances or 1, self.asked.seed)
        for part, _ in flagged(self.stored, _NAMED if by_name else ()):
            verdicts = self.asked.rules.verdicts(part)
            before = len(trace)
            trace.append(part, verdicts)
            if by_name:
                named.add(part, verdicts)
            else:
                which.append(splitter.split(len(trace) - before))
        return trace, named.column() if by_name else which

    @cached_property
    def _p99(self) -> float | None:
        return healthy_p99(self._dealt[0])


def _rest_of(start: Column, stretch: Stretch, span: float) -> list[Range]:
    """Return the calls outside a part, or after it."""

    def before(seconds: float) -> int:
        return bisect_left(start, seconds, key=_seconds)

    after = before(stretch.until) if stretch.later or stretch.until < span else len(start)
    ranges = [Range(0, 0 if stretch.later else before(stretch.since)), Range(after, len(start))]
    return [each for each in ranges if each.first < each.behind]


def _seconds(start_ns: np.int64) -> float:
    return float(start_ns / 1e9)
