"""A few bursts, each as if it had come at another moment: what it fails grows with the load it falls on.

A restart of three seconds just after the load has tripled fails about as many calls as the window still
holds of the seconds before. That no burst which was seen came just then is luck.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.false_trips.exposure import Exposure
    from cbtool.recommend.incidents.segments import Segment
    from cbtool.recommend.reading.trace import Trace

_MOMENTS = 2000
_THEIR_OWN = 2.0  # times the load around: these calls came beside it, and would come at no other
_AROUND = 100  # calls on either side
_LEAST = 3  # calls: two tell no length
_RARE = 0.001  # of the moments


class Replays:
    """Judges gates by bursts that may come at any moment of the background.

    Args:
        background: what one breaker is exposed to.
        calm: the same without the bursts: two of them at once are counted elsewhere.
        lengths: of the bursts, nanoseconds.
        shares: of their calls that failed.
    """

    def __init__(
        self, background: Exposure, calm: Exposure, lengths: Sequence[int], shares: Sequence[float]
    ) -> None:
        self._end, self._failures = background.end, calm.end[calm.failed]
        self._until = np.linspace(int(self._end[0]), int(self._end[-1]), _MOMENTS).astype(np.int64)
        self._behind = np.searchsorted(self._end, self._until, side="right")
        begin = self._until - np.array(lengths, np.int64).reshape(-1, 1)
        self._begun = np.searchsorted(self._end, begin, side="right")
        self._before = np.searchsorted(self._failures, begin, side="right")
        self._shares = np.array(shares)
        self._a_second = background.breakers / background.seconds
        self._oldest: dict[tuple[float, bool], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._known: dict[Gate, float] = {}

    def trips(self, gate: Gate) -> float:
        """Return how many of the bursts would trip by failures, each at any moment whose window is full.

        Args:
            gate: when the breaker opens.
        """
        plain = gate._replace(slow_from=None, slow_threshold=100.0)
        if plain not in self._known:
            key = gate.window, gate.counted
            if key not in self._oldest:
                self._oldest[key] = self._oldest_at(*key)
            gates = (float(gate.threshold), gate.errors, gate.calls)
            moments = self._behind, self._begun, self._before
            self._known[plain] = float(_tripping(moments, self._oldest[key], self._shares, gates))
        return self._known[plain]

    def often(self, gate: Gate) -> float:
        """Return how many trips a second that makes."""
        return self.trips(gate) * self._a_second

    def plainly(self, gate: Gate) -> float:
        """Return the same; none where it takes a moment at which chance thins the calls out."""
        return self.often(gate) if self.trips(gate) > _RARE * len(self._shares) else 0.0

    def _oldest_at(self, window: float, counted: bool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return each moment's oldest call (below 0: the window is not full), and the failures before it."""
        if counted:
            oldest = self._behind - round(window)
            since = self._end[np.maximum(oldest, 0)] - 1
        else:
            since = self._until - round(window * 1e9)
            oldest = np.searchsorted(self._end, since, side="right")
            oldest[since < self._end[0]] = -1
        return oldest, np.searchsorted(self._failures, since, side="right")


def replays_of(
    background: Exposure,
    calm: Exposure,
    share: Trace,
    start: NDArray[np.int64],
    bursts: Sequence[Segment],
) -> Replays:
    """Return the bursts that come with the load, to be replayed.

    Args:
        background: what one breaker is exposed to.
        calm: the same without the bursts.
        share: its healthy calls.
        start: of all calls, nanoseconds.
        bursts: of these.
    """
    lengths, shares = [], []
    for burst in bursts:
        ends = [start[burst.first], start[burst.last] + 1]
        first, behind = (int(i) for i in np.searchsorted(share.start, ends))
        if behind - first < _LEAST:
            continue
        inside, around = share.start[first:behind], share.start[max(0, first - _AROUND) : behind + _AROUND]
        if _rate(inside) <= _THEIR_OWN * _rate(around):
            lengths.append(round(len(inside) / _rate(inside)))
            shares.append(float(share.failed[first:behind].mean()))
    return Replays(background, calm, lengths, shares)


def _rate(start: NDArray[np.int64]) -> float:
    """Return calls a nanosecond."""
    return (len(start) - 1) / max(1, int(start[-1] - start[0]))


@compiled()
def _tripping(
    moments: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]],
    oldest: tuple[NDArray[np.int64], NDArray[np.int64]],
    shares: NDArray[np.float64],
    gates: tuple[float, int, int],
) -> float:
    behind, begun, before = moments
    first, failures = oldest
    threshold, errors, least = gates
    full = trips = 0
    for moment in range(len(behind)):
        if first[moment] < 0:
            continue
        full += 1
        held = behind[moment] - first[moment]
        if held < least:
            continue
        enough = max(float(errors), threshold * held / 100.0)
        for number in range(len(shares)):
            inside = min(behind[moment] - begun[number, moment], held)
            stray = max(before[number, moment] - failures[moment], 0)
            trips += shares[number] * inside + stray >= enough
    return trips / max(1, full)
