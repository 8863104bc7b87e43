"""Is the method right about traffic that it has not seen? Parts of the log are fitted, the rest is the judge.

The first 70 % of the time are fitted and the other 30 % are what happened: nothing else says as plainly what
a promise is worth. Then each half, and each day of a log of several: settings that differ much from part to
part are not to be trusted to the last digit. Each is a run of the whole method, hence only with `--validate`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cbtool.breaker.outcome import Verdict
from cbtool.recommend import excerpt
from cbtool.recommend.findings import HeldOut, Promise, Validation
from cbtool.recommend.healthy import healthy_p99
from cbtool.recommend.instances import named_instances
from cbtool.recommend.long_method import recommend_long
from cbtool.recommend.method import recommend
from cbtool.recommend.trace import trace_of
from cbtool.recommend.track import Logbook
from cbtool.traffic.calls import Calls
from cbtool.traffic.labels import Label, label_spans
from cbtool.traffic.parts import in_memory
from cbtool.traffic.selection import Moment, rebased
from cbtool.traffic.texts import JUDGED
from cbtool.traffic.thinning import split

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from cbtool.profiles import Profile
    from cbtool.recommend.findings import Track
    from cbtool.recommend.model import Budget, Expected, Incident, Recommendation
    from cbtool.traffic.outcomes import OutcomeRules
    from cbtool.traffic.parts import LongCalls

_FIRST = 0.7
_DAY = 86400.0
_DAYS = (2, 7)  # so many are looked at one by one
_UNLIKELY = 0.05


@dataclass(frozen=True)
class Asked:
    """What is asked of a recommendation, to be asked of parts of the traffic again.

    Attributes:
        instances: breakers that share the calls; None: as many as the log names.
        budget: what the settings may cost.
        rules: what counts as what.
        seed: of every random choice.
        labels: the incidents that the user named.
        current: today's settings.
    """

    instances: int | None
    budget: Budget
    rules: OutcomeRules
    seed: int = 0
    labels: tuple[Label, ...] = ()
    current: Profile | None = None

    def of(self, calls: Calls, *, brief: bool = False) -> Recommendation:
        """Return the recommendation for some calls.

        Raises:
            ConfigurationError: the labels do not fit the calls, or the calls name no instance.
        """
        return recommend(
            calls,
            self.rules.verdicts(calls),
            instances=self.instances or 1,
            by_instance=self.instances is None,
            budget=self.budget,
            rules=self.rules,
            seed=self.seed,
            labels=self.labels,
            current=self.current,
            brief=brief,
        )

    def of_long(self, calls: LongCalls, *, brief: bool = False) -> Recommendation:
        """Return the same for calls on disk: those of an excerpt at most are taken into memory.

        Raises:
            ConfigurationError: as `of`.
            UnreachableError: there is no room on the disk.
        """
        if len(calls) <= excerpt.MOST:
            return self.of(in_memory(calls, JUDGED), brief=brief)
        return recommend_long(
            calls,
            self.rules,
            instances=self.instances or 1,
            by_instance=self.instances is None,
            budget=self.budget,
            seed=self.seed,
            labels=self.labels,
            current=self.current,
            brief=brief,
        )


def answered(calls: Calls | LongCalls, asked: Asked, *, validate: bool = False) -> Recommendation:
    """Return the recommendation for calls, wherever they are; with its validation, if that is wanted of them.

    Raises:
        ConfigurationError: as `Asked.of`.
        UnreachableError: there is no room on the disk.
    """
    if not isinstance(calls, Calls):
        return asked.of_long(calls)
    return validated(calls, asked) if validate else asked.of(calls)


def validated(calls: Calls, asked: Asked) -> Recommendation:
    """Return the recommendation with its validation, where it is one.

    Raises:
        ConfigurationError: as `Asked.of`.
    """
    answer = asked.of(calls)
    if answer.config is None:
        return answer
    bench = _Bench(calls, asked, answer)
    return replace(
        answer,
        validation=Validation(
            held_out=bench.held_out(f"first {100 * _FIRST:.0f} %", 0.0, _FIRST * calls.span, later=True),
            parts=tuple(bench.held_out(*part) for part in _parts(calls)),
        ),
    )


def _parts(calls: Calls) -> Iterable[tuple[str, float, float]]:
    span = calls.span
    yield "first half", 0.0, span / 2
    yield "second half", span / 2, span
    days = round(span / _DAY)
    if _DAYS[0] < days <= _DAYS[1]:
        for day in range(days):
            yield f"day {day + 1}", span * day / days, span * (day + 1) / days


@dataclass(frozen=True)
class _Bench:
    """The log, its incidents and the settings from all of it."""

    calls: Calls
    asked: Asked
    answer: Recommendation

    def held_out(self, name: str, since: float, until: float, *, later: bool = False) -> HeldOut:
        """Return what settings from a part do elsewhere; only after it, where `later`."""
        start = self.calls.start_ns / 1e9
        inside = (start >= since) & ((start < until) | (until >= self.calls.span))
        mine = self._fitted(inside, since, until)
        nothing = HeldOut(name, since, until, None, ("calls in that part",), (), None, None)
        if mine is None or mine.config is None or mine.expected is None or self.answer.config is None:
            return nothing if mine is None else replace(nothing, needs=mine.needs)
        book, seconds = self._logbook((start >= until) if later else ~inside)
        track = book.track(mine.config)
        return HeldOut(
            name=name,
            since=since,
            until=until,
            config=mine.config,
            needs=(),
            promises=_promises(mine.expected, track, seconds * self.answer.instances / _DAY),
            track=track,
            best=book.track(self.answer.config),
        )

    def _fitted(self, inside: NDArray[np.bool_], since: float, until: float) -> Recommendation | None:
        if not inside.any():
            return None
        part = rebased(self.calls, inside)
        shift = float(self.calls.start_ns[inside][0]) / 1e9
        labels = tuple(
            Label(
                Moment(max(start, since) - shift, relative=True),
                Moment(min(end, until) - shift, relative=True),
                kind,
            )
            for start, end, kind in label_spans(self.asked.labels, self.calls)
            if start < until and end > since
        )
        return replace(self.asked, labels=labels, current=None).of(part, brief=True)

    def _logbook(self, rest: NDArray[np.bool_]) -> tuple[Logbook, float]:
        """Return the rest of the log, with the incidents that the whole of it has, and how long it is."""
        verdicts = self.asked.rules.verdicts(self.calls)
        trace = trace_of(self.calls, verdicts)
        if self.asked.instances is None:
            instance, _ = named_instances(self.calls, verdicts)
        else:
            instance = split(len(trace), self.asked.instances, self.asked.seed)
        kept = rest[verdicts != Verdict.IGNORED]
        spans = _within(self.answer.incidents, trace.start[kept])
        seconds = trace.span * float(kept.mean()) if len(kept) else 0.0
        book = Logbook(
            trace.take(kept),
            instance[kept],
            spans,
            healthy_p99(trace),
            self.answer.budget,
            seed=self.asked.seed,
        )
        return book, seconds


def _within(incidents: Sequence[Incident], start: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the incidents as far as these calls hold them, (from, to) in nanoseconds."""
    spans = [(round(i.start * 1e9), round(i.end * 1e9)) for i in incidents if i.actionable]
    firsts = [int(start.searchsorted(first)) for first, _ in spans]
    return [
        (int(start[place]), last)
        for place, (_, last) in zip(firsts, spans, strict=True)
        if place < len(start) and start[place] <= last
    ]


def _promises(expected: Expected, track: Track, days: float) -> tuple[Promise, ...]:
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
