"""A hard outage, live against the fault lab and simulated: the same story, told twice.

The one test that runs on the real clock, for six seconds: that the parts hold together is what it is for.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from cbtool.breaker import BreakerConfig, Reason, State, WindowType
from cbtool.live.plan import RunPlan
from cbtool.live.result import LiveResult
from cbtool.live.session import run_live
from cbtool.live.upstream_process import spawn_upstream
from cbtool.metrics.view import InstanceTransition
from cbtool.scenarios import load_scenario
from cbtool.simulation.generate import calls_of
from cbtool.simulation.run import simulate
from cbtool.traffic.arrivals import of_scenario
from cbtool.traffic.outcomes import DEFAULT_RULES

SCENARIO = """
name = "outage"
seed = 7
timeout = "1s"
[[phase]]
name = "healthy"
duration = "1500ms"
rate = "100/s"
arrivals = "constant"
latency_median = "5ms"
latency_p99 = "15ms"
[[phase]]
name = "down"
duration = "1750ms"
rate = "100/s"
arrivals = "constant"
latency_median = "5ms"
latency_p99 = "15ms"
failure_rate = 100
[[phase]]
name = "recovered"
duration = "2s"
rate = "100/s"
arrivals = "constant"
latency_median = "5ms"
latency_p99 = "15ms"
"""
DOWN_AT, UP_AT = 1.5, 3.25
CONFIG = BreakerConfig(
    failure_rate_threshold=50,
    sliding_window_type=WindowType.TIME,
    sliding_window_size=1.0,
    minimum_number_of_calls=20,
    minimum_number_of_errors=10,
    wait_duration_in_open_state=0.5,
    permitted_number_of_calls_in_half_open_state=3,
)

# Half of a full window of 100 calls must fail: 0.5 s after the outage began.
IMPLIED_OPENING = DOWN_AT + 0.5

# How far the two tellings may be apart. Each draws its own latencies (up to 15 ms), the lab's clock starts a
# connection later than the schedule's (some ms), each half-open starts at the next call (10 ms apart), and a
# busy machine adds a few frames of delay; these add up over three openings.
TOLERANCE = 0.3


@pytest.fixture(scope="module")
def scenario_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("outage") / "outage.toml"
    path.write_text(SCENARIO)
    return path


@pytest.fixture(scope="module")
def live(scenario_file: Path) -> LiveResult:
    scenario = load_scenario(str(scenario_file))
    with spawn_upstream(scenario_file) as url:
        plan = RunPlan(
            command="probe",
            url=url + "/",
            schedule=of_scenario(scenario, scenario.seed),
            duration=scenario.duration,
            config=CONFIG,
            rules=DEFAULT_RULES,
            timeout=scenario.timeout,
        )
        return run_live(plan)


@pytest.fixture(scope="module")
def simulated(scenario_file: Path) -> tuple[InstanceTransition, ...]:
    calls = calls_of(load_scenario(str(scenario_file)))
    return simulate(calls, DEFAULT_RULES.verdicts(calls), CONFIG).summary.transitions


def story(transitions: tuple[InstanceTransition, ...]) -> list[tuple[State, Reason]]:
    return [(each.transition.target, each.transition.reason) for each in transitions]


def test_it_opens_within_the_window_that_its_settings_imply(live: LiveResult) -> None:
    first = live.summary.transitions[0].transition
    assert first.reason is Reason.FAILURE_RATE
    assert first.time == pytest.approx(IMPLIED_OPENING, abs=TOLERANCE)


def test_it_sheds_while_the_upstream_is_down(live: LiveResult) -> None:
    # Open from 2.0 s to the trials that succeed at about 3.5 s, at 100 a second, less three trials twice.
    assert live.summary.not_permitted == pytest.approx(145, abs=100 * TOLERANCE)
    assert live.summary.trips == 1


def test_it_half_opens_after_the_wait_and_closes_after_the_recovery(live: LiveResult) -> None:
    transitions = [each.transition for each in live.summary.transitions]
    for opened, next_one in pairwise(transitions):
        if opened.target is State.OPEN:
            assert next_one.target is State.HALF_OPEN
            assert 0.5 <= next_one.time - opened.time <= 0.5 + TOLERANCE
    last = transitions[-1]
    assert (last.target, last.reason) == (State.CLOSED, Reason.TRIALS_PASSED)
    assert UP_AT <= last.time <= UP_AT + 0.5 + TOLERANCE


def test_the_simulation_tells_the_same_story(
    live: LiveResult, simulated: tuple[InstanceTransition, ...]
) -> None:
    assert story(live.summary.transitions) == story(simulated)
    for ours, theirs in zip(live.summary.transitions, simulated, strict=True):
        assert ours.transition.time == pytest.approx(theirs.transition.time, abs=TOLERANCE)
