"""Arenas: traffic to try candidates on, with incidents moved, stretched and mixed.

A search over the one log fits that log's luck: the wait that happens to end with its outage looks best.
So the observed incidents are transplanted to random places in the healthy background, their lengths
scaled, and each call in them draws what befell a call at the same relative place. A small library of
incidents stands for those that the log does not hold (`spells.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.reading.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.search.spells import Spell

_PIECES = 40
_OF_ONE = 4  # a tape's calls are from this many pieces at least, where most of a log's are in one
_MOST_OF_IT = 0.5  # of an arena's time that incidents may take
_MOST_OF_ONE = 0.8  # that a single one may, which would not fit else
_BY_CALLS = 4  # one arena in so many
_BLUR = 2  # calls by which a flap's are mixed: more would wash out the edges that a wait may meet
_APART = 0.2  # of the time that would be between incidents if they came evenly
_TRIES = 30


@dataclass(frozen=True, slots=True)
class Arena:
    """Labelled traffic.

    Attributes:
        trace: the calls of one breaker.
        spans: the incidents, int64 (from, to) nanoseconds, shape (k, 2).
        weight: of its loss.
    """

    trace: Trace
    spans: NDArray[np.int64]
    weight: float


class Deal:
    """Spells dealt out to arenas in turn, so that a long one, which leaves no room, is as frequent as others.

    Args:
        spells: what to deal out.
        seed: of their order.
    """

    def __init__(self, spells: Sequence[Spell], seed: int) -> None:
        order = np.random.default_rng([seed, 47]).permutation(len(spells))
        self._spells = [spells[i] for i in order]
        self._next = 0

    def build(self, background: Trace, weight: float, most: int, seed: int) -> Arena:
        """Return an arena with the next spells, as many as fit, each once."""
        spells = self._spells[self._next :] + self._spells[: self._next]
        arena = build(background, spells, weight, most, seed)
        self._next = (self._next + len(arena.spans)) % len(spells)
        return arena


def build(background: Trace, spells: Sequence[Spell], weight: float, most: int, seed: int) -> Arena:
    """Return an arena: healthy traffic with every spell in it once, or the first ones if not all fit.

    Args:
        background: healthy calls of one breaker, incidents cut out of its time.
        spells: what to transplant.
        weight: of the arena.
        most: calls, about.
        seed: of the pieces, places, lengths and draws.
    """
    random = np.random.default_rng([seed, 43])
    spread = np.log([s.spread for s in spells])
    lengths = np.array([s.seconds for s in spells]) * np.exp(random.uniform(-spread, spread))
    tape = _tape(background, float(lengths.sum()) / _MOST_OF_IT, most, random)
    room = _MOST_OF_IT * tape.span
    fitting = max(1, int((np.cumsum(lengths) <= room).sum()))
    spells, lengths = spells[:fitting], lengths[:fitting]
    # One that is too long alone is cut, but never to the same length: a wait would learn that.
    cut = _MOST_OF_ONE * tape.span * random.uniform(0.6, 1.0, len(lengths))
    lengths = np.where(lengths > room, np.minimum(lengths, cut), lengths)
    begins = _places(tape, lengths, random, by_time=seed % _BY_CALLS != 1)
    duration, failed = tape.duration.copy(), tape.failed.copy()
    spans = np.empty((len(spells), 2), np.int64)
    for row, which in enumerate(np.argsort(begins, kind="stable")):
        begin = begins[which]
        spans[row] = round(begin * 1e9), round((begin + lengths[which]) * 1e9)
        a, b = np.searchsorted(tape.start, spans[row])
        drawn = _draw(tape.start[a:b], spans[row], spells[which], random)
        duration[a:b] = spells[which].duration[drawn]
        failed[a:b] = spells[which].failed[drawn]
    return Arena(Trace(tape.start, duration, failed, tape.knows_durations), spans, weight)


def _places(
    tape: Trace, lengths: NDArray[np.float64], random: np.random.Generator, *, by_time: bool
) -> NDArray[np.float64]:
    """Return when each spell begins, in seconds, with healthy time between them.

    Most arenas draw them evenly over the time, some evenly over the calls, as incidents that load brings
    about would be: else a busy hour in a quiet week is never tried. Where one incident followed on another,
    what recovering late from the first costs would not show.
    """
    apart = _APART * (tape.span - lengths.sum()) / (len(lengths) + 1)
    latest = np.maximum(tape.span - lengths, 0.0)
    begins = np.full(len(lengths), np.nan)
    for which in np.argsort(-lengths, kind="stable"):
        for _ in range(_TRIES):
            drawn = random.random() * latest[which]
            if not by_time:
                drawn = min(tape.start[random.integers(0, len(tape))] / 1e9, latest[which])
            before = begins + lengths + apart <= drawn
            after = drawn + lengths[which] + apart <= begins
            if np.all(before | after | np.isnan(begins)):
                break
        else:
            return _in_turn(tape.span, lengths, random)
        begins[which] = drawn
    return begins


def _in_turn(span: float, lengths: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.float64]:
    """Return when spells begin that have little room: one after the other, what time is left between."""
    order = random.permutation(len(lengths))
    between = np.sort(random.random(len(lengths))) * max(0.0, span - lengths.sum())
    begins = np.empty(len(lengths))
    begins[order] = between + np.concatenate(([0.0], np.cumsum(lengths[order])[:-1]))
    return begins


def _draw(
    start: NDArray[np.int64], span: NDArray[np.int64], spell: Spell, random: np.random.Generator
) -> NDArray[np.int64]:
    """Return for each call the index of an incident's call at about the same relative place."""
    n = len(spell.failed)
    since = start - span[0]
    spread = max(2, n // 100)
    if spell.rhythm is None:
        place = (since / max(1, int(span[1] - span[0])) * n).astype(np.int64)
    else:
        period, at = spell.rhythm
        cycle = max(1.0, np.floor((at[-1] + 0.5 * period) / period)) * period
        place = np.searchsorted(at, (since / 1e9) % cycle)
        spread = _BLUR
    drawn: NDArray[np.int64] = np.clip(place + random.integers(-spread, spread + 1, len(start)), 0, n - 1)
    return drawn


def _tape(background: Trace, seconds: float, most: int, random: np.random.Generator) -> Trace:
    """Return healthy traffic of about `most` calls at most: pieces of a long log, or a short one repeated."""
    n = len(background)
    span = int(background.start[-1] - background.start[0])
    if n > most:
        return _pieces(background, span, most, random)
    times = max(1, min(int(np.ceil(max(seconds, 600.0) / max(background.span, 1e-3))), most // n))
    every = span + max(1, span // n)
    return _joined(background, np.zeros(times, np.int64), every, np.zeros(times, np.int64), np.full(times, n))


def _pieces(background: Trace, span: int, most: int, random: np.random.Generator) -> Trace:
    """Return as much of each of equal stretches of time, wherever in it.

    So every load takes the share of the time that it has in the log. Pieces of equal count would hold whole
    nights or none.
    """
    since = background.start - background.start[0]
    stretch = (span + 1) // _PIECES
    length = int(stretch * most / len(since))
    begins = stretch * np.arange(_PIECES) + random.integers(0, stretch - length + 1, _PIECES)
    firsts = np.searchsorted(since, begins)
    counts = np.minimum(np.searchsorted(since, begins + length) - firsts, most // _OF_ONE)
    if counts.sum() < most // _OF_ONE:  # nearly all calls are in a few moments, which the pieces missed
        firsts, counts = np.array([(len(since) - most) // 2]), np.array([most])
        begins = since[firsts]
    return _joined(background, begins, length, firsts, counts)


def _joined(
    background: Trace,
    begins: NDArray[np.int64],
    length: int,
    firsts: NDArray[np.int64],
    counts: NDArray[np.int64],
) -> Trace:
    """Return pieces one after the other: each with when it begins, its first call, and how many there are."""
    index = np.concatenate([np.arange(a, a + count) for a, count in zip(firsts, counts, strict=True)])
    shift = np.repeat(length * np.arange(len(begins)) - begins, counts)
    return Trace(
        background.start[index] - background.start[0] + shift,
        background.duration[index],
        background.failed[index],
        background.knows_durations,
    )
