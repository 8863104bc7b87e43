"""Breakers that refuse a share of the calls: held to a plain reading of their formulas."""

from __future__ import annotations

import random
from typing import Any

import pytest

from cbtool.breaker import BreakerConfig, CircuitBreaker, State, Verdict, dialect_named
from cbtool.breaker.wait import unit_random

OK, BAD = Verdict.SUCCESS, Verdict.FAILURE


def breaker(name: str, seed: int = 0, **native: Any) -> CircuitBreaker:
    dialect = dialect_named(name)
    return CircuitBreaker(BreakerConfig(**dialect.from_native(native), dialect=dialect), seed=seed)


def call(asked: CircuitBreaker, verdict: Verdict, now: float) -> bool:
    permit = asked.try_acquire(now)
    if permit is not None:
        asked.record(permit, verdict, 0.0, now)
    return permit is not None


class PlainController:
    """Semian's controller with lists and floats, as its Ruby reads."""

    def __init__(self) -> None:
        self.errors: list[float] = []
        self.successes: list[float] = []
        self.rate = self.integral = self.before = 0.0
        self.ideal, self.seen = 0.05, 0

    def record(self, failed: bool, now: float) -> None:
        times = self.errors if failed else self.successes
        times.append(now)
        del times[:-2000]

    def update(self, now: float) -> None:
        self.errors = [t for t in self.errors if t >= now - 10]
        self.successes = [t for t in self.successes if t >= now - 10]
        calls = len(self.errors) + len(self.successes)
        rate = len(self.errors) / calls if calls else 0.0
        if rate <= 0.1:
            self.seen += 1
            early = self.seen < 1800
            up, down = (0.0017, 0.078) if early else (0.0009, 0.039)
            alpha = up if rate > self.ideal else down
            self.ideal = alpha * rate + (1 - alpha) * self.ideal
        delta = rate - self.ideal
        if 0 < delta <= self.ideal * 0.25:
            delta = 0.0
        p = delta - (1 - delta) * self.rate
        self.integral += p
        self.rate = min(1.0, max(0.0, self.rate + p + 0.2 * self.integral))
        self.integral = min(10.0, max(-10.0, self.integral))


@pytest.mark.parametrize("share", [0.0, 0.04, 0.08, 0.2, 0.6, 1.0])
@pytest.mark.parametrize("rate", [100, pytest.param(500, id="more than the 200 a second remembered")])
def test_semian_s_controller_is_followed_call_for_call(share: float, rate: int) -> None:
    asked, plain, lot = breaker("semian-adaptive", seed=3), PlainController(), random.Random(share)
    tick = 1
    for number in range(10_000):
        now = number / rate + 0.0005
        while tick <= now:
            plain.update(float(tick))
            tick += 1
        wanted = unit_random(3, number + 1) >= plain.rate
        failed = lot.random() < share and number > 10 * rate
        assert call(asked, BAD if failed else OK, now) == wanted, f"call {number}"
        if wanted:
            plain.record(failed, now)


def test_the_usual_error_rate_refuses_nobody() -> None:
    asked, lot = breaker("semian-adaptive"), random.Random(1)
    refused = sum(
        not call(asked, BAD if lot.random() < 0.01 else OK, number / 50) for number in range(10_000)
    )
    assert refused < 100


def test_a_share_is_refused_while_a_share_fails_and_that_is_half_open() -> None:
    asked, lot = breaker("semian-adaptive"), random.Random(1)
    for number in range(6000):
        call(asked, BAD if lot.random() < 0.25 else OK, number / 100)
    permitted = sum(call(asked, BAD if lot.random() < 0.25 else OK, 60 + n / 100) for n in range(2000))
    assert 0.15 < 1 - permitted / 2000 < 0.5
    assert asked.state is State.HALF_OPEN


@pytest.mark.parametrize(
    ("of_ten", "low", "high"),
    [
        pytest.param(6, 0.0, 0.02, id="with K = 2, more than half accepted refuses nobody"),
        pytest.param(0, 0.98, 1.0, id="with none accepted nearly all are refused"),
    ],
)
def test_clients_send_twice_what_is_accepted(of_ten: int, low: float, high: float) -> None:
    asked = breaker("sre-throttling")
    refused = sum(
        not call(asked, OK if number % 10 < of_ten else BAD, number / 100) for number in range(2000)
    )
    assert low <= refused / 2000 <= high


@pytest.mark.parametrize(("accepted", "attempts"), [(0, 0), (0, 1), (0, 9), (10, 30)])
def test_the_book_s_formula(accepted: int, attempts: int) -> None:
    """max(0, (requests − K · accepts) ÷ (requests + 1)), over many seeds."""
    wanted = max(0.0, (accepted + attempts - 2 * accepted) / (accepted + attempts + 1))
    refused = 0
    for seed in range(400):
        asked = breaker("sre-throttling", seed=seed * 7919)
        for _ in range(accepted):
            call(asked, OK, 1.0)
        for _ in range(attempts):
            call(asked, BAD, 1.0)
        refused += asked.try_acquire(1.0) is None
    assert refused / 400 == pytest.approx(wanted, abs=0.07)


def test_what_is_two_minutes_old_is_forgotten() -> None:
    asked = breaker("sre-throttling")
    for _ in range(1000):
        call(asked, BAD, 0.0)
    assert all(call(asked, OK, 121.0 + n / 100) for n in range(50))


@pytest.mark.parametrize(
    ("good", "bad", "aggression", "wanted"),
    [
        pytest.param(95, 5, 1.0, 0.0, id="at the success rate required"),
        pytest.param(50, 50, 1.0, (100 - 50 / 0.95) / 101, id="half fail"),
        pytest.param(0, 100, 1.0, 0.8, id="never more than the highest share"),
        pytest.param(80, 20, 2.0, ((100 - 80 / 0.95) / 101) ** 0.5, id="aggression takes the root"),
    ],
)
def test_envoy_s_formula(good: int, bad: int, aggression: float, wanted: float) -> None:
    refused = 0
    for seed in range(500):
        asked = breaker("envoy-admission-control", seed=seed * 104729, aggression=aggression)
        permits = [asked.try_acquire(1.0) for _ in range(good + bad)]
        for number, permit in enumerate(permits):
            assert permit is not None, "nothing has completed"
            asked.record(permit, OK if number < good else BAD, 0.0, 1.0)
        refused += asked.try_acquire(1.5) is None
    assert refused / 500 == pytest.approx(wanted, abs=0.06)


def test_few_requests_a_second_are_let_through() -> None:
    asked = breaker("envoy-admission-control", rps_threshold=10)
    assert all(call(asked, BAD, number / 5) for number in range(200))


def test_refused_calls_are_no_sample_for_envoy() -> None:
    """Beyond its window, a breaker that refused everything would forget why, and let all through again."""
    asked = breaker("envoy-admission-control", sampling_window="5s", max_rejection_probability=100)
    for number in range(100):
        call(asked, BAD, number / 100)
    assert call(asked, OK, 7.0)


def test_the_same_seed_refuses_the_same_calls() -> None:
    def story(seed: int) -> list[bool]:
        asked = breaker("sre-throttling", seed=seed)
        return [call(asked, BAD, number / 100) for number in range(300)]

    assert story(1) == story(1) != story(2)


def test_the_second_by_second_log_that_semian_published() -> None:
    """One breaker of its experiment on oscillating errors: a failure first, a success a second later.

    experiments/results/csv/oscillating_errors_adaptive_pid_controller.csv, the largest rejection rate and
    integral of windows 1 to 6, in which it was one of sixty and the rest saw no error.
    """
    asked = breaker("semian-adaptive")
    failing, slow = asked.try_acquire(0.1), asked.try_acquire(0.2)
    assert failing is not None
    assert slow is not None
    asked.record(failing, BAD, 0.3, 0.4)
    logged = []
    for second in range(1, 7):
        asked.advance(second)
        logged.append((round(asked._memory.refused * 100, 2), round(asked._memory.total, 4)))
        if second == 1:
            asked.record(slow, OK, 1.2, 1.4)
    assert logged == [(100, 0.95), (100, 0.85), (100, 0.75), (100, 0.65), (100, 0.55), (99, 0.45)]


def test_the_usual_error_rate_of_a_healthy_breaker_as_semian_published_it() -> None:
    asked, logged = breaker("semian-adaptive"), []
    for second in range(1, 7):
        call(asked, OK, second - 0.5)
        asked.advance(second)
        logged.append((round(asked._memory.ideal * 100, 2), round(asked._memory.total, 4)))
    assert [ideal for ideal, _ in logged] == [4.61, 4.25, 3.92, 3.61, 3.33, 3.07]
    assert [total for _, total in logged[:3]] == [-0.0461, -0.0886, -0.1278]
