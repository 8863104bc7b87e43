"""What makes one doubt an answer: what the traffic holds, or hides, beside what was asked."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.outcome import Verdict
from cbtool.recommend.reading.holes import holes, watched
from cbtool.traffic.parts import Held
from cbtool.units import format_duration, format_percent, format_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.recommend.model import Regime
    from cbtool.recommend.reading.columns import Column, TraceColumns
    from cbtool.traffic.calls import Calls
    from cbtool.traffic.parts import LongCalls

_MOST_NAMED = 3
_LONGEST_NAME = 32
_A_GROUP = 0.01  # of the calls; smaller ones are strays
_BLOCKS = 60
_CALLS_A_BLOCK = 10  # of one instance
_BAD = 0.3  # of one instance's calls fail
_OTHERS = 0.1  # at most, of what the others' do
_SHARED = (
    "Taking it out is outlier ejection's job, or that of a breaker for each instance; this one would refuse"
    " the good ones' calls, too."
)
_ITS_OWN = "Its own breaker opens for that; outlier ejection would send its calls to the others."
_ONE_SEES = (
    "Valid for the load that ONE breaker sees. With a breaker in each of M processes, run again"
    " with --instances M: each then sees 1/M of the calls."
)
_CHANGE = 3.0  # times, from which a load changes
_GROWTH = 1.5


def traffic_doubts(
    calls: Calls,
    verdicts: NDArray[np.uint8],
    regimes: tuple[Regime, ...],
    *,
    instances: int,
    by_instance: bool,
) -> tuple[str, ...]:
    """Return what to know about the traffic, a sentence or two each.

    Args:
        calls: all of them.
        verdicts: each call's `Verdict`.
        regimes: levels of load, of one breaker.
        instances: over how many breakers the calls are split.
        by_instance: whether they go by the log's own instances.
    """
    counted = verdicts != Verdict.IGNORED
    served = Served.of(calls, int(np.count_nonzero(counted)))
    served.add(calls, verdicts)
    start = calls.start_ns[counted]
    return long_doubts(Held(calls), served, start, regimes, instances=instances, by_instance=by_instance)


def long_doubts(
    calls: LongCalls,
    served: Served,
    start: Column,
    regimes: tuple[Regime, ...],
    *,
    instances: int,
    by_instance: bool,
) -> tuple[str, ...]:
    """Return the same of calls that are not in memory.

    Args:
        calls: all of them.
        served: what was added up of them.
        start: when each that counts began, nanoseconds.
        regimes: levels of load, of one breaker.
        instances: over how many breakers the calls are split.
        by_instance: whether they go by the log's own instances.
    """
    return (
        *((_by_name(instances),) if by_instance else served.breakers(instances)),
        *served.bad_ones(start, own_breakers=by_instance),
        *_groups(calls),
        *_load(start, calls.span, regimes),
    )


def hole_notes(trace: TraceColumns) -> tuple[str, ...]:
    """Return what to know where a log says nothing of most of its time."""
    found = holes(trace)
    if not found:
        return ()
    longest = max(found, key=lambda hole: hole.end - hole.begin)
    lasts = format_duration((longest.end - longest.begin) / 1e9)
    which = f"a hole of {lasts}" if len(found) == 1 else f"{len(found)} holes, the longest of {lasts}"
    return (
        (
            f"No call came for most of the time: {which} from +{format_duration(longest.begin / 1e9)} on was"
            " taken for time that the log leaves out, not for healthy time; the rest is"
            f" {format_duration(watched(trace))}."
        ),
    )


class Served:
    """Which instances served the calls that count, added up over 60 stretches of equal count.

    Args:
        names: the instances; none where the calls do not say it.
        n: how many calls count.
    """

    def __init__(self, names: tuple[str, ...], n: int) -> None:
        self._names = names
        self._n = n
        self._seen = 0
        blocks = np.clip(n // (_CALLS_A_BLOCK * max(1, len(names))), 1, _BLOCKS) if n else 1
        self._calls = np.zeros((int(blocks), len(names)), np.int64)
        self._failed = np.zeros((int(blocks), len(names)), np.int64)

    @classmethod
    def of(cls, calls: Calls, n: int) -> Served:
        """Return room for calls like these, of which n count."""
        return cls(() if calls.instance is None else calls.instances, n)

    def add(self, calls: Calls, verdicts: NDArray[np.uint8]) -> None:
        """Add the next calls, in the order of `Calls.in_one_order`; `verdicts` as of outcome rules."""
        if calls.instance is None:
            return
        counted = verdicts != Verdict.IGNORED
        which, bad = calls.instance[counted], verdicts[counted] == Verdict.FAILURE
        blocks, width = self._calls.shape
        cell = (self._seen + np.arange(len(which))) * blocks // max(1, self._n) * width + which
        self._calls += np.bincount(cell, minlength=blocks * width).reshape(blocks, width)
        self._failed += np.bincount(cell[bad], minlength=blocks * width).reshape(blocks, width)
        self._seen += len(which)

    def breakers(self, instances: int) -> tuple[str, ...]:
        """Return what to know of how many breakers there are, where the calls are split over so many."""
        if instances > 1:
            return ()
        number = int(np.count_nonzero(self._calls.sum(axis=0))) if self._names else 1
        if number < 2:
            return (_ONE_SEES,)
        return (
            (
                f"The log names {number} instances, and these settings are for ONE breaker that sees all"
                " their calls. Where each has a breaker of its own, run again with --instances auto (or"
                f" {number})."
            ),
        )

    def bad_ones(self, start: Column, *, own_breakers: bool = False) -> tuple[str, ...]:
        """Return a sentence for each instance that failed for a while as the others did not.

        In each stretch: an instance of whose calls 30 % or more fail while at most a tenth of that share
        fail of all the others' stands out.

        Args:
            start: when each call that counts began, nanoseconds.
            own_breakers: whether each instance has one.
        """
        width = len(self._names)
        if width < 2 or not self._n:
            return ()
        seen, lost = self._calls, self._failed
        share = lost / np.maximum(seen, 1)
        rest = (lost.sum(axis=1)[:, None] - lost) / np.maximum(seen.sum(axis=1)[:, None] - seen, 1)
        out = (seen >= _CALLS_A_BLOCK) & (share >= _BAD) & (rest <= _OTHERS * share)
        advice = _ITS_OWN if own_breakers else _SHARED
        return tuple(
            f"{self._told(number, np.flatnonzero(out[:, number]), start)} {advice}"
            for number in np.flatnonzero(out.any(axis=0))[:_MOST_NAMED].tolist()
        )

    def _told(self, number: int, mine: NDArray[np.intp], start: Column) -> str:
        """Return what one instance did in the stretches that are named."""
        seen, lost, width = self._calls[mine], self._failed[mine], len(self._names)
        own, lost_own = int(seen[:, number].sum()), int(lost[:, number].sum())
        others, lost_others = int(seen.sum()) - own, int(lost.sum()) - lost_own
        begin, end = self._first_of(int(mine[0])), self._first_of(int(mine[-1]) + 1) - 1
        return (
            f"One bad instance: {_short(self._names[number])} failed"
            f" {format_percent(100 * lost_own / own)} of its {own:,} calls between"
            f" +{format_duration(start[begin] / 1e9)} and +{format_duration(start[end] / 1e9)}, the"
            f" {width - 1} other{'s' * (width > 2)} {format_percent(100 * lost_others / max(others, 1))} of"
            f" {others:,}."
        )

    def _first_of(self, block: int) -> int:
        """Return the first call of a stretch."""
        return -(-block * self._n // len(self._calls))


def _by_name(instances: int) -> str:
    return f"Each call goes to the breaker of the instance that the log names; there are {instances}."


def _groups(calls: LongCalls) -> tuple[str, ...]:
    said = []
    for name in ("host", "upstream"):
        shares = _shares(calls.counts(name), len(calls))
        if len(shares) > 1:
            listed = ", ".join(f"{_short(text)} {100 * share:.0f} %" for text, share in shares[:_MOST_NAMED])
            more = f" and {len(shares) - _MOST_NAMED} more" if len(shares) > _MOST_NAMED else ""
            said.append(
                f"The calls go to several {name}s ({listed}{more}), and a breaker stands before one"
                f" dependency: --by {name} answers for each, --{name} for one."
            )
    return tuple(said)


def _shares(counts: dict[str, int], calls: int) -> list[tuple[str, float]]:
    shares = [(text, count / max(1, calls)) for text, count in counts.items()]
    return sorted((each for each in shares if each[1] >= _A_GROUP), key=lambda each: (-each[1], each[0]))


def _load(start: Column, span: float, regimes: tuple[Regime, ...]) -> tuple[str, ...]:
    said = []
    if regimes and regimes[-1].rate >= _CHANGE * regimes[0].rate:
        said.append(
            f"The load changes {regimes[-1].rate / regimes[0].rate:.0f}-fold, from"
            f" {format_rate(regimes[0].rate)} to {format_rate(regimes[-1].rate)}: one setting must hold at"
            " both."
        )
    if span >= 2 * 86400 and len(start) > 100:  # over days; within one, it is the hour
        first = bisect_left(start, span * 5e8)
        last = len(start) - first
        if last > _GROWTH * first or first > _GROWTH * last:
            said.append(
                f"The load is changing: {first:,} calls in the first half of the time, {last:,} in the"
                " second. The settings are for both; run again when it has settled."
            )
    return tuple(said)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
