"""Healthy time that a breaker is exposed to: completions in order, and windows over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled
from cbtool.recommend.false_trips.between import ANOTHER, BETWEEN
from cbtool.recommend.false_trips.margins import steps_up_to
from cbtool.recommend.false_trips.peaks import exact_maxima, peaks_of_calls, peaks_of_time
from cbtool.recommend.false_trips.stops import Stops, share_of_stops, stops_in
from cbtool.recommend.reading.holes import without

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.candidates.gates import Gate
    from cbtool.recommend.false_trips.dealt import Pooled
    from cbtool.recommend.reading.trace import Trace


class Peaks(NamedTuple):
    """How full of bad calls a sliding window was: in each block of two windows, its fullest moments.

    For each number of bad calls that the block reached (exact up to 16, then in steps of an eighth), the
    moment with the fewest calls, unless another had more bad calls at a higher rate: what gates are told by.
    """

    block: NDArray[np.int32]
    """Which block each moment is in; never decreasing."""
    bad: NDArray[np.int32]
    calls: NDArray[np.int32]
    blocks: int
    """How many blocks hold any call."""


@dataclass(slots=True)
class Exposure:
    """Completions of healthy calls, in order, as ONE breaker records them.

    Attributes:
        end: int64 nanoseconds, never decreasing. Stretches of different breakers stand far apart.
        failed: which calls failed.
        duration: int64 nanoseconds.
        seconds: healthy time in all.
        breakers: whose stretches there are.
        copies: in how many of these stretches one and the same burst is, on average.
        share: of the time that traffic is like this.
        pooled: the calls of all breakers, where they were dealt out to these by chance.
    """

    end: NDArray[np.int64]
    failed: NDArray[np.bool_]
    duration: NDArray[np.int64]
    seconds: float
    breakers: int = 1
    copies: float = 1.0
    share: float = 1.0
    pooled: Pooled | None = None
    _slow: dict[float, NDArray[np.bool_]] = field(default_factory=dict)
    _places: dict[float | None, NDArray[np.int64]] = field(default_factory=dict)
    _cuts: NDArray[np.int64] | None = None
    _stops: Stops | None = None
    _peaks: dict[tuple[float, bool, float | None], Peaks] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.end)

    def bad(self, slow_from: float | None) -> NDArray[np.bool_]:
        """Return which calls are slow; which failed, where `slow_from` is None."""
        if slow_from is None:
            return self.failed
        if slow_from not in self._slow:
            self._slow[slow_from] = np.asarray(self.duration > round(slow_from * 1e9))
        return self._slow[slow_from]

    def bad_calls(self, slow_from: float | None) -> NDArray[np.int64]:
        """Return which completions these are."""
        if slow_from not in self._places:
            self._places[slow_from] = np.flatnonzero(self.bad(slow_from))
        return self._places[slow_from]

    def breaks(self) -> NDArray[np.int64]:
        """Return which completions are the first of another breaker."""
        if self._cuts is None:
            self._cuts = np.flatnonzero(np.diff(self.end) > ANOTHER) + 1
        return self._cuts

    def peaks(self, gate: Gate, slow_from: float | None) -> Peaks:
        """Return the window's peaks of failed calls (of slow ones, where `slow_from` is given)."""
        key = (gate.window, gate.counted, slow_from)
        if key not in self._peaks:
            bad = self.bad_calls(slow_from)
            steps = steps_up_to(len(bad))
            if gate.counted:
                found = peaks_of_calls(len(self), bad, self.breaks(), _length(gate), steps)
            else:
                found = peaks_of_time(self.end, bad, _length(gate), steps)
            self._peaks[key] = Peaks(*found)
        return self._peaks[key]

    def cold_trips(self, gate: Gate, slow_from: float | None, threshold: float) -> float:
        """Return the share of the time at which an empty window, filling from then on, would trip."""
        bad = self.bad_calls(slow_from)
        window = _length(gate)
        gates = (threshold, gate.errors, gate.calls)
        lost = _cold_time(self.end, bad, window, gate.counted, ANOTHER, *gates)
        return float(lost) / 1e9 / self.seconds

    def stop_trips(self, gate: Gate, slow_from: float | None, threshold: float) -> float:
        """Return the share of calls after which those in flight would trip, if no more began."""
        if self._stops is None:
            self._stops = stops_in(self.end, self.duration, self.breaks())
        bad = self.bad_calls(slow_from)
        window = _length(gate)
        gates = (float(threshold), gate.errors, gate.calls)
        found = share_of_stops(
            self.end, self.bad(slow_from), bad, tuple(self._stops), window, gate.counted, gates
        )
        return float(found)

    def block_maxima(self, gate: Gate, slow_from: float | None, threshold: float) -> BlockMaxima:
        """Return how near the window came to tripping in each block of two windows; 1 is a trip."""
        if gate.calls > gate.errors:
            bad = self.bad_calls(slow_from)
            window = _length(gate)
            gates = (float(threshold), gate.errors, gate.calls)
            return BlockMaxima(*exact_maxima(self.end, bad, self.breaks(), window, gate.counted, gates))
        peaks = self.peaks(gate, slow_from)
        found = _maxima_of(peaks.block, peaks.bad, peaks.calls, threshold, gate.errors)
        return BlockMaxima(found, peaks.blocks)

    def places(self, gate: Gate, slow_from: float | None) -> NDArray[np.int64]:
        """Return which of the blocks hold a bad call, from 0; a place for each positive block maximum."""
        return np.unique(self.peaks(gate, slow_from).block).astype(np.int64)


class BlockMaxima(NamedTuple):
    """The margins of the blocks that hold a bad call, and how many blocks there are."""

    positive: NDArray[np.float64]
    blocks: int


def exposure_of(shares: Sequence[Trace], gaps: Sequence[tuple[int, int]]) -> Exposure:
    """Return the exposure of several breakers' shares of the healthy calls.

    Args:
        shares: each breaker's calls, incidents left out.
        gaps: the incidents and holes as (from, to) nanoseconds; they are cut out of the time.
    """
    span = _span(shares)
    ends, offset = [], 0
    for share in shares:
        completed = share.start + share.duration
        ends.append(without(completed, gaps) + offset)
        offset += span + BETWEEN
    order = [np.argsort(end, kind="stable") for end in ends]
    return Exposure(
        end=np.concatenate([end[o] for end, o in zip(ends, order, strict=True)]),
        failed=np.concatenate([t.failed[o] for t, o in zip(shares, order, strict=True)]),
        duration=np.concatenate([t.duration[o] for t, o in zip(shares, order, strict=True)]),
        seconds=healthy_seconds(shares, gaps),
        breakers=len(shares),
    )


def healthy_seconds(shares: Sequence[Trace], gaps: Sequence[tuple[int, int]]) -> float:
    """Return the healthy time of several breakers in all; see `exposure_of`."""
    idle = sum(b - a for a, b in gaps)
    return max(1e-3, (_span(shares) - idle) / 1e9) * len(shares)


def _span(shares: Sequence[Trace]) -> int:
    return max((int(t.start[-1]) for t in shares if len(t)), default=0)


def _length(gate: Gate) -> int:
    """Return how long the window is: calls, or nanoseconds."""
    return round(gate.window if gate.counted else gate.window * 1e9)


@compiled()
def _cold_time(  # noqa: PLR0917
    end: NDArray[np.int64],
    bad: NDArray[np.int64],
    window: int,
    counted: bool,
    apart: int,
    threshold: float,
    errors: int,
    least: int,
) -> int:
    """Return the nanoseconds at which a start would end in a trip before the window is full.

    A start just before call s trips if, for some bad call that is the k'-th since, with k' ≥ errors, the
    calls from s to it are at least `least` and at most 100 k' / threshold. So between two bad calls the
    starts that trip are those from some call on, up to the later of the two.
    """
    lost = 0
    for a in range(len(bad) - errors + 1):
        after = bad[a - 1] if a else -1  # starts lie after this call, up to bad[a]
        earliest, latest = bad[a] + 1, -1
        for k in range(errors, min(4 * errors + 50, len(bad) - a + 1)):
            last = bad[a + k - 1]
            calls = last - bad[a] + 1
            too_old = calls > window if counted else end[last] - end[bad[a]] >= window
            if too_old or 100.0 * k < threshold * calls * 0.5:
                break
            most = int(100.0 * k / threshold + 1e-9)
            if counted:
                most = min(most, window)
            first = max(last - most + 1, after + 1)
            while not counted and end[last] - end[first] >= window:
                first += 1
            if calls <= most and last - first + 1 >= least:
                earliest = min(earliest, first)
                latest = max(latest, min(bad[a], last - least + 1))
        if earliest <= latest:
            since = end[earliest - 1] if earliest else end[0]
            if end[latest] - since < apart:
                lost += end[latest] - since
    return lost


@compiled()
def _maxima_of(
    block: NDArray[np.int32],
    bad: NDArray[np.int32],
    calls: NDArray[np.int32],
    threshold: float,
    errors: int,
) -> NDArray[np.float64]:
    maxima = np.empty(len(block), np.float64)
    found = 0
    for i in range(len(block)):
        margin = min(bad[i] / errors, 100.0 * bad[i] / (threshold * calls[i]))
        if i and block[i] == block[i - 1]:
            maxima[found - 1] = max(maxima[found - 1], margin)
        else:
            maxima[found] = margin
            found += 1
    return maxima[:found]
