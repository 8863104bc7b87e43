"""A scenario's calls have the shares, latencies and times that its conditions say."""

from __future__ import annotations

import numpy as np
import pytest

from cbtool.errors import InvalidSettingError
from cbtool.simulation.generate import _faults, calls_of, generate
from cbtool.traffic.calls import Calls
from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.scenario import ArrivalKind, Phase, Scenario

RATE, LENGTH = 500.0, 40.0


def phase(**settings: object) -> Phase:
    given = {"name": "p", "duration": LENGTH, "rate": RATE, "arrivals": ArrivalKind.CONSTANT} | settings
    return Phase(**given)


def calls(*phases: Phase, **settings: object) -> Calls:
    return calls_of(Scenario("s", phases, **settings))


def percent(which: np.ndarray) -> float:
    return 100.0 * float(which.mean())


def test_answers_have_the_latency_of_their_phase() -> None:
    made = calls(phase(latency_median=0.020, latency_p99=0.100))
    assert len(made) == RATE * LENGTH
    assert np.median(made.duration_ns) / 1e9 == pytest.approx(0.020, rel=0.03)
    assert np.percentile(made.duration_ns, 99) / 1e9 == pytest.approx(0.100, rel=0.1)
    assert set(made.status.tolist()) == {200}
    assert made.start_ns[0] == 0


def test_every_fault_has_its_share() -> None:
    made = calls(
        phase(reset=10.0, timeouts=20.0, failure_rate=30.0, statuses=(500, 503), latency_p99=0.03, hang=9.0)
    )
    assert percent(made.error == ErrorKind.CONNECTION_ERROR) == pytest.approx(10, abs=1)
    assert percent(made.error == ErrorKind.TIMEOUT) == pytest.approx(20, abs=1)
    assert percent(made.status == 500) == pytest.approx(15, abs=1)
    assert percent(made.status == 503) == pytest.approx(15, abs=1)
    assert set(made.duration_ns[made.error == ErrorKind.TIMEOUT].tolist()) == {1_000_000_000}
    assert set(made.duration_ns[made.error == ErrorKind.CONNECTION_ERROR].tolist()) == {1_000_000}
    assert (made.status[made.error != ErrorKind.NONE] == 0).all()


def test_a_hang_shorter_than_the_timeout_is_answered_after_all() -> None:
    made = calls(phase(timeouts=100.0, hang=0.5))
    assert set(made.duration_ns.tolist()) == {500_000_000}
    assert set(made.status.tolist()) == {200}


def test_a_slow_answer_is_given_up_at_the_timeout() -> None:
    made = calls_of(Scenario("s", (phase(latency_median=2.0, latency_p99=2.1),)), timeout=0.25)
    assert set(made.duration_ns.tolist()) == {250_000_000}
    assert set(made.error.tolist()) == {ErrorKind.TIMEOUT}


def test_only_the_bad_instances_fail() -> None:
    made = calls(phase(refuse=True, bad_instances=1), instances=8)
    assert made.instance is not None
    assert made.instances == tuple(f"instance-{number}" for number in range(8))
    assert ((made.error == ErrorKind.CONNECTION_ERROR) == (made.instance == 0)).all()
    assert percent(made.instance == 0) == pytest.approx(12.5, abs=1)


def test_one_seed_gives_one_traffic_and_another_another() -> None:
    scenario = Scenario("s", (phase(arrivals=ArrivalKind.POISSON, failure_rate=10.0),), seed=3)
    once, again, other = calls_of(scenario), calls_of(scenario, seed=3), calls_of(scenario, seed=4)
    np.testing.assert_array_equal(once.duration_ns, again.duration_ns)
    assert once.start_ns[:50].tolist() != other.start_ns[:50].tolist()


def test_a_load_multiplies_the_rate() -> None:
    assert len(calls_of(Scenario("s", (phase(),)), load=0.1)) == RATE * LENGTH / 10


def test_the_origin_is_when_the_first_call_starts() -> None:
    made = generate(Scenario("s", (phase(duration=5.0, rate=0.0), phase(arrivals=ArrivalKind.POISSON))))
    assert made.origin > 5.0
    assert made.calls.start_ns[0] == 0


@pytest.mark.parametrize("load", [0.0, -1.0, float("nan"), float("inf")])
def test_a_load_must_be_over_nothing(load: float) -> None:
    with pytest.raises(InvalidSettingError, match="load"):
        calls_of(Scenario("s", (phase(),)), load=load)


def test_faults_ramp_and_recover_as_the_conditions_do() -> None:
    scenario = Scenario(
        "s",
        (
            phase(duration=10.0, failure_rate=5.0, failure_rate_to=60.0, reset=10.0),
            phase(duration=10.0, failure_rate=1.0, timeouts=2.0, recovery=4.0),
            phase(duration=10.0, refuse=True),
            phase(duration=10.0, recovery=20.0),
        ),
    )
    for t in np.arange(0.0, 40.0, 0.25):
        index = scenario.phase_at(float(t))
        made = _faults(scenario, index, np.array([t - scenario.starts[index]]))
        said = scenario.at(float(t))
        expected = [said.reset, said.timeouts, said.failure_rate]
        np.testing.assert_allclose([column[0] for column in made], expected, atol=1e-9, err_msg=str(t))
