"""Spells: incidents to transplant, taken from the log, or those that any upstream can have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.incidents.segments import Segment
    from cbtool.recommend.reading.trace import Trace

_FEW = 2  # incidents, whose lengths say little
_SPREAD, _SPREAD_OF_FEW = 1.5, 1.8  # lengths vary by up to this factor either way
_PARTS_OF_A_FLAP = 3
_TURN = 5  # calls of which most fail are a bad turn
_TURNS = 8
_IRREGULAR = 0.2  # of a flap's turns; of a brown-out's it is most
_REGULAR = 0.35  # how far the times between a flap's parts may differ, as a share of their mean
_LIBRARY_LENGTHS = (20.0, 3600.0)
_LEAST_BACKGROUND = 600.0  # seconds


class Spell(NamedTuple):
    """An incident to transplant: its length in seconds, and what befell its calls, in order."""

    seconds: float
    duration: NDArray[np.int64]
    failed: NDArray[np.bool_]
    spread: float = _SPREAD
    """Its length varies by up to this factor either way."""
    rhythm: Rhythm | None = None


class Rhythm(NamedTuple):
    """Where an incident flaps, the stretched one must do so in the same rhythm, for more or fewer times."""

    period: float
    """Seconds from one bad part to the next."""
    at: NDArray[np.float64]
    """When each call was, in seconds from the incident's start."""


def spell_of(trace: Trace, first: int, last: int, count: int, parts: Sequence[Segment] = ()) -> Spell:
    """Return an observed incident, calls `first` to `last`, as a spell.

    Args:
        trace: the calls.
        first: the incident's first call.
        last: its last one.
        count: how many incidents there are; the lengths of few say little.
        parts: its bad parts, where it was joined from several.
    """
    part = slice(first, last + 1)
    at = (trace.start[part] - trace.start[first]) / 1e9
    spread = _SPREAD_OF_FEW if count <= _FEW else _SPREAD
    seconds = max(1e-3, float(at[-1]))
    failed = trace.failed[part]
    rhythm = _rhythm(trace, at, parts) or _alternation(at, failed)
    return Spell(seconds, trace.duration[part], failed, spread, rhythm)


def _rhythm(trace: Trace, at: NDArray[np.float64], parts: Sequence[Segment]) -> Rhythm | None:
    """Return the rhythm of an incident that flaps; None where its parts are few or irregular."""
    if len(parts) < _PARTS_OF_A_FLAP:
        return None
    between = np.diff(trace.start[[part.first for part in parts]]) / 1e9
    if between.std() > _REGULAR * between.mean():
        return None
    return Rhythm(float(between.mean()), at)


def _alternation(at: NDArray[np.float64], failed: NDArray[np.bool_]) -> Rhythm | None:
    """Return the rhythm of an incident that is one stretch, since too few calls fit into its good times.

    Failures and successes by turns begin again after about as long, or a multiple of it where a turn was
    overlooked; those of a brown-out after any time, so that eight of them do one time in a hundred.
    """
    if len(failed) < _TURN * _TURNS:
        return None
    bad = 2 * np.convolve(failed, np.ones(_TURN), "same") > _TURN
    gaps = np.diff(at[1:][bad[1:] & ~bad[:-1]])
    usual = float(np.median(gaps)) if len(gaps) >= _TURNS else 0.0
    if not usual:  # too few, or of calls at one instant
        return None
    times = np.maximum(1, np.rint(gaps / usual))
    period = float(gaps.sum() / times.sum())
    irregular = np.abs(gaps - times * period) > _REGULAR / 2 * period
    return None if irregular.mean() > _IRREGULAR else Rhythm(period, at)


def library_length(seconds: float) -> float:
    """Return how long those incidents last in so many seconds of background: 3 % of them, 20 s to an hour."""
    return float(np.clip(0.03 * max(seconds, _LEAST_BACKGROUND), *_LIBRARY_LENGTHS))


def library(p99: float | None, typical: int, seconds: float) -> list[Spell]:
    """Return the incidents that any upstream can have: an outage, a brown-out, calls ten times as slow.

    Args:
        p99: the healthy p99 in seconds; None: no slow incident.
        typical: a healthy call's duration, nanoseconds.
        seconds: of the background.
    """
    length = library_length(seconds)
    healthy = np.full(100, typical, np.int64)
    spells = [Spell(length, healthy, np.ones(100, np.bool_)), Spell(length, healthy, np.arange(100) % 5 < 2)]
    if p99 is not None:
        late = np.full(100, round(max(10 * typical, 4e9 * p99)), np.int64)
        spells.append(Spell(length, late, np.zeros(100, np.bool_)))
    return spells
