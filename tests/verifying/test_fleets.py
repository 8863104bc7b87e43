"""A profile against the breakers of a log's own instances, bursts that come together, and what to expect."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.errors import ConfigurationError
from cbtool.profiles import Profile
from cbtool.profiles.verify_rules import NO_RULES, VerifyRules
from cbtool.recommend import recommend
from cbtool.recommend.asked import Asked
from cbtool.recommend.reading.trace import trace_of
from cbtool.recommend.surroundings.vitals import load_levels
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.verifying import Limits, verify
from cbtool.verifying.expected_trips import expected_trips
from cbtool.verifying.seen import seen
from cbtool.verifying.traffic import traffic_checks

PROFILE = Profile(
    "mine",
    BreakerConfig(
        sliding_window_type=WindowType.TIME,
        sliding_window_size=10.0,
        failure_rate_threshold=30.0,
        minimum_number_of_calls=8,
        minimum_number_of_errors=8,
        wait_duration_in_open_state=10.0,
        permitted_number_of_calls_in_half_open_state=3,
    ),
    DEFAULT_RULES,
)
LIMITS = Limits(NO_RULES)


def traffic(rate: float, seconds: float, *, seed: int = 1, failing: float = 0.005) -> Calls:
    random = np.random.default_rng(seed)
    start = np.sort(random.uniform(0, seconds, random.poisson(rate * seconds)))
    failed = random.random(len(start)) < failing
    return Calls(
        start_ns=np.rint((start - start[0]) * 1e9).astype(np.int64),
        duration_ns=np.full(len(start), 20_000_000, np.int64),
        status=np.where(failed, 503, 200).astype(np.int16),
        error=np.zeros(len(start), np.uint8),
    )


def failing_at(calls: Calls, begin: float, end: float, only: int | None = None) -> Calls:
    hit = (calls.start_ns >= begin * 1e9) & (calls.start_ns < end * 1e9)
    if only is not None:
        assert calls.instance is not None
        hit &= calls.instance == only
    return replace(calls, status=np.where(hit, 503, calls.status).astype(np.int16))


def served(calls: Calls, instances: int) -> Calls:
    which = np.random.default_rng(5).integers(0, instances, len(calls)).astype(np.int32)
    return replace(calls, instance=which, instances=tuple(f"pod-{n}" for n in range(instances)))


def test_each_named_instance_has_its_own_breaker_and_its_own_incident() -> None:
    calls = failing_at(served(traffic(40.0, 3000.0), 8), 1000.0, 1300.0, only=3)
    found = seen(calls, PROFILE, instances=None)
    checks = {check.name: check for check in traffic_checks(found, LIMITS)}
    assert found.instances == 8
    assert len(found.openings()) >= 1
    assert checks["false trips a day"].value == 0.0  # its own instance was down


def test_an_incident_of_some_instances_is_none_of_the_others() -> None:
    calls = served(traffic(40.0, 3000.0), 4)
    calls = failing_at(failing_at(calls, 1000.0, 1300.0, only=0), 1000.0, 1300.0, only=1)
    found = seen(calls, PROFILE, instances=None)
    checks = {check.name: check for check in traffic_checks(found, LIMITS)}
    assert (checks["incidents caught"].shown, checks["incidents caught"].passed) == ("2 of 2", True)
    shared = {c.name: c for c in traffic_checks(seen(calls, PROFILE, instances=4), LIMITS)}
    assert shared["incidents caught"].wanted == "all"
    assert shared["incidents caught"].shown.endswith("of 4")


def test_a_log_that_names_no_instance_cannot_be_dealt_by_them() -> None:
    with pytest.raises(ConfigurationError, match="does not name instances"):
        verify(PROFILE, NO_RULES, source="log", calls=traffic(5.0, 600.0), instances=None)


def test_a_missed_incident_says_by_how_many_breakers() -> None:
    calls = failing_at(traffic(3.0, 3600.0), 1800.0, 2400.0)
    deaf = replace(PROFILE, config=replace(PROFILE.config, minimum_number_of_errors=2000))
    (caught,) = [
        check
        for check in traffic_checks(seen(calls, deaf, instances=4), LIMITS)
        if check.name == "incidents caught"
    ]
    assert "by 4 of 4 breakers" in caught.why


def test_false_trips_of_one_cause_count_as_one_cause() -> None:
    # A burst that opens all eight breakers at once is one accident, not eight independent ones.
    calls = failing_at(traffic(80.0, 1200.0), 600.0, 603.0)
    found = seen(calls, PROFILE, instances=8)
    assert not found.incidents
    assert len(found.openings()) >= 6
    rules = Limits(VerifyRules(false_trips_per_day=20.0))
    trips = next(iter(traffic_checks(found, rules)))
    assert "in 1 spell" in trips.why
    assert trips.value is not None
    assert trips.value > 20.0  # far more trips than the budget, in one spell that it allows
    assert trips.passed


def test_bursts_that_came_near_are_expected_to_trip_one_day() -> None:
    calm = traffic(10.0, 7200.0)
    bursty = calm
    for begin in range(300, 7200, 600):
        bursty = failing_at(bursty, begin, begin + 0.6)
    (now,), (then,) = (
        list(expected_trips(PROFILE.config, seen(each, PROFILE), LIMITS, 0)) for each in (bursty, calm)
    )
    assert now.value is not None
    assert then.value is not None
    assert now.value > 20 * then.value
    assert then.passed


@pytest.mark.parametrize("instances", [1, 4, None])
def test_what_was_recommended_passes_on_its_own_log_and_expects_as_many_false_trips(
    instances: int | None,
) -> None:
    calls = served(failing_at(traffic(20.0, 3600.0), 2000.0, 2200.0), 4)
    for begin in (300.0, 900.0, 1500.0):
        calls = failing_at(calls, begin, begin + 0.7)
    answer = recommend(calls, Asked(instances))
    assert answer.profile is not None
    assert answer.expected is not None
    found = verify(
        answer.profile, answer.profile.verify or NO_RULES, source="log", calls=calls, instances=instances
    )
    (expected,) = (check for check in found.checks if check.name == "false trips to expect a day")
    assert expected.value == answer.expected.false_trips_per_day.value
    assert [check.name for check in found.checks if not check.passed] == []


def test_settings_of_another_kind_have_no_expected_trips() -> None:
    run = replace(
        PROFILE, config=BreakerConfig(sliding_window_type=WindowType.CONSECUTIVE, sliding_window_size=5)
    )
    assert not list(expected_trips(run.config, seen(traffic(5.0, 900.0), run), LIMITS, 0))


@pytest.mark.parametrize("rate", [2.0, 50.0])
def test_the_load_s_interval_holds_the_load(rate: float) -> None:
    inside = 0
    for seed in range(20):
        calls = traffic(rate, 3000.0, seed=seed)
        usual, high = load_levels(trace_of(calls, DEFAULT_RULES.verdicts(calls)), 1, seed)
        inside += (usual.low or 0) <= rate <= (usual.high or 0)
        assert (high.low or 0) <= (high.value or 0) <= (high.high or 0)
    assert inside >= 15
