"""The closed forms of what a window holds, held to the machine's own windows, all failing, evenly spaced."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from reach_cases import native, ruled, timed

from cbtool.breaker import BreakerConfig, CircuitBreaker, State, Verdict
from cbtool.breaker.policies import OFF, Measure
from cbtool.breaker.reach.holding import window_holding

SECOND = 1_000_000_000


WINDOWS = {
    "default": lambda length: timed("default", length),
    "resilience4j": lambda length: timed("resilience4j", max(1.0, round(length))),
    "polly": lambda length: timed("polly", max(0.5, length)),
    "failsafe-go": lambda length: timed("failsafe-go", length),
    "failsafe": lambda length: timed("failsafe", max(0.01, length)),
    "sentinel": lambda length: timed("sentinel", length),
    "handy": lambda _: timed("handy", 5.0),
    "opossum": lambda length: native("opossum", rollingCountTimeout=round(length * 1000)),
    "brakes": lambda length: native("brakes", bucketSpan=round(length * 100), bucketNum=10),
    "mercari": lambda length: native("mercari", WithCounterResetInterval=f"{length}s"),
    "cb2": lambda length: native("cb2", duration=max(1, round(length))),
    "hystrix-1.5.12": lambda _: timed("hystrix-1.5.12", 10.0),
    "hystrix": lambda _: timed("hystrix", 10.0),
    "hystrix-go": lambda _: timed("hystrix-go", 10.0),
    "traefik": lambda _: timed("traefik", 10.0),
    "tumbling gobreaker": lambda length: native(
        "gobreaker", Interval=f"{length}s", ReadyToTrip="TotalFailures >= 3"
    ),
    "rolling gobreaker": lambda length: native(
        "gobreaker", Interval=f"{10 * length / 10}s", BucketPeriod=f"{length / 10}s"
    ),
}


def only(config: BreakerConfig, *, errors: int = 0, run: int = 0) -> BreakerConfig:
    """Return the configuration with one rule alone: so many failures, in the window or in a row."""
    trip = config.policies.trip
    bare = trip._replace(
        run=run,
        errors=errors,
        failure_rate=OFF,
        slow_rate=OFF,
        least_average=0.0,
        minimum_calls=0,
        measure=Measure.PERCENT,
    )
    return ruled(config, bare._replace(gates_count=False, capacity=0))


def trips(config: BreakerConfig, spacing: int, duration: int, calls: int, offset: int) -> bool:
    """Return whether so many failing calls, evenly spaced from `offset` ns on, open the breaker."""
    opened = []
    breaker = CircuitBreaker(config, epoch=1_700_000_000, on_transition=opened.append)
    flying: list[tuple[int, object]] = []
    for call in range(calls):
        now = offset + call * spacing
        while flying and flying[0][0] <= now:
            end, permit = flying.pop(0)
            breaker.record(permit, Verdict.FAILURE, duration / 1e9, end / 1e9)
        permit = breaker.try_acquire(now / 1e9)
        if permit is not None:
            flying.append((now + duration, permit))
        if duration == 0 and flying:
            breaker.record(flying.pop(0)[1], Verdict.FAILURE, 0.0, now / 1e9)
        if any(each.target is State.OPEN for each in opened):
            return True
    return False


@pytest.mark.parametrize("name", WINDOWS)
@settings(max_examples=25)
@given(
    length=st.sampled_from([1.0, 2.0, 5.0, 10.0, 30.0]),
    spacing=st.integers(SECOND // 10, 40 * SECOND),
    duration=st.sampled_from([0, SECOND // 100]),
)
@example(length=30.0, spacing=19 * SECOND, duration=0)
@example(length=10.0, spacing=10 * SECOND, duration=0)
@example(length=10.0, spacing=SECOND, duration=0)
def test_no_window_holds_more_than_its_closed_form(
    name: str, length: float, spacing: int, duration: int
) -> None:
    config = WINDOWS[name](length)
    most = window_holding(config.policies, spacing, duration).most
    calls = min(400, 3 * most + 20)
    beyond = only(config, errors=most + 1)
    offsets = [0, spacing // 3, SECOND // 2 + 7]
    assert not any(trips(beyond, spacing, duration, calls, offset) for offset in offsets)


@settings(max_examples=25)
@given(
    spacing=st.integers(SECOND // 5, 30 * SECOND),
    lumping=st.sampled_from([0, 0.5, 3.0]),
    errors=st.integers(2, 12),
)
@example(spacing=5 * SECOND, lumping=0, errors=5)
def test_semian_s_timestamps_add_up_where_the_closed_form_says(
    spacing: int, lumping: float, errors: int
) -> None:
    given_lumping = {"lumping_interval": lumping} if lumping and lumping * (errors - 1) <= 20 else {}
    config = native("semian", error_threshold=errors, error_threshold_timeout=20, **given_lumping)
    fits = window_holding(config.policies, spacing).most >= errors
    assert trips(config, spacing, 0, 12 * errors + 20, 0) == fits


@settings(max_examples=25)
@given(
    spacing=st.integers(SECOND // 5, 30 * SECOND),
    duration=st.sampled_from([5_000, 10_000, 30_000]),
    rps=st.sampled_from([0.2, 0.5, 1.5]),
)
def test_cockatiel_s_windows_are_pushed_out_by_calls_alone(spacing: int, duration: int, rps: float) -> None:
    sampling = {"threshold": 0.5, "duration": duration, "minimumRps": rps}
    config = native("cockatiel", breaker={"SamplingBreaker": sampling})
    fits = window_holding(config.policies, spacing).most >= config.policies.trip.minimum_calls
    assert trips(config, spacing, 0, 400, 0) == fits


@settings(max_examples=25)
@given(spacing=st.integers(SECOND // 5, 30 * SECOND), least=st.integers(1, 30))
def test_finagle_s_slices_hold_what_the_closed_form_says(spacing: int, least: int) -> None:
    config = timed("finagle", 30.0, minimum_number_of_calls=least)
    trip = config.policies.trip
    alone = ruled(config, trip._replace(run=0))
    fits = window_holding(config.policies, spacing).most >= least
    calls = 60 + 2 * least + 40 * SECOND // spacing
    assert trips(alone, spacing, 0, calls, 0) == fits
