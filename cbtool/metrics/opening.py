"""How long a breaker took to notice: from the start of the bad stretch that tripped it to the opening.

A window may hold stray failures from well before. The stretch starts at that failed or slow result of the
window from which on there are the most bad results beyond half the failure-rate threshold: the change point
of a CUSUM (Page 1954) between health and trouble.
"""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from cbtool.breaker import BreakerConfig, Outcome, StateTransition, WindowType

if TYPE_CHECKING:
    from collections.abc import Callable


class OpeningTimer:
    """Remembers when the failed and slow results of one breaker's window completed.

    Tell it every result that the closed state counts, before the breaker is told; on a trip, ask it.
    Its memory is bounded by the window's.

    Args:
        config: the breaker's settings.
    """

    def __init__(self, config: BreakerConfig) -> None:
        self._counted = 0
        self._share = config.failure_rate_threshold / 200.0
        self._bad: deque[tuple[int, float]] = deque()  # which counted result, and when it completed
        size = config.window_size
        self._outlived: Callable[[int, float, float], bool]
        if config.sliding_window_type is WindowType.TIME:
            self._outlived = lambda _, then, now: now - then > 2 * size  # `opened` cuts exactly
        else:
            self._outlived = lambda age, _, __: age > size

    def count(self, outcome: Outcome, now: float) -> None:
        """Note a counted result that completed at `now`, in seconds."""
        self._counted += 1
        if outcome.failed or outcome.slow:
            self._bad.append((self._counted, now))
        while self._bad and self._outlived(self._counted - self._bad[0][0], self._bad[0][1], now):
            self._bad.popleft()

    def opened(self, trip: StateTransition) -> float:
        """Return the seconds from the start of the bad stretch that caused `trip` to it."""
        before_window = self._counted - trip.snapshot.calls
        best, began = -math.inf, trip.time
        for bad, (ordinal, then) in enumerate(reversed(self._bad), start=1):
            if ordinal <= before_window:
                break
            score = bad - self._share * (self._counted - ordinal + 1)
            if score >= best:
                best, began = score, then
        return trip.time - began
