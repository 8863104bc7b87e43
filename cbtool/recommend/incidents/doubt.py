"""Doubtful incidents: bad stretches that may as well be milder than what opening pays from.

A stretch is found because it is the worst around, so that its share of bad calls is what it was with the luck
that made it stand out. Of those whose share is not surely above the break-even, nearly none is an incident.
And there is next to nothing to gain in one: opening saves (1 + r) · n · (share − break-even) calls, r being
what refusing a good call costs, which by twice the standard error is no more than about the root of n. Taken
for incidents they would lower what the settings must catch; ridden through, raise what these let through of
the sure ones, by the hard budget. So they count on neither side, and the user is asked.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.reading.columns import pieces
from cbtool.units import format_duration, format_percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.incidents.segments import Segment
    from cbtool.recommend.model import Budget, Incident
    from cbtool.recommend.reading.columns import Column, TraceColumns

_SURE = 1.645  # standard errors: what lies below them is below the 90 % interval
_LEAST_PARTS = 8  # of the healthy calls, which tell how much their share varies
_MOST_PARTS = 2048
_MOST_NAMED = 4  # incidents in an option to copy


def doubtful_of(
    trace: TraceColumns, slow: Column | None, segments: Sequence[Segment], level: float
) -> tuple[Segment, ...]:
    """Return those of the stretches whose share of bad calls is not surely above what opening pays from.

    Surely: by the binomial, and by how much the share of as many healthy calls in a row varies beyond it. It
    may be the share of failed calls, of slow ones, or of all that are either.

    Args:
        trace: the calls.
        slow: which of them are slow; None: durations say nothing.
        segments: the stretches, in order; all other calls are healthy.
        level: the share of bad calls from which opening pays.
    """
    left = list(segments)
    kinds = [(trace.failed,)] if slow is None else [(trace.failed, slow), (trace.failed,), (slow,)]
    for kind in kinds:
        if left:
            healthy = _Healthy(kind, _outside(segments, len(trace)))
            left = [each for each in left if not healthy.surely_exceeded(each, level)]
    return tuple(left)


class _Healthy:
    """How often healthy calls are bad in some way, and how much that varies.

    Args:
        kind: a call is bad where one of these columns says so.
        ranges: where the healthy calls are.
    """

    def __init__(self, kind: Sequence[Column], ranges: Sequence[tuple[int, int]]) -> None:
        self._kind, self._ranges = kind, ranges
        self._calls = sum(behind - first for first, behind in ranges)
        usual = sum(self._bad(first, behind) for first, behind in ranges) / max(self._calls, 1)
        # Shares vary at most as single calls do, so that most stretches need no closer look.
        self._most = usual * (1.0 - usual)

    def surely_exceeded(self, segment: Segment, level: float) -> bool:
        """Return whether the share of a stretch is surely above a level."""
        calls = segment.last + 1 - segment.first
        share = self._bad(segment.first, segment.last + 1) / calls
        chance = share * (1.0 - share) / calls
        if share <= level:
            return False
        if share - _SURE * math.sqrt(chance + self._most) > level:
            return True
        return share - _SURE * math.sqrt(chance + self._varying(calls)) > level

    def _varying(self, wanted: int) -> float:
        """Return the variance of the healthy share of so many calls in a row, beyond chance's."""
        size = min(wanted, self._calls // _LEAST_PARTS)
        if size < 2:
            return 0.0
        begins = [at for first, behind in self._ranges for at in range(first, behind - size + 1, size)]
        begins = begins[:: max(1, len(begins) // _MOST_PARTS)]
        if len(begins) < 2:
            return 0.0
        shares = np.array([self._bad(at, at + size) for at in begins]) / size
        usual = float(shares.mean())
        return max(0.0, float(shares.var(ddof=1)) - usual * (1.0 - usual) / size)

    def _bad(self, first: int, behind: int) -> int:
        found = pieces(*self._kind, first=first, behind=behind)
        return sum(int(np.count_nonzero(np.logical_or.reduce(piece))) for piece in found)


def _outside(segments: Sequence[Segment], n: int) -> list[tuple[int, int]]:
    edges = [0, *(edge for s in segments for edge in (s.first, s.last + 1)), n]
    return [(a, b) for a, b in list(pairwise(edges))[::2] if a < b]


def doubt_notes(incidents: Sequence[Incident], budget: Budget) -> tuple[str, ...]:
    """Return which incidents are doubtful, and how to say that they were some.

    Args:
        incidents: all bad stretches, found without labels.
        budget: gives the break-even share.
    """
    doubtful = [each for each in incidents if each.doubtful]
    if not doubtful:
        return ()
    several, acted_on = len(doubtful) > 1, any(each.actionable for each in incidents)
    pays, begins = format_percent(100 * budget.break_even), f"+{format_duration(doubtful[0].start)}"
    named = [each for each in incidents if each.actionable or each.doubtful]
    options = " ".join(_option(each) for each in (named if len(named) <= _MOST_NAMED else doubtful[:1]))
    which = (
        f"{len(doubtful)} bad stretches, the first at {begins}, are"
        if several
        else (f"The bad stretch at {begins} is")
    )
    return (
        (
            f"{which} marked doubtful: opening pays from {pays} bad calls, and"
            f" {'their shares are' if several else 'its share is'} not surely above. Settings need neither"
            f" catch {'them' if several else 'it'} nor ride through. If {'one' if several else 'it'} was an"
            f" incident, name it{' with those acted on' if acted_on else ''}, as {options};"
            f" if not, {'name those acted on alone' if acted_on else 'say --incident none'}."
        ),
    )


def _option(incident: Incident) -> str:
    return f"--incident +{math.floor(incident.start)}s/+{math.ceil(incident.end)}s"
