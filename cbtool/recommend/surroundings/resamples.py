"""The log resampled by a moving-block bootstrap (Künsch 1989): how sure the numbers are.

Healthy time is cut into blocks that overlap, drawn with replacement and laid end to end, so that bursts and
the load's ups and downs stay whole; the incidents are drawn with replacement, each a block of its own, and
transplanted. Each resample is a log that might as well have been seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.reading.trace import Trace
from cbtool.recommend.search import arena as arenas
from cbtool.recommend.search.loss import Court

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.found import Found
    from cbtool.recommend.search.spells import Spell

RESAMPLES = 12
_CALLS = 30_000  # a resample; more would cost time and hardly narrow what few incidents leave open
_BLOCKS = 12
_SHORT = 0.25  # of a resample's time that its incidents may take before some are left out
LOW, HIGH = 0.05, 0.95


def resampled_courts(found: Found, count: int = RESAMPLES) -> list[Court]:
    """Return resamples of what one breaker saw, labelled."""
    return [_court(found, number) for number in range(count)]


def moving_blocks(trace: Trace, random: np.random.Generator, blocks: int = _BLOCKS) -> Trace:
    """Return a resample of as much time, or of as much as holds 30,000 calls, in so many blocks."""
    span = trace.span
    if len(trace) < 2 * blocks or span <= 0:
        return trace
    block = span * min(1.0, _CALLS / len(trace)) / blocks
    origin = int(trace.start[0])
    starts = []
    indices = []
    for number, begin in enumerate(random.uniform(0.0, max(span - block, 0.0), blocks)):
        from_ns = origin + round(begin * 1e9)
        first, last = np.searchsorted(trace.start, [from_ns, from_ns + round(block * 1e9)])
        indices.append(np.arange(first, last))
        starts.append(trace.start[first:last] - from_ns + round(number * block * 1e9))
    chosen = np.concatenate(indices)
    if not len(chosen):
        return trace
    start = np.concatenate(starts)
    return Trace(start - start[0], trace.duration[chosen], trace.failed[chosen], trace.knows_durations)


def _court(found: Found, number: int) -> Court:
    random = np.random.default_rng([found.seed, 59, number])
    calm = moving_blocks(found.calm, random)
    spells = found.spells or found.library
    drawn = [spells[i] for i in random.integers(0, len(spells), len(spells))]
    room = _SHORT * calm.span
    kept = [spell for place, spell in enumerate(drawn) if not place or _total(drawn[: place + 1]) <= room]
    arena = arenas.build(calm, kept, 1.0, _CALLS, found.seed * 1000 + 500 + number)
    budget = found.budget
    return Court(arena, found.p99, budget.reject_cost, budget.false_trip_cost, found.instances)


def _total(spells: Sequence[Spell]) -> float:
    return sum(spell.seconds for spell in spells)
