"""The same brown-out at 200 calls a second and at one in two seconds: why a second gate is needed.

A tenth of 10,000 calls is a thousand failures, a tenth of ten calls is one.
"""

from __future__ import annotations

import numpy as np
import pytest

from cbtool.breaker import BreakerConfig
from cbtool.profiles import Profile, load_profile
from cbtool.recommend import Answer, recommend
from cbtool.recommend.asked import Asked
from cbtool.scenarios import load_scenario
from cbtool.simulation.generate import calls_of
from cbtool.simulation.run import simulate
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES

SCENARIO = load_scenario("brown-out")
HIGH, LOW = 1.0, 0.0025  # of the scenario's 200 calls a second
INCIDENT = (SCENARIO.starts[1], SCENARIO.starts[2])
SEEDS = range(20, 28)  # not the ones that the settings were found on


def trips(config: BreakerConfig, load: float, seed: int) -> list[float]:
    """Return when the breaker trips, in seconds of the scenario."""
    calls = calls_of(SCENARIO, load=load, seed=seed)
    result = simulate(calls, DEFAULT_RULES.verdicts(calls), config)
    return [each.transition.time for each in result.summary.transitions if each.transition.trips]


def false_trips(config: BreakerConfig, load: float) -> int:
    # A trip of the low-load run belongs to the incident while its failures are still in the window.
    grace = config.window_size
    start, end = INCIDENT
    return sum(not start <= t <= end + grace for seed in SEEDS for t in trips(config, load, seed))


def one_after_the_other(first: Calls, second: Calls) -> Calls:
    gap = int(first.start_ns[-1]) + 1_000_000_000
    return Calls(
        start_ns=np.concatenate([first.start_ns, second.start_ns + gap]),
        duration_ns=np.concatenate([first.duration_ns, second.duration_ns]),
        status=np.concatenate([first.status, second.status]),
        error=np.concatenate([first.error, second.error]),
    )


@pytest.fixture(scope="module")
def recommended() -> Profile:
    night, day = (calls_of(SCENARIO, load=load, seed=3) for load in (LOW, 0.25))
    calls = one_after_the_other(night, day)
    answer = recommend(calls, Asked(seed=1))
    assert answer.verdict is Answer.RECOMMENDED
    assert answer.profile is not None
    return answer.profile


def test_a_rate_alone_trips_falsely_at_low_load() -> None:
    naive = load_profile("starting-point").config
    assert naive.failure_rate_threshold == 10
    assert naive.minimum_number_of_errors == 1
    assert false_trips(naive, LOW) >= len(SEEDS)  # at least once in each twenty minutes of health
    assert false_trips(naive, HIGH) <= 1  # none, but for a stray failure among a fresh window's first calls


def test_the_recommended_gate_keeps_quiet_at_low_load(recommended: Profile) -> None:
    assert recommended.config.minimum_number_of_errors >= 3
    assert false_trips(recommended.config, LOW) == 0


def test_the_recommended_settings_still_open_at_high_load(recommended: Profile) -> None:
    start, _end = INCIDENT
    for seed in SEEDS:
        opened = trips(recommended.config, HIGH, seed)
        assert opened, "a brown-out of two minutes must trip"
        assert start <= opened[0] <= start + 15
    assert false_trips(recommended.config, HIGH) == 0
