"""The most results that a window can hold where calls come evenly, every one alike: closed forms, by kind.

With a call every s and results that take d:

    exact window of length L             ceil(L ÷ s)
    n buckets of width w                 ceil(n·w ÷ s), whatever the grid's phase
    the same, booked at admission        ceil((n·w − d) ÷ s), nothing where d reaches the window
    the same, judged as a call arrives   one fewer: the newest result is a call's spacing old
    a tumbling window of length L        floor((L − d) ÷ s) + 1, nothing where d > L: dropped
    error timestamps, kept for L         floor(L ÷ s) + 1, of every so manieth call where errors lump
    buckets pushed out by number         n · ceil(w ÷ s): each holds at least one, however old
    slices of an average, a fifth each   5 · ceil(w ÷ s), or every floor(s ÷ w)-th where calls are rarer

Runs, counts, chains and lasting counts hold any number. `tests/breaker/test_reach_holding.py` holds all of
them to what the machine's windows come to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cbtool.breaker.policies import CountWhen, EvaluateOn, WindowKind
from cbtool.breaker.reach.chance import at_least, sliding
from cbtool.units import NANOSECONDS, format_duration

if TYPE_CHECKING:
    from cbtool.breaker.policies import Policies, WindowPolicy

UNBOUNDED = 1 << 62
"""Any number fits."""
_SLICES = 5  # of an average; `cbtool.breaker.average`
_MILLISECOND = 1_000_000
_LONGEST = 366 * 86400 * NANOSECONDS  # a window that never ends within it has no end


class Holding(NamedTuple):
    """What a window, or a run of failures, is limited by."""

    most: int
    """Results; `UNBOUNDED` where nothing limits it."""
    length: int = 0
    """Nanoseconds that it reaches back; 0: no time does."""
    tumbles: bool = False
    """Whether it begins anew from nothing, rather than sliding."""
    sure: int = 0
    """Results that it holds, or begins with, however rare calls are."""
    words: str = ""
    """What it is, for people."""


def window_holding(p: Policies, spacing: int, duration: int = 0) -> Holding:
    """Return how many results the window comes to hold.

    Args:
        p: the breaker's policies.
        spacing: nanoseconds from call to call, at least 1.
        duration: nanoseconds that each takes.
    """
    w = p.window
    ways = {
        WindowKind.CALLS: lambda: Holding(w.size, words=f"a window of {w.size:,} calls"),
        WindowKind.TIME: lambda: _sliding(w.length, spacing),
        WindowKind.STAMPED: lambda: _sliding(w.size * w.width, spacing),
        WindowKind.GRID: lambda: _grid(p, spacing, duration),
        WindowKind.FLOATING: lambda: _floating(w, spacing, duration),
        WindowKind.ERRORS: lambda: _errors(w, spacing),
        WindowKind.AVERAGE: lambda: _average(w, spacing),
    }
    # The others are a run, or a chain of failures without a success.
    return ways[w.kind]() if w.kind in ways else Holding(UNBOUNDED)


def run_holding(p: Policies, spacing: int, duration: int = 0) -> Holding:
    """Return how many failures in a row the breaker comes to count, where every call fails."""
    w = p.window
    if p.trip.forgiven and p.wait.sweep:
        words = f"the {format_duration(p.wait.sweep / 1e9)} between two health checks"
        return Holding(_ceil(p.wait.sweep, spacing), p.wait.sweep, tumbles=True, words=words)
    forgets = w.kind == WindowKind.TIME or (w.kind == WindowKind.GRID and w.run_leaves) or w.tumbles
    return window_holding(p, spacing, duration) if forgets else Holding(UNBOUNDED)


def in_flight(p: Policies, spacing: int, duration: int) -> int:
    """Return how many calls of a rate's denominator have no result yet, beside the one that just ended."""
    if p.window.calls_at_admission or p.window.counts not in {CountWhen.ADMITTED, CountWhen.ATTEMPTED}:
        return 0
    return duration // spacing


def hazard(holding: Holding, rate: float, needed: int) -> float:
    """Return how often a second a window comes to hold so many of a Poisson stream's events.

    Args:
        holding: of the window.
        rate: events a second.
        needed: events.
    """
    seconds, more = holding.length / 1e9, needed - holding.sure
    if not seconds:
        return rate if needed <= holding.most else 0.0
    if holding.tumbles:
        return at_least(rate * seconds, more) / (seconds + holding.sure / rate)
    if holding.sure:
        return rate * at_least(rate * seconds, more)
    return sliding(rate, seconds, needed)


def _sliding(length: int, spacing: int, most: int | None = None) -> Holding:
    held = _ceil(length, spacing) if most is None else most
    return Holding(held, length, words=f"a window of {format_duration(length / 1e9)}")


def _grid(p: Policies, spacing: int, duration: int) -> Holding:
    w = p.window
    length = w.size * w.width
    tumbles = w.size == 1
    words = (
        f"an interval of {format_duration(length / 1e9)}"
        if tumbles
        else f"{w.size} buckets of {format_duration(w.width / 1e9)}"
    )
    if w.booked_at_admission:
        length = max(0, length - duration)
    most = _ceil(length, spacing)
    if p.trip.on == EvaluateOn.ADMISSION:
        # The newest result is a call's spacing old, less what it took; the filling bucket may not be seen.
        seen = length + (0 if w.partial else w.width)
        most = max(0, min(most, _ceil(seen + min(duration, spacing), spacing) - 1))
    return Holding(most, length, tumbles, words=words)


def _floating(w: WindowPolicy, spacing: int, duration: int) -> Holding:
    if w.tumbles:
        if w.width > _LONGEST:
            return Holding(UNBOUNDED)
        most = (w.width - duration) // spacing + 1 if duration <= w.width else 0
        words = f"an interval of {format_duration(w.width / 1e9)}"
        return Holding(most, max(0, w.width - duration), tumbles=True, sure=1, words=words)
    if w.length:
        return _sliding(w.length, spacing)
    words = f"{w.size} windows of {format_duration(w.width / 1e9)}, which only calls push out"
    return Holding(w.size * _ceil(w.width, spacing), w.size * w.width, sure=w.size, words=words)


def _errors(w: WindowPolicy, spacing: int) -> Holding:
    if not w.length:
        return Holding(UNBOUNDED)
    apart = spacing * max(1, _ceil(w.lumping, spacing))
    return _sliding(w.length, spacing, w.length // apart + 1)


def _average(w: WindowPolicy, spacing: int) -> Holding:
    if not w.length:
        return Holding(UNBOUNDED)
    width = w.length // _MILLISECOND // _SLICES * _MILLISECOND
    if width == 0:
        return Holding(UNBOUNDED)
    most = _SLICES * _ceil(width, spacing) if spacing <= width else 1 + (_SLICES - 1) // (spacing // width)
    return _sliding(w.length, spacing, most)


def _ceil(length: int, spacing: int) -> int:
    return -(-length // spacing)
