# runs compiled, too: arguments one by one, and no sets
"""Windows that keep a smoothed share of successes, over elapsed milliseconds or over results.

Each result x (1 or 0) moves the average to x · (1 − e) + average · e, where e = exp(−distance ÷ length); the
first one sets it. Beside it, five floating slices count the results of the last `length`, for the minimum.

The store: the average in units of 2⁻⁶², the stamp of the last result (−1: none), when the average began, when
the newest slice began and which it is, then the slices; then e for each distance of some milliseconds that
came before, in the same units, as an exponential costs more than all the rest.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cbtool.breaker.memory import Memory
    from cbtool.breaker.policies import Policies, WindowPolicy

_ONE = float(1 << 62)
_AVERAGE, _STAMP, _BEGAN, _TURNED, _SLICE, _FIRST = 0, 1, 2, 3, 4, 5
_SLICES = 5
_POWERS = 512
_AFTER = _FIRST + _SLICES
ROOM = _AFTER + _POWERS
_MILLISECOND = 1_000_000


def clear(m: Memory, w: Any, now: int) -> None:
    """Forget everything, and begin anew."""
    w[_AVERAGE] = 0
    w[_STAMP] = -1
    w[_BEGAN] = w[_TURNED] = _milliseconds(m, now)
    for cell in range(_FIRST, _FIRST + _SLICES):
        w[cell] = 0


def add(m: Memory, w: Any, p: WindowPolicy, failed: int, now: int) -> None:
    """Count a result."""
    if p.length:
        _turn(m, w, p, now)
        w[_FIRST + w[_SLICE]] += 1
    m.calls += 1
    m.failures += failed
    stamp = _milliseconds(m, now) - w[_BEGAN] if p.length else m.calls
    average = 1.0 - failed
    if w[_STAMP] >= 0:
        kept = _kept(w, stamp - w[_STAMP], _length(p))
        average = average * (1.0 - kept) + w[_AVERAGE] / _ONE * kept
    w[_AVERAGE] = int(average * _ONE)
    w[_STAMP] = stamp


def falls_short(m: Memory, w: Any, p: Policies, now: int) -> bool:
    """Return whether the average, at least one length after it began, is under what is required."""
    if w[_STAMP] < _length(p.window) or w[_AVERAGE] / _ONE >= p.trip.least_average:
        return False
    if p.window.length == 0:
        return True
    _turn(m, w, p.window, now)
    recent = 0
    for cell in range(_FIRST, _FIRST + _SLICES):
        recent += w[cell]
    return recent >= p.trip.minimum_calls


def _kept(w: Any, distance: int, length: int) -> float:
    """Return exp(−distance ÷ length), remembered where that is exact: not under 2⁻⁹."""
    if distance >= _POWERS or distance > 6 * length:
        return math.exp(-float(distance) / length)
    if w[_AFTER + distance] == 0:
        w[_AFTER + distance] = int(math.exp(-float(distance) / length) * _ONE)
    remembered: float = w[_AFTER + distance] / _ONE
    return remembered


def _length(p: WindowPolicy) -> int:
    """Return milliseconds, or results."""
    return p.length // _MILLISECOND if p.length else p.size


def _milliseconds(m: Memory, now: int) -> int:
    return (now + m.epoch) // _MILLISECOND


def _turn(m: Memory, w: Any, p: WindowPolicy, now: int) -> None:
    """Move on to the slice of `now`: a new one begins when the last is a fifth of the length old."""
    time = _milliseconds(m, now)
    width = _length(p) // _SLICES
    if width == 0 or time - w[_TURNED] < width:
        return
    for _ in range(min((time - w[_TURNED]) // width, _SLICES)):
        w[_SLICE] = (w[_SLICE] + 1) % _SLICES
        w[_FIRST + w[_SLICE]] = 0
    w[_TURNED] = time
