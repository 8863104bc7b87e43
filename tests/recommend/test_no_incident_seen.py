"""Where no incident was seen, what sensitivity would gain is imagined, and false trips weigh the more."""

from __future__ import annotations

import numpy as np
import pytest
from test_unseen_bursts import restarts
from traffic_cases import config_of, phase, recommended, traffic, trips

from cbtool.recommend.candidates.gates import Gate
from cbtool.recommend.false_trips.exposure import Exposure, exposure_of
from cbtool.recommend.false_trips.false_trips import Guard
from cbtool.recommend.false_trips.few import Few
from cbtool.recommend.reading.trace import Trace

RESTARTS_A_DAY = 12.0
SMALL, LARGE = Gate(600.0, 20.0, 4, 4), Gate(600.0, 20.0, 20, 20)  # a restart fails 15 calls of 3,000


def calm(of: Exposure) -> Exposure:
    return exposure_of([Trace(of.end, of.duration, np.zeros(len(of), np.bool_), knows_durations=True)], [])


def test_a_window_that_fills_while_a_burst_lasts_is_held_to_the_budget_where_no_incident_was_seen() -> None:
    seen = restarts(1_000.0, 5_000.0, 9_000.0)
    hurried, unhurried = (
        Guard(seen, [calm(seen)], 1e9, 1.0, Few(hurried=hurried)) for hurried in (True, False)
    )
    assert hurried.false_trips(SMALL).upper < 0.001
    # A start trips from 60 good calls before a burst (15 are a fifth then) to 4 bad ones before its end.
    share = 3 * (60 + 11) / 5 / (4 * 3600)
    assert unhurried.false_trips(SMALL).upper == pytest.approx(RESTARTS_A_DAY * share, rel=0.1)
    assert unhurried.false_trips(LARGE).upper < 0.001
    for guard in (hurried, unhurried):  # known of either way
        assert guard.estimate(SMALL, 1).high >= 0.9 * RESTARTS_A_DAY * share


def test_a_breaker_that_starts_in_a_restart_of_the_upstream_does_not_trip() -> None:
    calm_part, restart = phase("calm", 100, 100, failure_rate=0.2), phase("r", 3, 100, failure_rate=90.0)
    config = config_of(recommended(traffic(*[calm_part, restart] * 6, calm_part, seed=1), brief=True))
    for seed in (11, 12, 13):
        calls = traffic(restart, *[calm_part, restart] * 3, seed=seed)
        assert trips(calls, config, []).false == []
    outage = traffic(calm_part, phase("outage", 60, 100, failure_rate=100.0), seed=14)
    opened = trips(outage, config, [(100, 160)]).right
    assert opened
    assert opened[0] < 110  # within the budget of delay all the same
