"""A simulation as a whole: instances, health checks, impact, and the numbers that thresholds name."""

from __future__ import annotations

import numpy as np
import pytest

from cbtool.breaker import BreakerConfig, HealthCheck, Reason, ResetBy, State, WindowType
from cbtool.errors import ConfigurationError
from cbtool.simulation.engine import Engine
from cbtool.simulation.health import HealthTimeline, health_of
from cbtool.simulation.run import SimulationResult, fleet_of, simulate, values_of
from cbtool.simulation.sweep import sweep
from cbtool.traffic.calls import Calls
from cbtool.traffic.scenario import Phase, Scenario

SECOND = 1_000_000_000
FIVE_IN_A_ROW = BreakerConfig(
    sliding_window_type=WindowType.CONSECUTIVE,
    sliding_window_size=5,
    wait_duration_in_open_state=10.0,
    permitted_number_of_calls_in_half_open_state=2,
)


def calls_every_second(n: int) -> Calls:
    nothing = np.zeros(n, np.uint8)
    return Calls(np.arange(n) * SECOND, np.full(n, SECOND // 10), nothing.astype(np.int16), nothing)


def outage(n: int, start: int, end: int) -> np.ndarray:
    """Return verdicts with failures from call `start` to before call `end`."""
    return ((np.arange(n) >= start) & (np.arange(n) < end)).astype(np.uint8)


def run(config: BreakerConfig = FIVE_IN_A_ROW, **settings: object) -> SimulationResult:
    return simulate(calls_every_second(60), outage(60, 10, 30), config, **settings)


@pytest.mark.parametrize("engine", list(Engine))
def test_an_outage_from_its_first_failure_to_its_end(engine: Engine) -> None:
    result = run(engine=engine)
    summary = result.summary
    changes = [
        (each.transition.time, each.transition.target, each.transition.reason) for each in summary.transitions
    ]
    assert changes == [
        (14.1, State.OPEN, Reason.CONSECUTIVE_FAILURES),  # calls 10 to 14, each of which takes 0.1 s
        (25.0, State.HALF_OPEN, Reason.WAIT_OVER),  # the first call after 24.1
        (26.1, State.OPEN, Reason.FAILURE_RATE),  # both trials fail
        (37.0, State.HALF_OPEN, Reason.WAIT_OVER),
        (38.1, State.CLOSED, Reason.TRIALS_PASSED),
    ]
    refused = [*range(15, 25), *range(27, 37)]
    assert np.flatnonzero(result.permitted == 0).tolist() == refused
    assert (summary.trips, summary.not_permitted, summary.permitted) == (1, 20, 40)
    assert (summary.impact.failed_shed, summary.impact.healthy_refused) == (13, 7)
    assert (result.failing, result.healthy) == (20, 40)
    assert summary.time_to_open == (pytest.approx(4.0),)
    assert summary.time_to_reset == (pytest.approx(24.0),)
    assert sum(summary.time_in_state.values()) == pytest.approx(59.1)
    assert summary.time_in_state[State.OPEN] == pytest.approx(10.9 + 10.9)
    assert result.state_before[[14, 15, 25, 26, 38, 39]].tolist() == [0, 1, 1, 2, 2, 0]
    assert result.state_after[[13, 14, 15, 25, 26, 37, 38]].tolist() == [0, 1, 1, 2, 1, 2, 0]


def test_instances_are_breakers_of_their_own_and_both_engines_agree() -> None:
    n = 4000
    random = np.random.default_rng(5)
    calls = calls_every_second(n)
    failing = (random.random(n) < 0.5).astype(np.uint8)
    by_machine, by_kernel = (
        simulate(calls, failing, FIVE_IN_A_ROW, seed=9, instances=3, engine=engine)
        for engine in (Engine.MACHINE, Engine.KERNEL)
    )
    assert by_machine.summary == by_kernel.summary
    np.testing.assert_array_equal(by_machine.state_after, by_kernel.state_after)
    assert by_machine.summary.instances == 3
    assert {each.instance for each in by_machine.summary.transitions} == {0, 1, 2}
    times = [each.transition.time for each in by_machine.summary.transitions]
    assert times == sorted(times)
    assert sum(by_machine.summary.time_in_state.values()) == pytest.approx(3 * (n - 1 + 0.1))
    assert len(by_machine.summary.time_to_open) == by_machine.summary.trips


def test_jitter_differs_between_instances() -> None:
    config = BreakerConfig(
        sliding_window_type=WindowType.CONSECUTIVE, wait_duration_in_open_state=10.0, wait_jitter=0.5
    )
    summary = simulate(calls_every_second(60), np.ones(60, np.uint8), config, instances=2).summary
    waits = {each.transition.wait for each in summary.transitions if each.transition.trips}
    assert len(waits) == 2


def healthy_from(recovery: float) -> HealthTimeline:
    return HealthTimeline(lambda t: t >= recovery)


def health_checked(reset_by: ResetBy = ResetBy.HEALTH) -> BreakerConfig:
    check = HealthCheck(interval=2.0, healthy_after=3, reset_by=reset_by)
    return BreakerConfig(
        sliding_window_type=WindowType.CONSECUTIVE, wait_duration_in_open_state=40.0, health_check=check
    )


def test_health_checks_end_the_open_state() -> None:
    summary = run(health_checked(), health=healthy_from(30.0)).summary
    # Opened at 14.1 and asked every 2 s: healthy at 30.1, 32.1 and 34.1.
    half_open = summary.transitions[1].transition
    assert (half_open.time, half_open.reason) == (35.0, Reason.HEALTHY)


def test_an_upstream_that_stays_unhealthy_keeps_it_open() -> None:
    summary = run(health_checked(), health=healthy_from(1e9)).summary
    assert len(summary.transitions) == 1


def test_a_wait_can_end_what_a_health_check_does_not() -> None:
    summary = run(health_checked(ResetBy.EARLIER), health=healthy_from(1e9)).summary
    half_open = summary.transitions[1].transition
    assert (half_open.time, half_open.reason) == (55.0, Reason.WAIT_OVER)


def test_recorded_calls_cannot_answer_a_health_check() -> None:
    with pytest.raises(ConfigurationError, match="recorded calls cannot answer"):
        run(health_checked())


def test_the_kernel_knows_no_health_check() -> None:
    with pytest.raises(ConfigurationError, match="--engine machine"):
        run(health_checked(), health=healthy_from(0.0), engine=Engine.KERNEL)


def test_a_scenario_s_health_counts_from_its_first_call() -> None:
    scenario = Scenario("s", (Phase("bad", 10.0, 1.0, refuse=True), Phase("good", 10.0, 1.0)))
    assert [health_of(scenario, 4.0).healthy_at(t) for t in (0.0, 5.9, 6.0, 99.0)] == [
        False,
        False,
        True,
        True,
    ]
    assert [health_of(scenario).healthy_at(t) for t in (9.9, 10.0)] == [False, True]


def test_values_name_what_thresholds_can_ask() -> None:
    calls, verdicts = calls_every_second(60), outage(60, 10, 30)
    values = values_of(run(), calls, verdicts, FIVE_IN_A_ROW)
    assert values["failure_rate"] == pytest.approx(100 * 7 / 40)
    assert values["rejected"] == pytest.approx(100 / 3)
    assert (values["trips"], values["opens"], values["closes"], values["calls"]) == (1, 2, 1, 60)
    assert values["time_to_open"] == pytest.approx(4.0)
    assert values["time_to_close"] == pytest.approx(24.0)


def test_a_breaker_that_never_opened_has_no_time_to_open() -> None:
    calls = calls_every_second(5)
    result = simulate(calls, np.zeros(5, np.uint8), FIVE_IN_A_ROW)
    values = values_of(result, calls, np.zeros(5, np.uint8), FIVE_IN_A_ROW)
    assert "time_to_open" not in values
    assert values["opens"] == 0


def test_a_sweep_gives_what_single_simulations_give() -> None:
    calls, verdicts = calls_every_second(60), outage(60, 10, 30)
    configs = [FIVE_IN_A_ROW, BreakerConfig(), BreakerConfig(slow_call_duration_threshold=0.05)]
    fleet = fleet_of(calls, verdicts, instances=2, seed=3)
    swept = sweep(fleet, configs, lambda result: result, seed=3)
    for config, result in zip(configs, swept, strict=True):
        single = simulate(calls, verdicts, config, instances=2, seed=3)
        assert result.summary == single.summary
        assert len(result.state_before) == 0
