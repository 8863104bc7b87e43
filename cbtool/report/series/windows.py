"""What a breaker's window saw: the highest rates among the windows that both gates let it judge.

Where such a rate reaches its threshold, a closed breaker opens. Nothing is refused here: it is the traffic
as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cbtool.breaker import WindowType
from cbtool.breaker.outcome import Verdict
from cbtool.report.series.numbers import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.breaker import BreakerConfig
    from cbtool.report.series.along import Along, Piece
    from cbtool.report.series.bins import Bins


@dataclass(frozen=True, slots=True)
class WindowSeries:
    """By bin, in which a window counts where its last call completed; NaN where no window was judged.

    Attributes:
        failed: the highest failure rate, percent.
        slow: the highest slow-call rate, percent; None where nothing is slow.
    """

    failed: NDArray[np.float64]
    slow: NDArray[np.float64] | None

    def to_json(self) -> dict[str, Any]:
        """Return the columns as plain numbers."""
        return {
            "window_failure_rate": plain(self.failed),
            "window_slow_call_rate": None if self.slow is None else plain(self.slow),
        }


def window_series(along: Along, config: BreakerConfig, bins: Bins) -> WindowSeries | None:
    """Return what the breakers' windows saw; None for windows that hold no rate.

    Args:
        along: the traffic.
        config: the window, the gates, and which calls are slow.
        bins: over the calls' span.
    """
    if config.sliding_window_type is WindowType.CONSECUTIVE:
        return None
    slow = config.slow_call_duration_threshold if along.calls.knows_durations else None
    windows = _Windows(config, bins)
    for piece in along.pieces():
        windows.add(_done_of(piece, slow), None if piece.last else int(piece.calls.start_ns[-1]))
    failed, late = windows.highest()
    return WindowSeries(failed, None if slow is None else late)


class _Done(NamedTuple):
    """Counted calls; arrays by call.

    Attributes:
        end: int64, nanoseconds at which they completed.
        breaker: int32, in whose window they count.
        bad: bool, two rows: whether they failed, and whether they were slow.
        fresh: bool, whether the windows that they complete have not been looked at.
    """

    end: NDArray[np.int64]
    breaker: NDArray[np.int32]
    bad: NDArray[np.bool_]
    fresh: NDArray[np.bool_]

    def take(self, keep: NDArray[Any]) -> _Done:
        """Return those that a mask or their numbers choose."""
        return _Done(self.end[keep], self.breaker[keep], self.bad[:, keep], self.fresh[keep])

    def followed_by(self, others: _Done) -> _Done:
        """Return both."""
        return _Done(
            np.concatenate((self.end, others.end)),
            np.concatenate((self.breaker, others.breaker)),
            np.concatenate((self.bad, others.bad), axis=1),
            np.concatenate((self.fresh, others.fresh)),
        )


def _done_of(piece: Piece, slow: float | None) -> _Done:
    counted = np.flatnonzero(piece.verdicts != Verdict.IGNORED)
    failed = piece.verdicts[counted] == Verdict.FAILURE
    late = np.zeros(len(counted), np.bool_)
    if slow is not None:
        late = piece.calls.duration_ns[counted] > round(slow * 1e9)
    bad = np.array((failed, late), np.bool_)
    return _Done(piece.calls.end_ns[counted], piece.which[counted], bad, np.ones(len(counted), np.bool_))


class _Windows:
    """Windows over calls that come in the order of their starts, and count in that of their ends."""

    def __init__(self, config: BreakerConfig, bins: Bins) -> None:
        self._config = config
        self._bins = bins
        self._most = np.full((2, bins.count), -np.inf)
        self._held: _Done | None = None

    def add(self, done: _Done, until: int | None) -> None:
        """Add calls; whatever comes later ends at `until` at the soonest, or there is nothing."""
        done = done if self._held is None else self._held.followed_by(done)
        ripe = np.ones(len(done.end), np.bool_) if until is None else done.end < until
        self._look(done.take(ripe))
        if until is not None:
            seen = done.take(ripe)
            # Those of equal ends stand in the order in which they started, so that seen ones come first.
            self._held = self._still_needed(seen, until).followed_by(done.take(~ripe))

    def highest(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the highest share by bin, percent, of failed calls and of slow ones; NaN for none."""
        failed, slow = np.where(np.isfinite(self._most), self._most, np.nan)
        return failed, slow

    def _look(self, done: _Done) -> None:
        config = self._config
        done = done.take(np.lexsort((done.end, done.breaker)))
        first = _first_in_window(done.end, done.breaker, config)
        held = np.arange(1, len(done.end) + 1) - first
        enough = done.fresh & (held >= config.minimum_calls)
        index = self._bins.index(done.end / 1e9)
        for most, bad in zip(self._most, done.bad, strict=True):
            total = np.concatenate(([0], np.cumsum(bad)))
            inside = total[1:] - total[first]
            judged = enough & (inside >= config.minimum_number_of_errors)
            np.maximum.at(most, index[judged], 100.0 * inside[judged] / held[judged])

    def _still_needed(self, seen: _Done, until: int) -> _Done:
        """Return those that are in windows still to come."""
        config = self._config
        seen = seen.take(np.lexsort((seen.end, seen.breaker)))
        if config.sliding_window_type is WindowType.COUNT:
            behind = np.searchsorted(seen.breaker, seen.breaker, side="right")
            keep = behind - np.arange(len(seen.end)) < config.window_size
        else:
            keep = seen.end > until - round(config.window_size * 1e9)
        kept = seen.take(keep)
        return kept._replace(fresh=np.zeros(len(kept.end), np.bool_))


def _first_in_window(
    end: NDArray[np.int64], breaker: NDArray[np.int32], config: BreakerConfig
) -> NDArray[np.int64]:
    """Return, for the window that each call completes, the index of the first call in it.

    Args:
        end: int64, nanoseconds, ascending within each breaker.
        breaker: which one has each call; ascending.
        config: says what the window is.
    """
    place = np.arange(len(end))
    own = np.searchsorted(breaker, breaker, side="left")  # where the breaker's calls begin
    if config.sliding_window_type is WindowType.COUNT:
        return np.maximum(place + 1 - int(config.window_size), own)
    window = round(config.window_size * 1e9)
    apart = int(end.max(initial=0)) + window + 1  # puts each breaker's calls out of the others' reach
    key = end + breaker.astype(np.int64) * apart
    # A call is forgotten exactly when the window's length has passed.
    return np.maximum(np.searchsorted(key, key - window, side="right"), own)
