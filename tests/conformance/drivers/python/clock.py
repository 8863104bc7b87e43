"""The fake clock that every library reads, in whole milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone


class Clock:
    """Stands still until the driver moves it. Libraries get it in place of `time` and its functions."""

    def __init__(self) -> None:
        self.milliseconds = 0

    def time(self) -> float:
        return self.milliseconds / 1000

    monotonic = time


CLOCK = Clock()
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


class FakeDatetime(datetime):
    """`datetime` by the fake clock, exact to the millisecond; local time is UTC."""

    @classmethod
    def now(cls, tz: timezone | None = None) -> datetime:
        moment = _UNIX + timedelta(milliseconds=CLOCK.milliseconds)
        return moment.astimezone(tz) if tz else moment.replace(tzinfo=None)

    @classmethod
    def utcnow(cls) -> datetime:
        return cls.now()
