from __future__ import annotations

from pathlib import Path

import pytest

from cbtool.errors import CbtoolError, ConfigurationError, UnreachableError
from cbtool.scenarios import load_scenario, parse_scenario
from cbtool.shipped import shipped_scenarios
from cbtool.toml.tables import Source
from cbtool.traffic.scenario import ArrivalKind, Phase, Scenario


def parsed(text: str) -> Scenario:
    return parse_scenario(Source(text, "s.toml"), "s")


def message_of(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parsed(text)
    return str(caught.value)


EVERYTHING = """\
name = "all"
description = "every key"
seed = 7
instances = 4
timeout = "250ms"

[[phase]]
name = "one"
duration = "20s"
rate = "200/s"
rate_to = "300/m"
arrivals = "constant"
latency_median = "10ms"
latency_p99 = "0.1s"
failure_rate = 1
failure_rate_to = "20%"
statuses = [500, 503]
timeouts = 2.5
hang = 3
reset = 4
refuse = false
slow_start = "5s"
recovery = "6s"
bad_instances = 2
healthy = true

[[phase]]
duration = 1
rate = 2
"""


def test_every_key_is_read() -> None:
    first = Phase(
        "one",
        duration=20.0,
        rate=200.0,
        rate_to=5.0,
        arrivals=ArrivalKind.CONSTANT,
        latency_median=0.01,
        latency_p99=0.1,
        failure_rate=1.0,
        failure_rate_to=20.0,
        statuses=(500, 503),
        timeouts=2.5,
        hang=3.0,
        reset=4.0,
        refuse=False,
        slow_start=5.0,
        recovery=6.0,
        bad_instances=2,
        healthy=True,
    )
    assert parsed(EVERYTHING) == Scenario(
        "all",
        (first, Phase("phase 2", 1.0, 2.0)),
        seed=7,
        description="every key",
        instances=4,
        timeout=0.25,
    )


def test_the_files_name_stands_in_for_a_name() -> None:
    assert parsed("phase = [{duration = 1, rate = 1}]").name == "s"


def test_one_latency_gives_the_other() -> None:
    phases = parsed(
        "[[phase]]\nduration=1\nrate=1\nlatency_median='1s'\n[[phase]]\nduration=1\nrate=1\nlatency_p99='10ms'\n"
    ).phases
    assert [(phase.latency_median, phase.latency_p99) for phase in phases] == [(1.0, 5.0), (0.002, 0.01)]


GOOD = "[[phase]]\nduration = '1s'\nrate = 1\n"  # three lines


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "s.toml:1: phase is needed at least once, as [[phase]] (got ())"),
        ("\n[breaker]\n", "s.toml:2: this is a profile, not a scenario; a scenario has [[phase]] tables"),
        ("seed = 1\nfase = 2\n", "s.toml:2: unknown key 'fase'"),
        ("\nrate = 2\n" + GOOD, "s.toml:2: rate belongs under a [[phase]]"),
        ("seed = -1\n" + GOOD, "s.toml:1: seed must not be negative"),
        ("seed = '1'\n" + GOOD, "s.toml:1: seed must be a whole number (got '1')"),
        ("\ninstances = 0\n" + GOOD, "s.toml:2: instances must be at least 1 (got 0)"),
        ("timeout = 0\n" + GOOD, "s.toml:1: timeout must be longer than 0 (got 0.0)"),
        ("\n[phase]\nduration = 1", "s.toml:2: phase must be an array of tables, [[phase]]"),
        ("phase = [1]", "s.toml:1: phase must be an array of tables, [[phase]] (got 1 in it)"),
        (GOOD + GOOD + "[[phase]]\nrate = 1\n", "s.toml:7: a [[phase]] needs a duration"),
        (GOOD + GOOD + "\n[[phase]]\nduration = 1\n", "s.toml:8: a [[phase]] needs a rate"),
        (
            GOOD + GOOD + GOOD + "\nrefuze = true\n",
            "s.toml:11: unknown key 'refuze' in [[phase]] 3; did you mean 'refuse'?",
        ),
        (GOOD + GOOD + "[[phase]]\nrate = 1\n'durration' = 1", "s.toml:9: unknown key 'durration'"),
        (
            GOOD + GOOD + GOOD + "failure_rate = 101",
            "s.toml:10: failure_rate must be a percentage from 0 to 100 (got 101)",
        ),
        (
            GOOD + "[[phase]]\nduration = 1\nrate = 1\n'timeouts' = 60\nfailure_rate = 50\n" + GOOD,
            "s.toml:8: failure_rate together with timeouts and reset must be at most 100 % (got 110.0)",
        ),
        (GOOD + GOOD + GOOD + "statuses = []", "s.toml:10: statuses must name at least one status"),
        (
            GOOD + GOOD + GOOD + "statuses = [\n500,\n'x']",
            "s.toml:12: statuses must be an array of whole numbers (got 'x' in it)",
        ),
        (
            GOOD + GOOD + GOOD + "latency_median = '1s'\nlatency_p99 = '0.5s'",
            "s.toml:11: latency_p99 must be at least latency_median",
        ),
        (GOOD + GOOD + GOOD + "arrivals = 'burst'", "s.toml:10: arrivals must be one of constant, poisson"),
        (GOOD + GOOD + GOOD + "refuse = 1", "s.toml:10: refuse must be true or false (got 1)"),
        (GOOD + GOOD + "[[phase]]\nduration = 0\nrate = 1", "s.toml:8: duration must be longer than 0"),
        (
            "instances = 8\n" + GOOD + "bad_instances = 8\n" + GOOD + "\nbad_instances = 9\n",
            "s.toml:10: bad_instances must be at most instances (got 9)",
        ),
        (
            "phase = [{duration = 1, rate = 1},\n {duration = 1, rate = 1},\n {duration = 1, rate = '1/x'}]",
            "s.toml:3: rate must be a rate such as \"50/s\" (got '1/x')",
        ),
    ],
)
def test_mistakes_are_told_with_their_place_and_remedy(text: str, message: str) -> None:
    assert message_of(text).startswith(message)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("hard-outge", ConfigurationError, "no scenario is called 'hard-outge'; did you mean 'hard-outage'?"),
        ("balanced", ConfigurationError, "no scenario is called 'balanced'"),
        ("absent.toml", UnreachableError, "absent.toml: cannot be read"),
    ],
)
def test_names_and_paths_that_lead_nowhere(name: str, error: type[CbtoolError], message: str) -> None:
    with pytest.raises(error) as caught:
        load_scenario(name)
    assert message in str(caught.value)


def test_a_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    assert load_scenario(str(path)) == Scenario("mine", (Phase("phase 1", 1.0, 1.0),))


# Shipped ---------------------------------------------------------------------------------------------

SHIPPED = sorted(shipped_scenarios())
LONG = {"day-and-night", "low-load-night", "high-load-day", "brown-out"}
"""Long enough for statistics in virtual time; the others are short enough to run live."""


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_scenario_says_what_it_shows(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name
    assert scenario.description
    assert shipped_scenarios()[name].read_text().startswith("# ")
    assert name in LONG or 30 <= scenario.duration <= 120


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "demo"])
def test_every_shipped_scenario_begins_and_ends_healthy(name: str) -> None:
    scenario = load_scenario(name)
    for t in (0.0, scenario.duration):
        assert scenario.at(t).healthy
        assert 0.2 <= scenario.at(t).faulty <= 1


def test_the_issues_scenarios_are_all_there() -> None:
    assert set(SHIPPED) >= {
        "healthy",
        "hard-outage",
        "brown-out",
        "slow-brown-out",
        "flapping",
        "gradual-ramp",
        "two-second-blip",
        "low-load-night",
        "high-load-day",
        "bad-instance",
        "recovery-under-load",
    }


def test_every_kind_of_fault_is_shipped() -> None:
    scenarios = [load_scenario(name) for name in SHIPPED]
    phases = [phase for scenario in scenarios for phase in scenario.phases]
    assert any(phase.refuse for phase in phases)
    assert any(phase.reset for phase in phases)
    assert any(phase.slow_start and phase.recovery for phase in phases)
    assert any(
        phase.timeouts and phase.hang > scenario.timeout
        for scenario in scenarios
        for phase in scenario.phases
    )


def test_what_their_names_promise() -> None:
    bad = load_scenario("bad-instance")
    assert (bad.instances, {phase.bad_instances for phase in bad.phases}) == (8, {0, 1})
    assert {phase.failure_rate for phase in load_scenario("brown-out").phases} == {1, 30}
    assert [phase.duration for phase in load_scenario("two-second-blip").phases][1] == 2
    slow = load_scenario("slow-brown-out").phases
    assert slow[1].latency_median == pytest.approx(10 * slow[0].latency_median)
    assert slow[1].failure_rate == slow[0].failure_rate
    assert {phase.rate for phase in load_scenario("hard-outage").phases} == {200}
    assert {phase.rate for phase in load_scenario("low-load-night").phases} == {0.5}


def test_an_installed_package_carries_the_files_inside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "cbtool" / "shipped" / "scenarios"
    inside.mkdir(parents=True)
    (inside / "mine.toml").write_text(GOOD)
    monkeypatch.setattr("cbtool.shipped._PACKAGE", tmp_path / "cbtool")
    assert load_scenario("mine").phases == (Phase("phase 1", 1.0, 1.0),)
    assert list(shipped_scenarios()) == ["mine"]
