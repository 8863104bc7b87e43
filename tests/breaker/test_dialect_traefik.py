"""Traefik's breaker as its users see it trip again while it recovers."""

from __future__ import annotations

from helpers import Story, library

from cbtool.breaker import State, Verdict, describe


def recovering() -> Story:
    """A breaker that tripped at 1 s, and recovers for 10 s from 11 s on, when its first call was refused."""
    story = library("traefik").pass_time(1).fail()
    assert story.state is State.OPEN
    assert story.pass_time(10).refused()
    return story


def test_a_share_that_grows_to_one_half_is_let_through() -> None:
    story = recovering().pass_time(5)
    # A quarter may pass, and less must have: with the first one, four are refused before one is not.
    assert [story.refused() for _ in range(3)] == [True, True, True]
    assert not story.refused()


def test_a_trip_while_recovering_tells_the_window_that_decided() -> None:
    story = recovering().pass_time(10)
    assert story.refused(), "one of two is a half, and must stay under it"
    story.finish(story.start(), Verdict.FAILURE)
    trip = story.transitions[-1]
    assert (trip.source, trip.target) == (State.HALF_OPEN, State.OPEN)
    assert (trip.snapshot.failures, trip.snapshot.calls) == (1, 1)
    assert describe(trip, story.breaker.config) == (
        "failure rate 100 % ≥ 50 % (1 of 1 calls, gates 1 call and 1 error)"
    )


def test_the_first_call_after_the_recovery_is_let_through_and_closes() -> None:
    story = recovering().pass_time(10.001).succeed()
    assert story.state is State.CLOSED
