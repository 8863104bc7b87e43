"""What settings would have done on the log: counted by hand on a few calls, and as the simulator says."""

from __future__ import annotations

import numpy as np
import pytest
from traffic_cases import config_of, phase, recommended, traffic, trips

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.recommend.model import Budget
from cbtool.recommend.reading.trace import Trace
from cbtool.recommend.surroundings.track import Logbook

SECOND = 10**9
BUDGET = Budget(reject_cost=0.25, false_trip_cost=10.0)


def one_a_second(failed: str) -> Trace:
    """A call a second, each of which takes no time; x fails."""
    n = len(failed)
    return Trace(
        np.arange(n, dtype=np.int64) * SECOND,
        np.zeros(n, np.int64),
        np.array([c == "x" for c in failed]),
        knows_durations=True,
    )


def two_in_a_row(wait: float) -> BreakerConfig:
    return BreakerConfig(
        sliding_window_type=WindowType.CONSECUTIVE,
        sliding_window_size=2,
        wait_duration_in_open_state=wait,
        permitted_number_of_calls_in_half_open_state=1,
    )


def logbook(trace: Trace, spans: list[tuple[int, int]], instances: int = 1) -> Logbook:
    instance = (np.arange(len(trace)) % instances).astype(np.int32)
    return Logbook(trace, instance, [(a * SECOND, b * SECOND) for a, b in spans], None, BUDGET)


def test_a_track_counted_by_hand() -> None:
    #                0123456789012345678901234
    trace = one_a_second("...xxxxxx..............xx....")
    track = logbook(trace, [(3, 8)]).track(two_in_a_row(wait=3.0))
    # Opens at 4, tries at 7 (fails) and 10 (closes again); opens at 24 falsely, tries at 27.
    assert (track.trips, track.false_trips, track.incidents, track.caught) == (2, 1, 1, 1)
    assert track.delay == 1.0
    assert (track.bad, track.shed, track.let_through) == (6, 3, 3)
    assert track.good_refused == 1 + 2
    assert track.open_percent == pytest.approx(100 * (6 + 3) / 28)
    assert track.cost == 3 + 3 + 10


def test_good_calls_refused_in_an_incident_cost_less() -> None:
    trace = one_a_second(".." + "xx......" + "........")
    inside, outside = (logbook(trace, spans).track(two_in_a_row(4.0)) for spans in ([(2, 9)], []))
    assert (inside.good_refused, outside.good_refused) == (3, 3)
    assert inside.cost == 2 + 3 * 0.25
    assert outside.cost == 3 + 10


def test_a_breaker_that_is_open_already_notices_at_once() -> None:
    trace = one_a_second("..xx.....xxxx....")
    track = logbook(trace, [(9, 12)]).track(two_in_a_row(wait=9.0))
    assert (track.false_trips, track.caught, track.delay) == (1, 1, 0.0)


def test_only_the_last_opening_before_an_incident_can_still_hold() -> None:
    trace = one_a_second("..xx......xx.xxxx......")
    track = logbook(trace, [(13, 16)]).track(two_in_a_row(wait=4.0))
    assert (track.trips, track.false_trips, track.caught, track.delay) == (2, 2, 1, 0.0)


def test_every_breaker_counts_the_incidents_that_it_sees() -> None:
    trace = one_a_second("...." + "xxxxxxxx" + "....")
    track = logbook(trace, [(4, 11)], instances=2).track(two_in_a_row(wait=60.0))
    assert (track.incidents, track.caught, track.trips) == (2, 2, 2)
    alone = logbook(one_a_second("...." + "x.x.x.x." + "...."), [(4, 11)], instances=2)
    assert alone.track(two_in_a_row(60.0)).incidents == 1


def test_the_recommended_track_is_what_simulate_says() -> None:
    calls = traffic(
        phase("before", 600, 30), phase("bad", 60, 30, failure_rate=80.0), phase("after", 600, 30), seed=6
    )
    answer = recommended(calls)
    (chosen,) = [each for each in answer.alternatives if each.name == "recommended"]
    seen = trips(calls, config_of(answer), [(600.0, 660.0)])
    assert chosen.track.trips == len(seen.right) + len(seen.false)
    assert chosen.track.false_trips == len(seen.false)
    assert chosen.track.delay == pytest.approx(seen.right[0] - answer.incidents[0].start, abs=0.01)


def test_the_shares_of_time_open_add_up_to_the_track_s() -> None:
    trace = one_a_second("...xxxxxx..............xx....")
    book, config = logbook(trace, [(3, 8)], instances=1), two_in_a_row(wait=3.0)
    edges = np.array([0, 4, 7, 10, 24, 26, 28]) * float(SECOND)
    assert book.open_shares(config, edges).tolist() == [0.0, 1.0, 1.0, 0.0, 1.0, 0.5]
    whole = book.open_shares(config, edges[[0, -1]])
    assert 100 * whole[0] == pytest.approx(book.track(config).open_percent)
    assert book.open_shares(two_in_a_row(3.0), edges).sum() > 0
    never = logbook(one_a_second("....x...."), []).open_shares(config, edges[:3])
    assert never.tolist() == [0.0, 0.0]
