"""The last seconds of a run, and its present rate."""

from __future__ import annotations

from cbtool.metrics.rates import Seconds, SlidingRate
from cbtool.metrics.view import Second


def test_each_second_holds_what_came_in_it() -> None:
    seconds = Seconds()
    seconds.result(failed=True, slow=False)
    seconds.result(failed=False, slow=True)
    seconds.advance(1.0, 0.0)
    seconds.refused()
    assert seconds.latest(0.5) == (Second(2, 1, 1, 0, 0.0), Second(0, 0, 0, 1, 0.5))


def test_seconds_without_calls_are_there_too() -> None:
    seconds = Seconds()
    seconds.advance(3.2, 1.0)
    assert seconds.latest(0.0) == (Second(0, 0, 0, 0, 1.0),) * 3 + (Second(0, 0, 0, 0, 0.0),)


def test_only_the_last_seconds_are_kept() -> None:
    seconds = Seconds(kept=5)
    for now in range(1, 100):
        seconds.result(failed=False, slow=False)
        seconds.advance(float(now), 0.0)
    assert len(seconds.latest(0.0)) == 6
    seconds.advance(1e6, 0.0)
    assert len(seconds.latest(0.0)) == 6


def test_the_rate_is_that_of_the_last_second() -> None:
    rate = SlidingRate()
    for tick in range(1, 31):
        rate.sample(tick / 10, tick * 10)
    assert round(rate.latest, 6) == 100.0
    for tick in range(31, 42):
        rate.sample(tick / 10, 300)
    assert rate.latest == 0.0
