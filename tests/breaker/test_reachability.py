"""What the lint says of a rule at a load, held to what the machine does at that load."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

import pytest
from reach_cases import native, ruled, timed

from cbtool.breaker import BreakerConfig, CircuitBreaker, Reason, State, Verdict, WindowType, dialect_named
from cbtool.breaker.dialects import NAMES
from cbtool.breaker.policies import OFF, EvaluateOn, Measure
from cbtool.breaker.reach import Finding, Load, Reach, reachability
from cbtool.breaker.reach.chance import at_least, binomial_at_least, run_length, sliding
from cbtool.breaker.reach.holding import hazard, window_holding
from cbtool.errors import InvalidSettingError
from cbtool.profiles import load_profile

if TYPE_CHECKING:
    from collections.abc import Iterable

RATES = (0.03, 0.4, 2.0, 30.0)
HOUR = 3600.0
TRIP_RULES = {reason.label for reason in Reason}


def alone(config: BreakerConfig, rule: str) -> BreakerConfig:
    """Return the configuration with one of its trip rules alone."""
    trip = config.policies.trip
    nothing = -1.0 if trip.measure == Measure.SUCCESS_SHARE else OFF
    off = {
        Reason.CONSECUTIVE_FAILURES: {"run": 0},
        Reason.ERROR_COUNT: {"errors": 0},
        Reason.FAILURE_RATE: {"failure_rate": nothing, "least_average": 0.0},
        Reason.SLOW_CALL_RATE: {"slow_rate": nothing, "slow_quantile": 0.0},
    }
    for reason, values in off.items():
        if reason.label != rule:
            trip = trip._replace(**values)
    return ruled(config, trip)


def opens(
    config: BreakerConfig, starts: Iterable[float], bad: Iterable[bool], rule: str, failing: float = 0.0
) -> float | None:
    """Return when a rule opens the breaker, which sees calls at `starts`, of which some are bad."""
    changes = []
    alone_config = alone(config, rule)
    breaker = CircuitBreaker(alone_config, epoch=1_700_000_000, on_transition=changes.append)
    slow = rule == Reason.SLOW_CALL_RATE.label
    lasting = (config.slow_above or 0.0) + 1e-6 if slow else failing
    flying = []
    for start, spoilt in zip(starts, bad, strict=False):
        while flying and flying[0][0] <= start:
            end, permit, verdict, took = flying.pop(0)
            breaker.record(permit, verdict, took, end)
        permit = breaker.try_acquire(start)
        if any(change.trips for change in changes):
            return start
        if permit is None:
            continue
        took = lasting if spoilt else 0.0
        verdict = Verdict.FAILURE if spoilt and not slow else Verdict.SUCCESS
        if took:
            flying.append((start + took, permit, verdict, took))
            flying.sort(key=lambda each: each[0])
        else:
            breaker.record(permit, verdict, 0.0, start)
    breaker.advance(breaker.since if not flying else flying[-1][0])
    for end, permit, verdict, took in flying:
        breaker.record(permit, verdict, took, end)
        if any(change.trips for change in changes):
            return end
    return next((change.time for change in changes if change.trips), None)


def evenly(rate: float, calls: int, offset: float = 0.0) -> list[float]:
    spacing = round(1e9 / rate)
    return [(round(offset * 1e9) + spacing * call) / 1e9 for call in range(calls)]


def at_random(rate: float, seconds: float, seed: int) -> list[float]:
    source, now, starts = random.Random(seed), 0.0, []
    while (now := now + source.expovariate(rate)) < seconds:
        starts.append(round(now, 9))
    return starts


def every_config() -> dict[str, BreakerConfig]:
    named = {name: BreakerConfig.of(dialect_named(name)) for name in NAMES}
    named |= {name: load_profile(name).config for name in ("balanced", "starting-point", "shopify-initial")}
    rolling = {"Interval": "30s", "BucketPeriod": "10s"}
    named["gobreaker, rolling"] = native("gobreaker", ReadyToTrip="ConsecutiveFailures > 4", **rolling)
    named["gobreaker, tumbling"] = native(
        "gobreaker", ReadyToTrip="Requests >= 3 && TotalFailures/Requests >= 0.6", Interval="10s"
    )
    named["opossum, all"] = native("opossum", errorThresholdPercentage=100)
    named["sentinel, all"] = native(
        "sentinel", grade=1, count=1.0, timeWindow=10, minRequestAmount=1, statIntervalMs=1000
    )
    named["slow"] = timed("default", 10.0, slow_call_duration_threshold=0.5, minimum_number_of_calls=3)
    named["errors"] = timed("default", 20.0, minimum_number_of_errors=30, minimum_number_of_calls=2)
    return {name: config for name, config in named.items() if config.opens}


CONFIGS = every_config()


def trip_findings(config: BreakerConfig, load: Load) -> list[Finding]:
    return [each for each in reachability(config, [load]).findings if each.rule in TRIP_RULES]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", CONFIGS)
def test_what_never_fires_does_not_and_what_fires_does_where_every_call_is_bad(
    name: str, rate: float
) -> None:
    config = CONFIGS[name]
    for finding in trip_findings(config, Load(rate)):
        # A smoothed share also waits for its whole length, at 30 s.
        calls = 2000 if finding.errors is None else 3 * max(finding.errors, 120) + math.ceil(40 * rate)
        times = [
            opens(config, evenly(rate, min(calls, 3000), offset), iter(lambda: True, None), finding.rule)
            for offset in (0.0, 0.37 / rate, 5.11)
        ]
        if finding.reach in {Reach.UNREACHABLE, Reach.BY_CHANCE}:
            assert times == [None] * 3, finding
        else:
            assert any(time is not None for time in times), finding


def test_calls_at_random_rarely_get_where_evenly_spaced_ones_never_do() -> None:
    runs = tripped = 0
    for config in CONFIGS.values():
        for rate in (0.03, 0.4, 2.0):
            for finding in trip_findings(config, Load(rate)):
                if finding.reach is Reach.UNREACHABLE:
                    runs += 2
                    starts = [at_random(rate, HOUR, seed) for seed in (1, 2)]
                    all_bad = iter(lambda: True, None)
                    tripped += sum(opens(config, each, all_bad, finding.rule) is not None for each in starts)
    assert runs > 20
    assert tripped <= 0.05 * runs + 4 * math.sqrt(0.05 * 0.95 * runs)


@pytest.mark.parametrize(
    ("config", "rate", "needed"),
    [
        pytest.param(timed("default", 10.0, minimum_number_of_calls=9), 0.5, 9, id="sliding"),
        pytest.param(timed("sentinel", 10.0, minimum_number_of_calls=8), 0.3, 8, id="tumbling on the clock"),
        pytest.param(
            native("gobreaker", ReadyToTrip="TotalFailures >= 8", Interval="10s"), 0.4, 8, id="tumbling"
        ),
    ],
)
def test_calls_that_bunch_up_get_there_as_often_as_said(
    config: BreakerConfig, rate: float, needed: int
) -> None:
    (finding,) = trip_findings(config, Load(rate))
    assert finding.reach is Reach.BY_CHANCE
    per_second = hazard(window_holding(config.policies, round(1e9 / rate)), rate, needed)
    seconds, runs = 1.0 / per_second, 200
    opened = sum(
        opens(config, at_random(rate, seconds, seed), iter(lambda: True, None), finding.rule) is not None
        for seed in range(runs)
    )
    expected = 1.0 - math.exp(-1.0)
    error = 4 * math.sqrt(expected * (1 - expected) / runs)
    assert opened / runs == pytest.approx(expected, abs=error + 0.05)  # Alm's formula is an approximation


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", CONFIGS)
def test_one_error_fires_what_one_error_is_said_to_fire(name: str, rate: float) -> None:
    config = CONFIGS[name]
    for finding in trip_findings(config, Load(rate)):
        if finding.reach is Reach.ONE_ERROR:
            first = max(config.policies.trip.minimum_calls, 1) - 1 if "after a start" in finding.why else 400
            bad = [call == first for call in range(first + 50)]
            opened = opens(config, evenly(rate, first + 50), bad, finding.rule)
            assert opened is not None, finding


@pytest.mark.parametrize("rate", [2.0, 30.0])
@pytest.mark.parametrize("name", CONFIGS)
def test_the_fewest_errors_fire_and_one_fewer_does_not(name: str, rate: float) -> None:
    config = CONFIGS[name]
    if config.policies.trip.on not in {EvaluateOn.EVERY_RESULT, EvaluateOn.FAILURE}:
        return  # judged later than the result that completes them, over more calls
    for finding in trip_findings(config, Load(rate)):
        smoothed = config.policies.trip.least_average and finding.rule == Reason.FAILURE_RATE.label
        if finding.reach is not Reach.FINE or finding.errors is None or smoothed:
            continue
        count = finding.rule in {Reason.CONSECUTIVE_FAILURES.label, Reason.ERROR_COUNT.label}
        calls = max(finding.errors, 1 if count else config.policies.trip.minimum_calls)
        starts = evenly(rate, calls)
        enough = [calls - finding.errors <= call for call in range(calls)]
        assert opens(config, starts, enough, finding.rule) is not None, finding
        one_fewer = [bad and call < calls - 1 for call, bad in enumerate(enough)]
        assert opens(config, starts, one_fewer, finding.rule) is None, finding


def test_gobreaker_s_bucketed_run_plateaus_at_two_of_five_with_a_call_every_19_s() -> None:
    """SolaceProducts/solace-broker-mcp#296."""
    (finding,) = trip_findings(CONFIGS["gobreaker, rolling"], Load(1 / 19))
    assert finding.reach is Reach.BY_CHANCE
    assert "a call every 19s, at most 2 of the 5 failures in a row" in finding.why
    assert finding.reached_from == pytest.approx(5 / 30, rel=0.34)
    faster = Load(finding.reached_from * 1.01)
    assert trip_findings(CONFIGS["gobreaker, rolling"], faster)[0].reach is Reach.FINE


def test_a_rate_over_all_calls_that_must_be_exceeded_never_is() -> None:
    for name in ("opossum, all", "sentinel, all"):
        (finding,) = trip_findings(CONFIGS[name], Load(100.0))
        assert finding.reach is Reach.UNREACHABLE
        assert finding.why == "the rate must exceed 100 %, and none does"


def test_an_interval_shorter_than_a_call_counts_none() -> None:
    config = native("gobreaker", ReadyToTrip="ConsecutiveFailures > 2", Interval="2s")
    (finding,) = trip_findings(config, Load(5.0, failing=3.0))
    assert finding.reach is Reach.UNREACHABLE
    assert "a call that ends after 3s outlasts an interval of 2s" in finding.why
    assert opens(config, evenly(5.0, 500), iter(lambda: True, None), finding.rule, failing=3.0) is None
    assert opens(config, evenly(5.0, 500), iter(lambda: True, None), finding.rule, failing=0.5) is not None


def test_calls_in_flight_keep_a_share_of_all_out_of_reach() -> None:
    config = native(
        "gobreaker", ReadyToTrip="Requests >= 10 && TotalFailures/Requests >= 1.0", Interval="10s"
    )
    (finding,) = trip_findings(config, Load(10.0, failing=1.0))
    assert finding.reach is Reach.UNREACHABLE
    assert "in flight" in finding.why
    assert opens(config, evenly(10.0, 600), iter(lambda: True, None), finding.rule, failing=1.0) is None


def test_a_call_that_is_given_up_in_time_is_never_slow() -> None:
    found = reachability(CONFIGS["slow"], [Load(10.0, timeout=0.5)])
    (slow,) = (each for each in found.findings if each.rule == Reason.SLOW_CALL_RATE.label)
    assert slow.reach is Reach.UNREACHABLE
    assert "the caller's timeout of 500ms" in slow.why


def test_too_few_trials_in_half_open_never_close() -> None:
    config = timed(
        "default",
        10.0,
        minimum_number_of_calls=1,
        wait_duration_in_open_state=5,
        permitted_number_of_calls_in_half_open_state=3,
        max_wait_duration_in_half_open_state=30,
    )

    def closes(rate: float) -> bool:
        changes: list[State] = []
        breaker = CircuitBreaker(config, on_transition=lambda change: changes.append(change.target))
        for call, start in enumerate(evenly(rate, 200)):
            permit = breaker.try_acquire(start)
            if permit is not None:
                breaker.record(permit, Verdict.SUCCESS if call else Verdict.FAILURE, 0.0, start)
        return State.CLOSED in changes

    for rate, reach in ((1 / 16, Reach.UNREACHABLE), (1 / 14, Reach.CAUTION)):
        found = reachability(config, [Load(rate)]).findings
        (trials,) = (each for each in found if each.rule.startswith("permitted"))
        assert trials.reach is reach
        assert closes(rate) == (reach is Reach.CAUTION)


def test_settings_that_say_less_than_they_seem() -> None:
    capped = BreakerConfig.of(
        dialect_named("resilience4j"),
        {"sliding_window_type": WindowType.COUNT, "sliding_window_size": 10, "minimum_number_of_calls": 100},
    )
    shopify = load_profile("shopify-initial").config
    said = {
        each.rule: each.why
        for config in (capped, shopify)
        for each in reachability(config, [Load(10.0, timeout=0.25)]).findings
        if each.reach is Reach.CAUTION
    }
    assert "silently takes 10" in said["minimum_number_of_calls"]
    assert "a trial may take 250ms, as long as any other call" in said["half_open_resource_timeout"]
    short = reachability(shopify, [Load(10.0, timeout=3.0)]).findings
    assert not [each for each in short if each.rule == "wait_duration_in_open_state"]  # trials take 250 ms
    fowler = reachability(CONFIGS["fowler-reset-timeout"], [Load(10.0, timeout=3.0)]).findings
    assert [each.reach for each in fowler if each.rule == "wait_duration_in_open_state"] == [Reach.CAUTION]


def test_strays_of_a_healthy_upstream_add_up() -> None:
    (finding,) = trip_findings(CONFIGS["polly-v7"], Load(10.0, failure_rate=1.0))
    assert finding.reach is Reach.FEW_ERRORS
    per_day = 86400 * 10 / run_length(0.01, 2)
    assert f"{per_day:,.3g} times a day" in finding.why
    (calm,) = trip_findings(CONFIGS["linkerd"], Load(10.0, failure_rate=1.0))
    assert calm.reach is Reach.FINE


def test_a_rule_is_dead_only_where_no_load_reaches_it() -> None:
    found = reachability(load_profile("balanced").config, [Load(0.05), Load(200.0)])
    assert {each.rule for each in found.findings if each.reach is Reach.UNREACHABLE} > set()
    assert [each.rule for each in found.never] == []
    assert [each.rule for each in reachability(CONFIGS["opossum, all"], [Load(1), Load(9)]).never] == [
        Reason.FAILURE_RATE.label
    ]


def test_a_load_is_over_nothing() -> None:
    with pytest.raises(InvalidSettingError, match="load"):
        Load(0.0)


def test_closed_forms_agree_with_counting() -> None:
    assert at_least(2.0, 3) == pytest.approx(1 - math.exp(-2) * (1 + 2 + 2))
    assert at_least(400.0, 300) == pytest.approx(1.0, abs=1e-6)
    assert binomial_at_least(5, 0.05, 3) == pytest.approx(0.0011581, rel=1e-4)
    assert run_length(0.05, 5) == pytest.approx(3.37e6, rel=0.01)
    assert sliding(0.5, 10.0, 4) == 0.5  # a window that holds five as a rule holds four as calls come


@pytest.mark.parametrize(
    ("config", "rate", "percent"),
    [
        pytest.param(native("polly-v7", exceptionsAllowedBeforeBreaking=3), 5.0, 10.0, id="run"),
        pytest.param(timed("semian", 10.0, error_count_threshold=5), 2.0, 10.0, id="count"),
        pytest.param(
            timed("default", 10.0, minimum_number_of_calls=5, minimum_number_of_errors=4),
            1.0,
            12.0,
            id="rate",
        ),
    ],
)
def test_stray_errors_trip_about_as_often_as_said(config: BreakerConfig, rate: float, percent: float) -> None:
    (finding,) = trip_findings(config, Load(rate, failure_rate=percent))
    assert finding.strays_per_day is not None
    seconds = 60 * 86400 / finding.strays_per_day  # about sixty trips, if that is true
    source, trips, begin = random.Random(7), 0, 0.0
    starts = at_random(rate, seconds, 3)
    bad = [source.random() < percent / 100 for _ in starts]
    while True:
        left = [index for index, start in enumerate(starts) if start > begin]
        if not left:
            break
        opened = opens(config, [starts[i] for i in left], [bad[i] for i in left], finding.rule)
        if opened is None:
            break
        trips, begin = trips + 1, opened
    assert 15 < trips < 90  # the formulas count a clump of errors once for each error in it
