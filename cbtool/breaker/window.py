"""The window policy: what is counted and when it is forgotten. A window only counts; it judges nothing."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from cbtool.breaker.outcome import Outcome


class Snapshot(NamedTuple):
    """What a window holds at one moment."""

    calls: int
    """Results counted (ignored ones never are)."""
    failures: int
    """Of these, the failed ones, slow or not."""
    slow: int
    """Of these, the slow ones, failed or not."""
    run: int
    """Failures in an unbroken row up to the newest result."""

    @property
    def failure_rate(self) -> float:
        """Percent of the calls that failed; 0 when there are none."""
        return 100.0 * self.failures / self.calls if self.calls else 0.0

    @property
    def slow_call_rate(self) -> float:
        """Percent of the calls that were slow; 0 when there are none."""
        return 100.0 * self.slow / self.calls if self.calls else 0.0


EMPTY = Snapshot(0, 0, 0, 0)


class Window(Protocol):
    """What the machine asks of a window. Times are nanoseconds and never go backwards."""

    def add(self, outcome: Outcome, now_ns: int) -> None:
        """Count a result that completed at `now_ns`."""

    def snapshot(self, now_ns: int) -> Snapshot:
        """Return what is in the window at `now_ns`."""

    def clear(self) -> None:
        """Forget everything."""


class CountWindow:
    """The last `size` results."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._results: deque[Outcome] = deque()
        self._failures = 0
        self._slow = 0
        self._run = 0

    def add(self, outcome: Outcome, now_ns: int) -> None:  # noqa: ARG002  # a count window has no use for time
        """Count a result; the oldest leaves when `size` are exceeded."""
        if len(self._results) == self._size:
            oldest = self._results.popleft()
            self._failures -= oldest & 1
            self._slow -= oldest >> 1
        self._results.append(outcome)
        self._failures += outcome & 1
        self._slow += outcome >> 1
        self._run = self._run + 1 if outcome & 1 else 0

    def snapshot(self, now_ns: int) -> Snapshot:  # noqa: ARG002  # see add
        """Return the counts over the last `size` results."""
        return Snapshot(len(self._results), self._failures, self._slow, self._run)

    def clear(self) -> None:
        """Forget everything."""
        self._results.clear()
        self._failures = self._slow = self._run = 0


class TimeWindow:
    """The last `length_ns` nanoseconds' results; each is forgotten exactly that long after it completed."""

    def __init__(self, length_ns: int) -> None:
        self._length_ns = length_ns
        self._results: deque[tuple[int, Outcome]] = deque()
        self._failures = 0
        self._slow = 0
        self._run = 0

    def add(self, outcome: Outcome, now_ns: int) -> None:
        """Count a result that completed at `now_ns`."""
        self._results.append((now_ns, outcome))
        self._failures += outcome & 1
        self._slow += outcome >> 1
        self._run = self._run + 1 if outcome & 1 else 0

    def snapshot(self, now_ns: int) -> Snapshot:
        """Return the counts over (now − length, now]."""
        results = self._results
        while results and now_ns - results[0][0] >= self._length_ns:
            outcome = results.popleft()[1]
            self._failures -= outcome & 1
            self._slow -= outcome >> 1
        return Snapshot(len(results), self._failures, self._slow, min(self._run, len(results)))

    def clear(self) -> None:
        """Forget everything."""
        self._results.clear()
        self._failures = self._slow = self._run = 0


class ConsecutiveWindow:
    """The unbroken run of failures up to now; a success ends it."""

    def __init__(self) -> None:
        self._run = 0
        self._slow = 0

    def add(self, outcome: Outcome, now_ns: int) -> None:  # noqa: ARG002  # a run has no use for time
        """Lengthen the run, or end it."""
        if outcome & 1:
            self._run += 1
            self._slow += outcome >> 1
        else:
            self._run = self._slow = 0

    def snapshot(self, now_ns: int) -> Snapshot:  # noqa: ARG002  # see add
        """Return the run: as many calls as failures."""
        return Snapshot(self._run, self._run, self._slow, self._run)

    def clear(self) -> None:
        """Forget the run."""
        self._run = self._slow = 0
