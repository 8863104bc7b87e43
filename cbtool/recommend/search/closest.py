"""Gates no larger than the budget needs: between the values of the grids that the search steps over.

A full window of W seconds trips at threshold · λW errors, and at the errors gate where that is more. Both
grids are a quarter to a half apart, so that what they offer overshoots what a burst needs by as much.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

from cbtool.recommend.candidates.forms import two_digits
from cbtool.recommend.candidates.moves import ERRORS, with_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from cbtool.recommend.candidates.gates import Candidate, Gate
    from cbtool.recommend.search.ground import Ground

_STEP = 1.06  # from one window to the next
_SHORTEST, _LONGEST = -14, 3  # steps from the window that asks for as many errors as the candidate does


def closest_windows(
    at: Candidate,
    ground: Ground,
    allowed: Callable[[Gate], bool],
    fit: Callable[[Gate], Gate | None],
    pool: Executor,
) -> Iterator[Candidate]:
    """Yield for each threshold the candidate with the shortest window that is allowed, if any is.

    The errors gate is then as small as may be: it is the threshold that holds a full window, and a window
    which a closing emptied is judged sooner.

    Args:
        at: the candidate.
        ground: gives the thresholds, and the windows that can be judged.
        allowed: whether a gate may be recommended; of longer windows, more are.
        fit: gives a gate the smallest errors gate that is allowed.
        pool: of threads.
    """
    gate = at.gate

    def closest(threshold: float) -> Gate | None:
        gates = [gate._replace(window=size, threshold=threshold) for size in _sizes(gate, threshold, ground)]
        longest = fit(gates[-1]) if gates else None
        if longest is None:
            return None
        gates = [with_errors(each, longest.errors) for each in gates]
        place = bisect_left(gates, True, key=allowed)
        return gates[place] if place < len(gates) else None

    for found in pool.map(closest, ground.thresholds()):
        if found is not None:
            yield at._replace(gate=found)


def _sizes(gate: Gate, threshold: float, ground: Ground) -> list[float]:
    """Return the windows that ask for about as many errors as the gate does, shortest first."""
    asked = max(gate.errors, gate.threshold * gate.holds(ground.busy) / 100.0)
    calls = asked * 100.0 / threshold
    same = calls if gate.counted else calls / ground.busy
    sizes = {_size(same * _STEP**step, gate) for step in range(_SHORTEST, _LONGEST)}
    return sorted(size for size in sizes if ground.can_judge(size, counted=gate.counted))


def _size(window: float, gate: Gate) -> float:
    return float(max(1, math.ceil(window))) if gate.counted else two_digits(window)


def closest_errors(at: Candidate, allowed: Callable[[Gate], bool]) -> Iterator[Candidate]:
    """Yield the candidate with the smallest errors gate that is allowed, above the grid's next smaller.

    Args:
        at: the candidate, which is allowed.
        allowed: whether a gate may be recommended; of larger errors gates, more are.
    """
    most = at.gate.errors
    least = max((errors for errors in ERRORS if errors < most), default=most - 1) + 1
    gates = [with_errors(at.gate, errors) for errors in range(least, most)]
    place = bisect_left(gates, True, key=allowed)
    if place < len(gates):
        yield at._replace(gate=gates[place])
