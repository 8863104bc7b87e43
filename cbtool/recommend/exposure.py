"""Healthy time that a breaker is exposed to: completions in order, and windows over them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.recommend.trace import Trace

_NEARLY = 1.0 - 1e-9  # wider than any rounding
_APART = 10**15  # nanoseconds between two breakers' stretches: longer than any window


class Counts(NamedTuple):
    """What a sliding window holds after each completion."""

    calls: NDArray[np.int32]
    bad: NDArray[np.int32]


@dataclass(slots=True)
class Exposure:
    """Completions of healthy calls, in order, as ONE breaker records them.

    Attributes:
        end: int64 nanoseconds, never decreasing. Stretches of different breakers stand far apart.
        failed: which calls failed.
        duration: int64 nanoseconds.
        seconds: healthy time in all.
    """

    end: NDArray[np.int64]
    failed: NDArray[np.bool_]
    duration: NDArray[np.int64]
    seconds: float
    _counts: dict[tuple[float, float | None], Counts] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.end)

    def bad(self, slow_from: float | None) -> NDArray[np.bool_]:
        """Return which calls are slow; which failed, where `slow_from` is None."""
        return self.failed if slow_from is None else np.asarray(self.duration > round(slow_from * 1e9))

    def counts(self, window: float, slow_from: float | None) -> Counts:
        """Return the window's counts of failed calls (of slow ones, where `slow_from` is given)."""
        key = (window, slow_from)
        if key not in self._counts:
            self._counts[key] = Counts(*_slide(self.end, self.bad(slow_from), round(window * 1e9)))
        return self._counts[key]

    def block_maxima(
        self, counts: Counts, threshold: float, errors: int, calls: int, window: float
    ) -> NDArray[np.float64]:
        """Return how near the window came to tripping in each block of two windows; 1 is a trip."""
        maxima: NDArray[np.float64] = _block_maxima(
            self.end, counts.calls, counts.bad, threshold, errors, calls, round(2e9 * window)
        )
        return maxima


def exposure_of(shares: Sequence[Trace], gaps: Sequence[tuple[int, int]]) -> Exposure:
    """Return the exposure of several breakers' shares of the healthy calls.

    Args:
        shares: each breaker's calls, incidents left out.
        gaps: the incidents as (from, to) nanoseconds; they are cut out of the time.
    """
    span = max((int(t.start[-1]) for t in shares if len(t)), default=0)
    idle = sum(b - a for a, b in gaps)
    ends, offset = [], 0
    for share in shares:
        completed = share.start + share.duration
        ends.append(_without(completed, gaps) + offset)
        offset += span + _APART
    order = [np.argsort(end, kind="stable") for end in ends]
    return Exposure(
        end=np.concatenate([end[o] for end, o in zip(ends, order, strict=True)]),
        failed=np.concatenate([t.failed[o] for t, o in zip(shares, order, strict=True)]),
        duration=np.concatenate([t.duration[o] for t, o in zip(shares, order, strict=True)]),
        seconds=max(1e-3, (span - idle) / 1e9) * len(shares),
    )


def _without(times: NDArray[np.int64], gaps: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    if not gaps:
        return times
    starts = np.array([a for a, _ in gaps])
    lengths = np.concatenate(([0], np.cumsum([b - a for a, b in gaps])))
    return np.asarray(times - lengths[np.searchsorted(starts, times, side="right")])


@compiled()
def _slide(
    end: NDArray[np.int64], bad: NDArray[np.bool_], window: int
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    n = len(end)
    calls = np.empty(n, np.int32)
    count = np.empty(n, np.int32)
    oldest, inside = 0, 0
    for i in range(n):
        inside += bad[i]
        while end[i] - end[oldest] >= window:
            inside -= bad[oldest]
            oldest += 1
        calls[i] = i - oldest + 1
        count[i] = inside
    return calls, count


@compiled()
def _block_maxima(  # noqa: PLR0917  # compiled code takes no keywords
    end: NDArray[np.int64],
    calls: NDArray[np.int32],
    bad: NDArray[np.int32],
    threshold: float,
    errors: int,
    least: int,
    block: int,
) -> NDArray[np.float64]:
    n = len(end)
    maxima = np.empty(n, np.float64)
    found, best = 0, 0.0
    # Divisions would take most of the time: a block's end is known from its beginning, and a call's margin is
    # worked out only where none of the three is clearly below the best so far.
    until = (end[0] // block + 1) * block if n else 0
    of_errors = of_calls = of_rate = 0.0
    for i in range(n):
        if end[i] >= until:
            maxima[found] = best
            found += 1
            until = (end[i] // block + 1) * block
            best = of_errors = of_calls = of_rate = 0.0
        worth = bad[i] >= of_errors and calls[i] >= of_calls and bad[i] >= of_rate * calls[i]
        if bad[i] and worth:
            margin = min(bad[i] / errors, 100.0 * bad[i] / (threshold * calls[i]), calls[i] / least)
            if margin > best:
                best = margin
                nearly = best * _NEARLY
                of_errors, of_calls, of_rate = nearly * errors, nearly * least, nearly * threshold / 100.0
    if n:
        maxima[found] = best
        found += 1
    return maxima[:found]
