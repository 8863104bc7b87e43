"""Outlier detection across hosts: Envoy's rules (source/common/upstream/outlier_detection_impl.cc).

Runs of failures are judged at each answer. Every interval a sweep first takes hosts back whose ejection is
over, then compares the hosts by the interval that has just ended (a success rate under mean − factor ·
standard deviation; a failure percentage at its threshold), then forgives one ejection of each host that has
been back for an interval. A detection ejects only as far as the limit on ejected hosts and its enforcement
allow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING

from cbtool.breaker.wait import unit_random

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.simulation.hosts.settings import OutlierSettings

_MILLISECOND = 1_000_000


class Answer(IntEnum):
    """What a host's answer is to the detection."""

    SUCCESS = 0
    SERVER_ERROR = 1
    """A 5xx of the host's own."""
    GATEWAY_ERROR = 2
    """502, 503 or 504."""
    LOCAL_ORIGIN_ERROR = 3
    """No answer: the connection failed or timed out at the proxy."""


class Detection(StrEnum):
    """Which rule found a host to be an outlier."""

    CONSECUTIVE_5XX = "consecutive_5xx"
    CONSECUTIVE_GATEWAY_FAILURE = "consecutive_gateway_failure"
    CONSECUTIVE_LOCAL_ORIGIN_FAILURE = "consecutive_local_origin_failure"
    SUCCESS_RATE = "success_rate"
    LOCAL_ORIGIN_SUCCESS_RATE = "local_origin_success_rate"
    FAILURE_PERCENTAGE = "failure_percentage"
    FAILURE_PERCENTAGE_LOCAL_ORIGIN = "failure_percentage_local_origin"


@dataclass(frozen=True, slots=True)
class Detected:
    """One detection.

    Attributes:
        time: nanoseconds.
        host: which host.
        by: the rule.
        ejected: whether the host was ejected; otherwise the limit or the enforcement spared it.
    """

    time: int
    host: int
    by: Detection
    ejected: bool


@dataclass(slots=True)
class _Rate:
    """Answers of one kind of origin: in this interval, and in the one before."""

    calls: int = 0
    successes: int = 0
    last_calls: int = 0
    last_successes: int = 0

    def count(self, *, good: bool) -> None:
        self.calls += 1
        self.successes += good

    def turn(self) -> None:
        self.last_calls, self.last_successes = self.calls, self.successes
        self.calls = self.successes = 0


@dataclass(slots=True)
class _Host:
    runs: dict[Detection, int] = field(default_factory=dict)
    external: _Rate = field(default_factory=_Rate)
    local: _Rate = field(default_factory=_Rate)
    ejected_at: int | None = None
    back_at: int | None = None
    times: int = 0
    """By which the base ejection time is multiplied."""
    jitter: int = 0


class OutlierDetector:
    """The detection over a number of hosts, all of which are in at first. Times are nanoseconds."""

    def __init__(self, hosts: int, settings: OutlierSettings, *, seed: int = 0, started: int = 0) -> None:
        self.settings = settings
        self.detected: list[Detected] = []
        self.returned: list[tuple[int, int]] = []
        """When each host came back, and which it was."""
        self._hosts = [_Host() for _ in range(hosts)]
        self._seed = seed
        self._draws = 0
        self._tick = started + settings.interval

    @property
    def ejected(self) -> int:
        """How many hosts are ejected."""
        return sum(host.ejected_at is not None for host in self._hosts)

    def is_ejected(self, host: int) -> bool:
        """Return whether a host gets no traffic."""
        return self._hosts[host].ejected_at is not None

    def advance(self, now: int) -> None:
        """Make the sweeps that are due up to `now`."""
        while self._tick <= now:
            self._sweep(self._tick)
            self._tick += self.settings.interval

    def record(self, number: int, answer: Answer, now: int) -> None:
        """Count an answer of host `number`; sweeps up to `now` come first."""
        self.advance(now)
        host, split = self._hosts[number], self.settings.split_external_local_origin_errors
        if split and answer is Answer.LOCAL_ORIGIN_ERROR:
            host.local.count(good=False)
            self._run(number, Detection.CONSECUTIVE_LOCAL_ORIGIN_FAILURE, now)
            return
        if split:
            host.local.count(good=True)
            host.runs[Detection.CONSECUTIVE_LOCAL_ORIGIN_FAILURE] = 0
        host.external.count(good=answer is Answer.SUCCESS)
        if answer is Answer.SUCCESS:
            host.runs[Detection.CONSECUTIVE_5XX] = host.runs[Detection.CONSECUTIVE_GATEWAY_FAILURE] = 0
            return
        if answer is Answer.SERVER_ERROR:
            host.runs[Detection.CONSECUTIVE_GATEWAY_FAILURE] = 0
        else:
            self._run(number, Detection.CONSECUTIVE_GATEWAY_FAILURE, now)
        self._run(number, Detection.CONSECUTIVE_5XX, now)

    def _run(self, number: int, rule: Detection, now: int) -> None:
        """Count one more failure in a row, and detect at exactly the threshold."""
        host = self._hosts[number]
        host.runs[rule] = host.runs.get(rule, 0) + 1
        if host.runs[rule] == getattr(self.settings, rule.value) and host.ejected_at is None:
            self._detect(number, rule, now)
            host.runs[rule] = 0

    def _sweep(self, now: int) -> None:
        s = self.settings
        for number, host in enumerate(self._hosts):
            if host.ejected_at is not None and self._ejection(host) <= now - host.ejected_at:
                host.ejected_at, host.back_at = None, now
                host.runs.clear()
                self.returned.append((now, number))
            host.external.turn()
            host.local.turn()
        if len(self._hosts) >= min(s.success_rate_minimum_hosts, s.failure_percentage_minimum_hosts):
            self._compare([host.external for host in self._hosts], now, local=False)
            self._compare([host.local for host in self._hosts], now, local=True)
        for host in self._hosts:
            back = host.ejected_at is None and host.back_at is not None
            if back and now - (host.back_at or 0) >= s.interval and host.times:
                host.times -= 1

    def _ejection(self, host: _Host) -> int:
        """Return how long a host's ejection lasts."""
        base = self.settings.base_ejection_time * host.times
        return min(base, self.settings.max_ejection_time) + host.jitter

    def _compare(self, rates: Sequence[_Rate], now: int, *, local: bool) -> None:
        """Compare the hosts that are in by the interval that has just ended."""
        s = self.settings
        seen = {
            number: 100.0 * rate.last_successes / rate.last_calls
            for number, rate in enumerate(rates)
            if rate.last_calls and not self.is_ejected(number)
        }
        judged = {
            n: share for n, share in seen.items() if rates[n].last_calls >= s.success_rate_request_volume
        }
        counted = [n for n in seen if rates[n].last_calls >= s.failure_percentage_request_volume]
        if judged and len(judged) >= s.success_rate_minimum_hosts:
            lowest = success_rate_threshold(list(judged.values()), s.success_rate_stdev_factor)
            for number, share in judged.items():
                if share < lowest:
                    rule = Detection.LOCAL_ORIGIN_SUCCESS_RATE if local else Detection.SUCCESS_RATE
                    self._detect(number, rule, now)
        if counted and len(counted) >= s.failure_percentage_minimum_hosts:
            for number in counted:
                if 100.0 - seen[number] >= s.failure_percentage_threshold:
                    rule = (
                        Detection.FAILURE_PERCENTAGE_LOCAL_ORIGIN if local else Detection.FAILURE_PERCENTAGE
                    )
                    self._detect(number, rule, now)

    def _detect(self, number: int, rule: Detection, now: int) -> None:
        host, s = self._hosts[number], self.settings
        if host.ejected_at is not None:
            return
        fits = 100.0 * (self.ejected + 1) / len(self._hosts) <= s.max_ejection_percent
        fits = fits or (s.always_eject_one_host and self.ejected == 0)
        ejects = fits and 100.0 * self._random() < getattr(s, f"enforcing_{rule.value}")
        self.detected.append(Detected(now, number, rule, ejects))
        if not ejects:
            return
        host.ejected_at = now
        steps = s.max_ejection_time_jitter // _MILLISECOND + 1
        host.jitter = int(steps * self._random()) * _MILLISECOND
        if host.times * s.base_ejection_time < s.max_ejection_time + s.base_ejection_time:
            host.times += 1

    def _random(self) -> float:
        self._draws += 1
        return unit_random(self._seed, self._draws)


def success_rate_threshold(rates: Sequence[float], factor: int) -> float:
    """Return the success rate under which a host is an outlier.

    Args:
        rates: percent, of the hosts that are compared.
        factor: thousandths of the (population's) standard deviation.
    """
    mean = sum(rates) / len(rates)
    deviation = math.sqrt(sum((rate - mean) ** 2 for rate in rates) / len(rates))
    return mean - factor / 1000.0 * deviation
