"""A profile against traffic, scenarios, its own assertions, the past and its reach."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from cbtool.breaker import BreakerConfig, WindowType
from cbtool.errors import ConfigurationError, InsufficientDataError
from cbtool.incident_files import parse_label
from cbtool.metrics.thresholds import Threshold
from cbtool.profiles import Profile, dump_profile, load_profile, parse_profile
from cbtool.profiles.evidence import ProfileEvidence
from cbtool.profiles.verify_rules import NEVER, NO_RULES, ScenarioRule, VerifyRules
from cbtool.toml.tables import Source
from cbtool.traffic.calls import Calls
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.verifying import Group, Limits, verify
from cbtool.verifying.drift import drift_checks
from cbtool.verifying.seen import seen
from cbtool.verifying.traffic import traffic_checks
from cbtool.verifying.verify import Story

if TYPE_CHECKING:
    from cbtool.verifying import Check, Verification


def breaker(**settings: object) -> Profile:
    words: dict[str, object] = {
        "sliding_window_type": WindowType.TIME,
        "sliding_window_size": 10.0,
        "failure_rate_threshold": 30.0,
        "minimum_number_of_calls": 8,
        "minimum_number_of_errors": 6,
        "wait_duration_in_open_state": 10.0,
        "permitted_number_of_calls_in_half_open_state": 3,
        **settings,
    }
    return Profile("mine", BreakerConfig(**words), DEFAULT_RULES)  # type: ignore[arg-type]


def traffic(
    rate: float,
    seconds: float,
    *,
    outages: tuple[tuple[float, float], ...] = (),
    failing: float = 0.5,
    seed: int = 1,
    median: float = 0.02,
) -> Calls:
    """Poisson calls, of which `failing` percent fail, and all in an outage (from, to)."""
    random = np.random.default_rng(seed)
    start = np.sort(random.uniform(0, seconds, random.poisson(rate * seconds)))
    failed = random.random(len(start)) < failing / 100
    for begin, end in outages:
        failed |= (start >= begin) & (start < end)
    return Calls(
        start_ns=np.rint((start - start[0]) * 1e9).astype(np.int64),
        duration_ns=np.rint(median * np.exp(0.5 * random.standard_normal(len(start))) * 1e9).astype(np.int64),
        status=np.where(failed, 503, 200).astype(np.int16),
        error=np.zeros(len(start), np.uint8),
    )


def checked(answer: Verification, group: Group, start: str = "") -> dict[str, Check]:
    return {
        check.name: check for check in answer.checks if check.group is group and check.name.startswith(start)
    }


def on_log(profile: Profile, calls: Calls, rules: VerifyRules = NO_RULES, **how: object) -> Verification:
    return verify(profile, rules, source="log", calls=calls, **how)  # type: ignore[arg-type]


def held(
    profile: Profile, calls: Calls, rules: VerifyRules = NO_RULES, instances: int = 1
) -> dict[str, Check]:
    """Return the checks of a profile against traffic alone."""
    found = seen(calls, profile, instances=instances)
    return {check.name: check for check in traffic_checks(found, Limits(rules))}


OUTAGE = traffic(3.0, 3600.0, outages=((1800.0, 2100.0),))


def test_a_good_profile_passes_on_its_traffic() -> None:
    answer = on_log(breaker(), OUTAGE)
    assert answer.passed, answer.failed
    found = checked(answer, Group.TRAFFIC)
    assert found["incidents caught"].value == 100.0
    assert 1 < found["detection delay"].value < 8
    assert found["false trips a day"].value == 0


def test_one_false_trip_in_an_hour_is_beyond_a_budget_of_one_in_thirty_days() -> None:
    trigger_happy = breaker(minimum_number_of_calls=1, minimum_number_of_errors=1, sliding_window_size=1.0)
    trips = held(trigger_happy, traffic(1.0, 3600.0))["false trips a day"]
    assert not trips.passed
    assert trips.value > 20
    loose = held(trigger_happy, traffic(1.0, 3600.0), VerifyRules(false_trips_per_day=2000.0))
    assert loose["false trips a day"].passed


def test_what_was_promised_when_recommended_is_allowed_for_unless_less_is_asked() -> None:
    assert Limits(NO_RULES, promised=12.0).seen_delay == 24.0
    assert Limits(NO_RULES, promised=1.0).seen_delay == 10.0
    assert Limits(VerifyRules(detection_delay=5.0), promised=12.0).seen_delay == 5.0
    # By night it was to take 40 s, and all of a log's few incidents may have come by night.
    assert Limits(NO_RULES, promised=12.0, promised_high=40.0).seen_delay == 40.0


def test_the_busiest_load_may_have_a_limit_of_its_own() -> None:
    limits = Limits(VerifyRules(high_load_detection_delay=21.0, low_load_detection_delay=60.0))
    assert limits.delay_at(2.0, low=False) == 21.0
    assert limits.delay_at(2.0, low=True) == 60.0
    assert Limits(VerifyRules(detection_delay=3.0)).delay_at(20.0, low=False) == 3.0


def test_an_incident_that_is_missed_is_named() -> None:
    deaf = breaker(minimum_number_of_errors=200)
    found = held(deaf, OUTAGE)
    assert not found["incidents caught"].passed
    assert found["incidents caught"].why.startswith("missed: outage at 30m")
    assert not found["detection delay"].passed
    assert found["detection delay"].shown == "never"


def test_an_incident_that_the_user_names_replaces_those_that_are_found() -> None:
    named = seen(OUTAGE, breaker(), labels=[parse_label("+31m/+33m")])
    (incident,) = named.incidents
    assert (round(incident.start / 60), round(incident.end / 60)) == (31, 33)
    checks = {check.name: check for check in traffic_checks(named, Limits(NO_RULES))}
    assert checks["incidents caught"].passed
    assert checks["detection delay"].value == 0.0  # it was open before: the outage began at 30m
    assert not checks["false trips a day"].passed  # for which there was no incident, by the label


def test_healthy_calls_refused_outside_incidents_are_limited() -> None:
    clumsy = breaker(
        failure_rate_threshold=5.0,
        minimum_number_of_calls=1,
        minimum_number_of_errors=1,
        wait_duration_in_open_state=300.0,
    )
    refused = held(clumsy, traffic(1.0, 3600.0))["healthy calls refused"]
    assert not refused.passed
    assert refused.value > 10


def test_every_breaker_of_a_fleet_must_catch_an_incident() -> None:
    caught = held(breaker(), OUTAGE, instances=4)["incidents caught"]
    assert (caught.shown, caught.wanted) == ("4 of 4", "all")


def test_too_little_traffic_is_refused() -> None:
    with pytest.raises(InsufficientDataError) as refused:
        on_log(breaker(), traffic(1.0, 60.0))
    assert "more calls" in refused.value.needs[0]


def test_a_naive_profile_fails_at_low_load_alone() -> None:
    naive = breaker(failure_rate_threshold=10.0, minimum_number_of_calls=1, minimum_number_of_errors=1)
    answer = verify(naive, NO_RULES, source="none", rates=(0.3, 60.0))
    failed = {check.name for check in answer.failed}
    assert "low load (0.3/s): trips on a blip" in failed
    assert "low load (0.3/s): trips while healthy" in failed
    assert not {name for name in failed if name.startswith("high load") and "blip" in name}


def test_an_outage_must_be_noticed_at_low_load_unless_the_rules_say_never() -> None:
    deaf_at_night = breaker(minimum_number_of_errors=30)
    name = "low load (0.3/s): outage: time to open"
    strict = verify(deaf_at_night, NO_RULES, source="none", rates=(0.3, 20.0))
    assert [check.name for check in strict.failed] == [name]
    lenient = verify(
        deaf_at_night, VerifyRules(low_load_detection_delay=NEVER), source="none", rates=(0.3, 20.0)
    )
    assert lenient.passed
    assert checked(lenient, Group.SCENARIOS, name)[name].wanted == "any"


def test_recovery_is_held_to_its_limit() -> None:
    name = "usual load (20/s): outage: time to close"
    own = verify(breaker(), NO_RULES, source="none", rates=(20.0,))
    assert own.passed, own.failed
    assert 20 < checked(own, Group.SCENARIOS, name)[name].limit < 25  # two waits of 10 s, two rounds
    hasty = verify(breaker(), VerifyRules(time_to_close=0.5), source="none", rates=(20.0,))
    assert name in {check.name for check in hasty.failed}


def test_slow_calls_are_tried_where_they_are_judged_and_can_be_seen() -> None:
    slow = breaker(slow_call_duration_threshold=0.5, slow_call_rate_threshold=50.0)
    tried = "usual load (20/s): slow calls: time to open"
    assert checked(verify(slow, NO_RULES, source="none", rates=(20.0,)), Group.SCENARIOS, tried)[tried].passed
    given_up = verify(slow, NO_RULES, source="none", rates=(20.0,), timeout=0.5)
    assert not checked(given_up, Group.SCENARIOS, tried)
    assert [check.name for check in given_up.failed] == ["slow_call_rate can fire"]


def test_a_dead_rule_fails_and_one_that_some_load_reaches_does_not() -> None:
    many = breaker(minimum_number_of_calls=500)
    assert checked(verify(many, NO_RULES, source="none", rates=(0.3, 60.0)), Group.REACH)[
        "failure_rate can fire"
    ].passed
    dead = checked(verify(many, NO_RULES, source="none", rates=(0.3, 1.0)), Group.REACH)[
        "failure_rate can fire"
    ]
    assert not dead.passed
    assert "of the 500 calls fall into a window of 10s" in dead.why


def test_assertions_hold_on_the_log_and_each_scenario_has_its_own() -> None:
    rules = VerifyRules(thresholds=(Threshold.parse("trips==1"), Threshold.parse("rejected<1%")))
    story = Story("bad day", OUTAGE, thresholds=(Threshold.parse("flaps==0"),))
    answer = on_log(breaker(), OUTAGE, rules, stories=[story])
    asserted = checked(answer, Group.ASSERTIONS)
    assert {name: check.passed for name, check in asserted.items()} == {
        "trips==1": True,
        "rejected<1%": False,
        "bad day: flaps==0": True,
    }
    assert not answer.passed


def test_a_scenario_s_calls_are_shared_as_a_log_s_are() -> None:
    story = Story("down", traffic(8.0, 1200.0, outages=((600.0, 900.0),)))

    def delay(instances: int | None) -> float:
        profile = breaker(failure_rate_threshold=5.0)
        answer = verify(profile, NO_RULES, source="down", stories=[story], instances=instances)
        (found,) = [check for check in answer.checks if check.name.endswith("detection delay")]
        return found.value

    assert delay(None) == delay(1)
    assert delay(4) > 2 * delay(1)


EVIDENCE = ProfileEvidence(
    version="0.1.0",
    seed=0,
    calls=18000,
    span=3600.0,
    healthy_calls=17000,
    healthy_failure_rate=0.5,
    healthy_failure_rate_low=0.42,
    healthy_failure_rate_high=0.58,
    healthy_p99=0.064,
    healthy_p99_low=0.060,
    healthy_p99_high=0.068,
    load_low=3.5,
    load_usual=5.0,
    load_high=6.5,
)


@pytest.mark.parametrize("logged", [False, True], ids=["no log", "a log without durations"])
def test_healthy_calls_that_nobody_timed_are_not_slow(logged: bool) -> None:
    calls = traffic(5.0, 900.0)
    untimed = replace(calls, duration_ns=np.zeros(len(calls), np.int64)) if logged else None
    profile = breaker(slow_call_duration_threshold=0.15, slow_call_rate_threshold=50.0)
    profile = replace(profile, evidence=replace(EVIDENCE, healthy_p99=0.1))
    checks = checked(verify(profile, NO_RULES, source="log", calls=untimed), Group.SCENARIOS)
    healthy = [check for name, check in checks.items() if name.endswith("trips while healthy")]
    assert [check.value for check in healthy] == [0.0] * len(healthy)
    assert healthy


def drift(calls: Calls, **settings: object) -> dict[str, Check]:
    profile = breaker(**settings)
    return {check.name: check for check in drift_checks(profile.config, EVIDENCE, seen(calls, profile), 0)}


def test_the_same_traffic_has_not_drifted() -> None:
    assert all(check.passed for seed in range(2) for check in drift(traffic(5.0, 3600.0, seed=seed)).values())


def test_a_load_that_has_fallen_says_what_a_window_holds_now() -> None:
    fallen = drift(traffic(0.6, 7200.0))
    assert not fallen["usual load"].passed
    assert "recommend again" in fallen["usual load"].why
    assert not fallen["calls in a window"].passed
    assert "calls, fewer than the 8 that the gates ask for" in fallen["calls in a window"].why


def test_a_log_of_a_part_of_the_day_is_held_to_the_loads_of_the_whole() -> None:
    config = breaker().config
    day = replace(EVIDENCE, span=86400.0, load_low=0.5, load_usual=5.0, load_high=20.0)

    def usual_load(rate: float) -> Check:
        found = seen(traffic(rate, 3600.0), breaker())
        return next(check for check in drift_checks(config, day, found, 0) if check.name == "usual load")

    assert usual_load(1.0).passed  # as by night
    assert usual_load(15.0).passed  # as at noon
    assert not usual_load(60.0).passed


def test_a_window_of_calls_does_not_mind_the_load() -> None:
    fallen = drift(traffic(0.6, 7200.0), sliding_window_type=WindowType.COUNT, sliding_window_size=20)
    assert fallen["usual load"].passed
    assert fallen["usual load"].value < 1
    assert "calls in a window" not in fallen


def test_more_strays_fail_only_beyond_chance() -> None:
    assert not drift(traffic(5.0, 3600.0, failing=2.0))["healthy failure rate"].passed
    assert drift(traffic(5.0, 3600.0, failing=0.6))["healthy failure rate"].passed
    told = drift(traffic(5.0, 3600.0, failing=2.0))["healthy failure rate"]
    assert told.wanted == "0.5 % (0.42 to 0.58) then"
    assert re.fullmatch(r"[12]\.\d+ % \(1\.\d+ to 2\.\d+\)", told.shown)
    # As bad a rate, of so few calls that chance may have made it.
    assert drift(traffic(5.0, 80.0, failing=1.0, seed=4))["healthy failure rate"].passed


def test_slower_calls_are_held_against_the_slow_threshold() -> None:
    slower = drift(traffic(5.0, 3600.0, median=0.06), slow_call_duration_threshold=0.1)["healthy p99"]
    assert not slower.passed
    assert "slow threshold of 100ms" in slower.why


def test_the_same_seed_gives_the_same_document() -> None:
    first, again, other = (
        verify(breaker(), NO_RULES, source="none", rates=(1.0,), seed=seed).to_json() for seed in (3, 3, 4)
    )
    assert first == again
    assert first != other


def test_the_document_has_the_keys_that_are_promised() -> None:
    document = on_log(breaker(), OUTAGE).to_json()
    assert document["passed"] is True
    assert all({"name", "passed", "value", "limit"} <= check.keys() for check in document["checks"])


VERIFY = """\
[breaker]

[verify]
false_trips_per_day = 0.1
detection_delay = "20s"
low_load_detection_delay = "never"
high_load_detection_delay = "25s"
time_to_close = "1m"
healthy_refused = 2
brown_out = 40
load_low = "0.5/s"
load_high = "50/s"
thresholds = ["opens==1", "rejected<5%"]

[[verify.scenario]]
name = "hard-outage"
load = 0.5
thresholds = ["time_to_open<5s"]
"""


def parsed(text: str) -> Profile:
    return parse_profile(Source(text, "mine.toml"), "mine")


def test_a_profile_s_own_rules_are_read_and_written_back() -> None:
    profile = parsed(VERIFY)
    assert profile.verify.low_load_detection_delay == NEVER
    assert profile.verify.high_load_detection_delay == 25.0
    assert profile.verify.load_high == 50.0
    assert [each.text for each in profile.verify.thresholds] == ["opens==1", "rejected<5%"]
    assert profile.verify.scenarios == (
        ScenarioRule("hard-outage", 0.5, (Threshold.parse("time_to_open<5s"),)),
    )
    assert parsed(dump_profile(profile)) == profile


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('detection_delay = "soon"', "mine.toml:4: detection_delay must be"),
        ("detection_delai = 1", "mine.toml:4: .*did you mean 'detection_delay'"),
        ('low_load_detection_delay = "seldom"', 'or "never"'),
        ('thresholds = ["opens=1"]', "mine.toml:4: 'opens=1' is not a threshold"),
        ('load_low = "5/s"\nload_high = "1/s"', "load_low must not be over load_high"),
        ("[[verify.scenario]]\nload = 1", "needs a name"),
        ('[[verify.scenario]]\nname = "x"\nload = 0', "load must be over 0"),
    ],
)
def test_a_mistake_in_the_rules_has_its_line(line: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parsed(f"[breaker]\n\n[verify]\n{line}\n")


def test_what_the_command_line_says_goes_before_the_profile_s_rules() -> None:
    said = VerifyRules(detection_delay=1.0, thresholds=(Threshold.parse("trips==0"),))
    both = said.over(parsed(VERIFY).verify)
    assert both.detection_delay == 1.0
    assert both.time_to_close == 60.0
    assert [each.text for each in both.thresholds] == ["opens==1", "rejected<5%", "trips==0"]


def test_shipped_profiles_ask_nothing_of_themselves() -> None:
    assert load_profile("balanced").verify == NO_RULES
