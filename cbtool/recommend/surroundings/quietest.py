"""The quietest hour: what a window holds in it, where that is less than at the quietest load."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.breaker.reach.chance import at_least
from cbtool.recommend.reading.columns import pieces
from cbtool.recommend.reading.holes import holes, seconds_in, without
from cbtool.recommend.search.delays import brown_out_at
from cbtool.recommend.surroundings.late import number
from cbtool.units import format_duration, format_rate

if TYPE_CHECKING:
    from cbtool.recommend.found import Found
    from cbtool.recommend.reading.columns import TraceColumns

_HOUR = 3600.0
_STEPS = 6  # an hour
_STEP = _HOUR / _STEPS
_LEAST_HOURS = 4
_FEW = 30  # calls; ten minutes may be without one by chance
_QUIETER = 0.75  # of the quietest load
_BY_CHANCE = 0.01  # one of so many hours is as quiet


class QuietestHour(NamedTuple):
    """The hour with the fewest calls, of those that had any.

    Attributes:
        begin: seconds from the log's first call, in steps of ten minutes.
        calls: of all breakers together.
        tried: hours that were looked at, one from each step on.
    """

    begin: float
    calls: int
    tried: int


def quietest_hour(trace: TraceColumns) -> QuietestHour | None:
    """Return it, whole hours from every tenth minute on, holes cut out; None where there are under four."""
    left_out = holes(trace)
    steps = int((trace.span - seconds_in(left_out)) // _STEP)
    if steps < _LEAST_HOURS * _STEPS:
        return None
    calls = np.zeros(steps + 1, np.int64)
    for (start,) in pieces(trace.start):
        place = ((without(start, left_out) - trace.start[0]) / (_STEP * 1e9)).astype(np.int64)
        calls += np.bincount(np.minimum(place, steps), minlength=steps + 1)
    each = np.lib.stride_tricks.sliding_window_view(calls[:steps], _STEPS)
    hours = each.sum(axis=1)
    # An hour that holds the beginning or the end of a pause is no quiet one.
    busy = np.flatnonzero((hours > 0) & ((each.min(axis=1) > 0) | (hours < _FEW)))
    if not len(busy):
        return None
    least = int(busy[np.argmin(hours[busy])])
    return QuietestHour(least * _STEP, int(hours[least]), len(hours))


def quietest_notes(found: Found) -> tuple[str, ...]:
    """Return a sentence on the quietest hour, where it is far quieter than the quietest load."""
    hour, low = quietest_hour(found.whole), found.regimes[0]
    if hour is None:
        return ()
    usual = low.rate * _HOUR * found.instances
    chance = hour.tried * (1.0 - at_least(usual, hour.calls + 1))
    if hour.calls > _QUIETER * usual or chance > _BY_CHANCE:
        return ()
    rate = hour.calls / _HOUR / found.instances
    gate, delay = found.candidate.gate, brown_out_at(found, rate, 1.0)
    opens = (
        "half of all outages would not open the breaker there"
        if delay.value is None
        else f"an outage there opens the breaker after {format_duration(delay.value)}"
    )
    return (
        (
            f"In the quietest hour, from +{format_duration(hour.begin)} on, one breaker sees"
            f" {number(hour.calls / found.instances)} calls, {format_rate(rate)}, where the quietest load is"
            f" {format_rate(low.rate)}: a window holds {number(gate.holds(rate))}, and {opens}."
        ),
    )
