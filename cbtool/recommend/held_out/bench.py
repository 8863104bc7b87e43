"""What settings from a part of a log do on the rest of it, beside what they promised."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from cbtool.breaker.outcome import Verdict
from cbtool.recommend.findings import HeldOut, Promise
from cbtool.recommend.method import recommend
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.instances import named_instances
from cbtool.recommend.reading.trace import trace_of
from cbtool.recommend.surroundings.track import Logbook
from cbtool.traffic.labels import Label, label_spans
from cbtool.traffic.selection import Moment, rebased
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cbtool.breaker.config import BreakerConfig
    from cbtool.recommend.asked import Asked
    from cbtool.recommend.findings import Track
    from cbtool.recommend.model import Expected, Incident, Recommendation
    from cbtool.recommend.reading.columns import Column
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.parts import LongCalls

_DAY = 86400.0
_UNLIKELY = 0.05


class Stretch(NamedTuple):
    """A part of a log.

    Attributes:
        name: for people.
        since: seconds from the first call.
        until: the same.
        later: whether the rest is only what came after it.
    """

    name: str
    since: float
    until: float
    later: bool = False


class Rest(NamedTuple):
    """What settings did on the rest of the log, and how many seconds that was."""

    tracks: list[Track]
    seconds: float


@dataclass(frozen=True)
class Bench(ABC):
    """A log, what was asked of it, and the settings from all of it."""

    asked: Asked
    answer: Recommendation

    @property
    @abstractmethod
    def calls(self) -> Calls | LongCalls:
        """The log."""

    @abstractmethod
    def fitted(self, stretch: Stretch) -> Recommendation | None:
        """Return what a part recommends; None where it holds no call."""

    @abstractmethod
    def rest(self, stretch: Stretch, configs: Sequence[BreakerConfig]) -> Rest:
        """Return what settings do on the rest, with the incidents that the whole log has."""

    def held_out(self, stretch: Stretch) -> HeldOut:
        """Return what settings from a part do elsewhere."""
        mine, (name, since, until, _) = self.fitted(stretch), stretch
        nothing = HeldOut(name, since, until, None, ("calls in that part",), (), None, None)
        if mine is None or mine.config is None or mine.expected is None or self.answer.config is None:
            return nothing if mine is None else replace(nothing, needs=mine.needs)
        (track, best), seconds = self.rest(stretch, (mine.config, self.answer.config))
        return HeldOut(
            name=name,
            since=since,
            until=until,
            config=mine.config,
            needs=(),
            promises=promises(mine.expected, track, seconds * self.answer.instances / _DAY),
            track=track,
            best=best,
        )

    def asked_of(self, stretch: Stretch, shift: float) -> Asked:
        """Return what is asked of a part whose first call starts `shift` seconds after the log's."""
        _, since, until, _ = stretch
        if self.asked.labels is None:
            return replace(self.asked, current=None)
        labels = tuple(
            Label(
                Moment(max(start, since) - shift, relative=True),
                Moment(min(end, until) - shift, relative=True),
                kind,
            )
            for start, end, kind in label_spans(self.asked.labels, self.calls)
            if start < until and end > since
        )
        return replace(self.asked, labels=labels, current=None)


@dataclass(frozen=True)
class HeldBench(Bench):
    """The same of calls in memory."""

    held: Calls

    @property
    def calls(self) -> Calls:
        """The log."""
        return self.held

    def fitted(self, stretch: Stretch) -> Recommendation | None:
        """Return what a part recommends."""
        inside = self._inside(stretch)
        if not inside.any():
            return None
        shift = float(self.held.start_ns[inside][0]) / 1e9
        return recommend(rebased(self.held, inside), self.asked_of(stretch, shift), brief=True)

    def rest(self, stretch: Stretch, configs: Sequence[BreakerConfig]) -> Rest:
        """Return what settings do on the rest."""
        verdicts = self.asked.rules.verdicts(self.held)
        trace = trace_of(self.held, verdicts)
        if self.asked.instances is None:
            instance, _ = named_instances(self.held, verdicts)
        else:
            instance = split(len(trace), self.asked.instances, self.asked.seed)
        later = self.held.start_ns / 1e9 >= stretch.until
        kept = (later if stretch.later else ~self._inside(stretch))[verdicts != Verdict.IGNORED]
        taken = trace.take(kept)
        book = Logbook(
            taken,
            instance[kept],
            within(self.answer.incidents, taken.start),
            healthy_p99(trace),
            self.answer.budget,
            seed=self.asked.seed,
        )
        seconds = trace.span * float(kept.mean()) if len(kept) else 0.0
        return Rest([book.track(config) for config in configs], seconds)

    def _inside(self, stretch: Stretch) -> NDArray[np.bool_]:
        start, (_, since, until, _) = self.held.start_ns / 1e9, stretch
        return (start >= since) & ((start < until) | (until >= self.held.span))


def within(incidents: Sequence[Incident], start: Column) -> list[tuple[int, int]]:
    """Return the incidents as far as these calls hold them, (from, to) in nanoseconds."""
    spans = [(round(i.start * 1e9), round(i.end * 1e9)) for i in incidents if i.actionable]
    firsts = [bisect_left(start, first) for first, _ in spans]
    return [
        (int(start[place]), last)
        for place, (_, last) in zip(firsts, spans, strict=True)
        if place < len(start) and start[place] <= last
    ]


def promises(expected: Expected, track: Track, days: float) -> tuple[Promise, ...]:
    """Return what was promised beside what happened in so many breaker-days."""
    trips, delay = expected.false_trips_per_day, expected.detection_delay_s
    shed = expected.bad_calls_shed_percent
    likely = _at_least(track.false_trips, (trips.high or 0.0) * days)
    happened = 100.0 * track.shed / track.bad if track.bad else None
    return (
        Promise(
            "false_trips_per_day", trips, track.false_trips / days if days else None, likely >= _UNLIKELY
        ),
        Promise("detection_delay_s", delay, track.delay, _no_more(track.delay, delay.high)),
        Promise("bad_calls_shed_percent", shed, happened, _no_more(shed.low, happened)),
    )


def _no_more(value: float | None, most: float | None) -> bool | None:
    return None if value is None or most is None else value <= most


def _at_least(seen: int, mean: float) -> float:
    """Return P(Poisson(mean) ≥ seen)."""
    term, below = math.exp(-mean), 0.0
    for number in range(min(seen, 1000)):
        below += term
        term *= mean / (number + 1)
    return max(0.0, 1.0 - below)
