"""Outlier detection across hosts, held to Envoy's source, and a fleet behind a balancer."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import pytest

from cbtool.breaker import BreakerConfig, dialect_named
from cbtool.errors import ConfigurationError
from cbtool.simulation.hosts.detector import (
    Answer,
    Detected,
    Detection,
    OutlierDetector,
    success_rate_threshold,
)
from cbtool.simulation.hosts.fleet import REFUSED, sending, watch_hosts
from cbtool.simulation.hosts.settings import OutlierSettings, settings_of

SECOND = 1_000_000_000
OK, ERROR = Answer.SUCCESS, Answer.SERVER_ERROR
GATEWAY, LOCAL = Answer.GATEWAY_ERROR, Answer.LOCAL_ORIGIN_ERROR


def settings(**changes: Any) -> OutlierSettings:
    return dataclasses.replace(OutlierSettings(max_ejection_percent=100), **changes)


def detector(hosts: int = 10, **changes: Any) -> OutlierDetector:
    return OutlierDetector(hosts, settings(**changes))


def answer(watched: OutlierDetector, host: int, kinds: list[Answer], now: float = 1.0) -> OutlierDetector:
    for kind in kinds:
        watched.record(host, kind, int(now * SECOND))
    return watched


def rules(watched: OutlierDetector) -> list[Detection]:
    return [each.by for each in watched.detected]


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        pytest.param([ERROR] * 4, [], id="four errors are not five"),
        pytest.param([ERROR] * 5, [Detection.CONSECUTIVE_5XX], id="five are"),
        pytest.param([ERROR] * 4 + [OK] + [ERROR] * 4, [], id="a success begins anew"),
        pytest.param(
            [GATEWAY] * 5,
            [Detection.CONSECUTIVE_GATEWAY_FAILURE, Detection.CONSECUTIVE_5XX],
            id="gateway errors count twice: their own rule is not enforced",
        ),
        pytest.param(
            [GATEWAY] * 4 + [ERROR], [Detection.CONSECUTIVE_5XX], id="a plain 500 ends a gateway run only"
        ),
        pytest.param(
            [LOCAL] * 5,
            [Detection.CONSECUTIVE_GATEWAY_FAILURE, Detection.CONSECUTIVE_5XX],
            id="unless split, a failed connection is a 503",
        ),
        pytest.param([ERROR] * 12, [Detection.CONSECUTIVE_5XX], id="an ejected host is not detected again"),
    ],
)
def test_runs_are_judged_at_each_answer(kinds: list[Answer], found: list[Detection]) -> None:
    watched = answer(detector(), 3, kinds)
    assert rules(watched) == found
    assert watched.is_ejected(3) == (Detection.CONSECUTIVE_5XX in found)


def test_split_errors_have_a_run_of_their_own() -> None:
    watched = detector(split_external_local_origin_errors=True)
    answer(watched, 0, [ERROR] * 4 + [LOCAL] * 4)
    assert rules(watched) == []
    answer(watched, 0, [LOCAL])
    assert rules(watched) == [Detection.CONSECUTIVE_LOCAL_ORIGIN_FAILURE]


def test_an_answer_ends_a_run_of_failed_connections() -> None:
    watched = detector(split_external_local_origin_errors=True)
    answer(watched, 0, [LOCAL] * 4 + [ERROR] + [LOCAL] * 4)
    assert rules(watched) == []


@pytest.mark.parametrize(
    ("hosts", "percent", "always", "ejected"),
    [
        pytest.param(9, 10, False, 0, id="ten percent of nine hosts is nobody"),
        pytest.param(10, 10, False, 1, id="of ten, one"),
        pytest.param(9, 10, True, 1, id="unless one may always be ejected"),
        pytest.param(3, 50, False, 1, id="half of three is one"),
        pytest.param(4, 50, False, 2, id="half of four is two"),
        pytest.param(3, 100, False, 3, id="all of them"),
    ],
)
def test_no_more_hosts_are_ejected_than_allowed(hosts: int, percent: int, always: bool, ejected: int) -> None:
    watched = detector(hosts, max_ejection_percent=percent, always_eject_one_host=always)
    for host in range(hosts):
        answer(watched, host, [ERROR] * 5)
    assert watched.ejected == ejected
    assert len(watched.detected) == hosts, "what is spared is still detected"


def test_what_is_not_enforced_is_only_reported() -> None:
    watched = answer(detector(enforcing_consecutive_5xx=0), 0, [ERROR] * 10)
    assert [each.ejected for each in watched.detected] == [False, False]


def test_half_of_the_detections_are_enforced_at_fifty_percent() -> None:
    watched = OutlierDetector(1000, settings(enforcing_consecutive_5xx=50), seed=7)
    for host in range(1000):
        answer(watched, host, [ERROR] * 5)
    assert 450 < watched.ejected < 550


@pytest.mark.parametrize(
    ("at", "base", "returns"),
    [
        pytest.param(1, 30, 40, id="noticed by the sweep after the end"),
        pytest.param(10, 30, 40, id="at the sweep itself"),
        pytest.param(10, 31, 50, id="a second more is a sweep more"),
    ],
)
def test_a_host_comes_back_at_a_sweep(at: float, base: int, returns: int) -> None:
    watched = answer(detector(base_ejection_time=base * SECOND), 0, [ERROR] * 5, at)
    watched.advance(200 * SECOND)
    assert watched.returned == [(returns * SECOND, 0)]


def test_each_ejection_in_a_row_lasts_longer_and_health_forgives_one_a_sweep() -> None:
    watched = detector(base_ejection_time=10 * SECOND)
    answer(watched, 0, [ERROR] * 5, 1)  # 10 s: back at 20
    answer(watched, 0, [ERROR] * 5, 21)  # 20 s: back at 50
    answer(watched, 0, [ERROR] * 5, 51)  # 30 s: back at 90, forgiven at 100, 110 and 120
    answer(watched, 0, [ERROR] * 5, 121)  # 10 s again: back at 140
    watched.advance(300 * SECOND)
    assert [time // SECOND for time, _ in watched.returned] == [20, 50, 90, 140]


def test_ejections_are_capped() -> None:
    watched = detector(1, base_ejection_time=10 * SECOND, max_ejection_time=20 * SECOND)
    now = 1
    for _ in range(4):
        answer(watched, 0, [ERROR] * 5, now)
        watched.advance((now + 40) * SECOND)
        now = watched.returned[-1][0] // SECOND + 1
    gaps = [b[0] - a[0] for a, b in zip(watched.returned, watched.returned[1:], strict=False)]
    assert max(gaps) == 30 * SECOND


def test_the_source_s_own_example_of_a_success_rate_threshold() -> None:
    assert success_rate_threshold([50, 100, 100, 100, 100], 1900) == pytest.approx(52)


@pytest.mark.parametrize(
    ("hosts", "worst", "calls", "ejected"),
    [
        pytest.param(5, 50, 100, True, id="an outlier among five"),
        pytest.param(4, 50, 100, False, id="four are too few to compare"),
        pytest.param(5, 50, 99, False, id="too few answers"),
    ],
)
def test_success_rates_are_compared_over_the_interval(
    hosts: int, worst: int, calls: int, ejected: bool
) -> None:
    watched = detector(hosts, consecutive_5xx=1000)
    for host in range(hosts):
        good = calls * worst // 100 if host == 2 else calls
        answer(watched, host, [OK] * good + [ERROR] * (calls - good))
    watched.advance(9 * SECOND)
    assert rules(watched) == []
    watched.advance(10 * SECOND)
    assert rules(watched) == ([Detection.SUCCESS_RATE] if ejected else [])


def test_a_failure_percentage_ejects_at_its_threshold() -> None:
    watched = detector(consecutive_5xx=1000, enforcing_failure_percentage=100, enforcing_success_rate=0)
    for host in range(5):
        failures = 85 if host == 0 else 84
        answer(watched, host, [ERROR] * failures + [OK] * (100 - failures))
    watched.advance(10 * SECOND)
    ejected = [(each.host, each.by) for each in watched.detected if each.ejected]
    assert ejected == [(0, Detection.FAILURE_PERCENTAGE)]


def test_rates_forget_the_interval_before() -> None:
    watched = detector(consecutive_5xx=1000)
    for host in range(5):
        answer(watched, host, [ERROR if host == 0 else OK] * 60, 9)
    for host in range(5):
        answer(watched, host, [ERROR if host == 0 else OK] * 60, 11)
    watched.advance(30 * SECOND)
    assert Detection.SUCCESS_RATE not in rules(watched), "sixty in each of two intervals are no hundred"


class History(NamedTuple):
    """What became of each call, and the hosts that were ejected for it."""

    host: list[int]
    failure_rate: float
    ejections: list[Detected]


def run_fleet(starts: list[int], hosts: int, fate: Any, given: OutlierSettings) -> History:
    detector = OutlierDetector(hosts, given)
    sent = list(sending(starts, hosts, fate, detector))
    bad = sum(each.failed or each.host == REFUSED for each in sent)
    ejections = [each for each in detector.detected if each.ejected]
    return History([each.host for each in sent], 100 * bad / len(sent), ejections)


def broken(host: int) -> Any:
    return lambda _call, asked: (ERROR if asked == host else OK, 10_000_000)


def test_a_fleet_sends_a_broken_host_s_traffic_to_the_others() -> None:
    starts = [call * SECOND // 100 for call in range(2000)]
    history = run_fleet(starts, 4, broken(1), settings())
    assert [(each.host, each.by) for each in history.ejections] == [(1, Detection.CONSECUTIVE_5XX)]
    assert history.failure_rate == pytest.approx(100 * 5 / 2000)


def test_with_the_default_limit_a_small_fleet_keeps_its_broken_host() -> None:
    starts = [call * SECOND // 100 for call in range(2000)]
    assert run_fleet(starts, 4, broken(1), OutlierSettings()).failure_rate == pytest.approx(25)


def test_a_balancer_in_panic_uses_ejected_hosts_and_one_that_never_panics_refuses() -> None:
    starts = [call * SECOND // 100 for call in range(1000)]

    def failing(_call: int, _host: int) -> tuple[Answer, int]:
        return ERROR, 1_000_000

    assert REFUSED not in run_fleet(starts, 2, failing, settings()).host
    hosts = run_fleet(starts, 2, failing, settings(panic_threshold=0)).host
    assert REFUSED not in hosts[:10]
    assert set(hosts[11:]) == {REFUSED}


def test_three_hosts_take_three_times_the_errors_that_one_takes() -> None:
    """Istio's users meet this (istio/istio#45128): the run is counted for each host."""
    starts = [call * SECOND // 100 for call in range(100)]
    history = run_fleet(starts, 3, lambda *_: (ERROR, 1_000_000), settings(panic_threshold=0))
    assert len(history.host) - history.host.count(REFUSED) == 15


def test_recorded_answers_are_watched_without_moving_them() -> None:
    answers = [(call * SECOND // 10, call % 2, ERROR if call % 2 else OK) for call in range(100)]
    watched = watch_hosts(answers, 2, settings())
    assert [each.host for each in watched.detected] == [1]


def test_settings_come_from_the_dialects() -> None:
    envoy = dialect_named("envoy")
    words = envoy.from_native({"max_ejection_percent": 30, "interval": "5s", "base_ejection_time": "400s"})
    made = settings_of(BreakerConfig(**words, dialect=envoy))
    assert (made.max_ejection_percent, made.interval) == (30, 5 * SECOND)
    assert made.max_ejection_time == 400 * SECOND, "at least the base"


def test_istio_compares_no_success_rates_and_never_panics() -> None:
    istio = dialect_named("istio")
    made = settings_of(BreakerConfig(**istio.from_native({"consecutive5xxErrors": 0}), dialect=istio))
    assert (made.enforcing_consecutive_5xx, made.enforcing_success_rate, made.panic_threshold) == (0, 0, 0)


def test_other_dialects_have_no_hosts() -> None:
    with pytest.raises(ConfigurationError, match="envoy and istio"):
        settings_of(BreakerConfig())
