"""A run's recent past: what each of the last seconds held, and how fast calls arrive now."""

from __future__ import annotations

from collections import deque

from cbtool.metrics.view import Second

KEPT_SECONDS = 120


class Seconds:
    """Counts by second, of which the last ones are kept.

    Args:
        kept: how many seconds.
    """

    def __init__(self, kept: int = KEPT_SECONDS) -> None:
        self._past: deque[Second] = deque(maxlen=kept)
        self._second = 0
        self._clear()

    def result(self, *, failed: int, slow: int) -> None:
        """Count a result in the present second; `failed` and `slow` are 0 or 1."""
        self._calls += 1
        self._failures += failed
        self._slow += slow

    def refused(self) -> None:
        """Count a call that was not permitted."""
        self._not_permitted += 1

    def advance(self, now: float, open_share: float) -> None:
        """Close every second that is over at `now`; `open_share` of the breakers are not closed."""
        while now >= self._second + 1:
            self._past.append(self._present(open_share))
            self._clear()
            self._second += 1
            # After a long stall only the seconds that will be kept need filling in.
            if self._past.maxlen is not None and now - self._second > self._past.maxlen:
                self._second = int(now) - self._past.maxlen

    def latest(self, open_share: float) -> tuple[Second, ...]:
        """Return the past seconds, oldest first, and the present one."""
        return (*self._past, self._present(open_share))

    def _present(self, open_share: float) -> Second:
        return Second(self._calls, self._failures, self._slow, self._not_permitted, open_share)

    def _clear(self) -> None:
        self._calls = self._failures = self._slow = self._not_permitted = 0


class SlidingRate:
    """How fast a total grows, over the last `length` seconds.

    Args:
        length: seconds.
    """

    def __init__(self, length: float = 1.0) -> None:
        self.latest = 0.0
        self._length = length
        self._samples: deque[tuple[float, int]] = deque([(0.0, 0)])

    def sample(self, now: float, total: int) -> None:
        """Take note of the total at `now`; `latest` is then its growth a second."""
        samples = self._samples
        samples.append((now, total))
        while len(samples) > 2 and samples[1][0] <= now - self._length:
            samples.popleft()
        then, before = samples[0]
        if now > then:
            self.latest = (total - before) / (now - then)
