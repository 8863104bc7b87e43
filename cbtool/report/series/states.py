"""The breakers' states over time: the share of them that was open or half-open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.breaker import State
from cbtool.report.series.numbers import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from cbtool.metrics.view import InstanceTransition
    from cbtool.report.series.bins import Bins


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch in one state; seconds."""

    state: State
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class StateSeries:
    """By bin, percent of the breakers' time in a state.

    Attributes:
        open: open.
        half_open: half-open.
    """

    open: NDArray[np.float64]
    half_open: NDArray[np.float64]

    def to_json(self) -> dict[str, Any]:
        """Return the columns as plain numbers."""
        return {"open": plain(self.open), "half_open": plain(self.half_open)}


def spells(transitions: Iterable[InstanceTransition], end: float) -> list[Spell]:
    """Return every stretch in which a breaker was not closed, of all breakers, by start."""
    since: dict[int, tuple[State, float]] = {}
    found = []
    for instance, transition in transitions:
        state, start = since.get(instance, (State.CLOSED, 0.0))
        if state is not State.CLOSED:
            found.append(Spell(state, start, transition.time))
        since[instance] = (transition.target, transition.time)
    found += [Spell(state, start, end) for state, start in since.values() if state is not State.CLOSED]
    return sorted(found, key=lambda spell: (spell.start, spell.end))


def state_series(found: Sequence[Spell], bins: Bins, *, instances: int) -> StateSeries:
    """Return the shares by bin.

    Args:
        found: of `instances` breakers.
        bins: over the run.
        instances: how many breakers.
    """
    parts = {state: [spell for spell in found if spell.state is state] for state in State}
    return StateSeries(
        _share(parts[State.OPEN], bins, instances), _share(parts[State.HALF_OPEN], bins, instances)
    )


def _share(found: Sequence[Spell], bins: Bins, instances: int) -> NDArray[np.float64]:
    """Return the percentage of each bin that spells cover."""
    edges = bins.edges
    covered = np.zeros(bins.count + 1)
    for sign, times in ((1, [spell.start for spell in found]), (-1, [spell.end for spell in found])):
        moments = np.sort(np.asarray(times, np.float64))
        # Up to an edge, spells have started (or ended) for the sum of edge - moment over those before it.
        before = np.searchsorted(moments, edges, side="right")
        sums = np.concatenate(([0.0], np.cumsum(moments)))
        covered += sign * (before * edges - sums[before])
    return np.clip(100.0 * np.diff(covered) / (np.diff(edges) * instances), 0.0, 100.0)
