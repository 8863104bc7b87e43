"""The points that figures are drawn from: counts, extremes, windows and states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cbtool.breaker import BreakerConfig, Reason, Snapshot, State, StateTransition, Verdict, WindowType
from cbtool.metrics.view import InstanceTransition
from cbtool.report.series.along import Along
from cbtool.report.series.bins import MOST, Bins, bins_over
from cbtool.report.series.latency import PERCENTILES, latency_series
from cbtool.report.series.ranks import percentiles
from cbtool.report.series.states import spells, state_series
from cbtool.report.series.traffic import traffic_series
from cbtool.report.series.windows import window_series
from cbtool.simulation import long
from cbtool.traffic.calls import UNKNOWN_DURATION, Calls
from cbtool.traffic.parts import Held
from cbtool.traffic.thinning import split


def along(calls: Calls, verdicts: np.ndarray, which: np.ndarray | None = None) -> Along:
    return Along(Held(calls), lambda _: verdicts, which=which)


def calls_at(*seconds: float, duration: float = 0.0) -> Calls:
    starts = np.array([round(1e9 * s) for s in seconds], np.int64)
    n = len(starts)
    durations = np.full(n, round(duration * 1e9), np.int64)
    return Calls(starts, durations, np.full(n, 200, np.int16), np.zeros(n, np.uint8))


ONE = np.zeros(1000, np.int32)
"""For tests of one breaker: whose each call is, as long as needed."""


def verdicts_of(text: str) -> np.ndarray:
    """One letter a call: `.` a success, `x` a failure, `i` an ignored one."""
    meaning = {".": Verdict.SUCCESS, "x": Verdict.FAILURE, "i": Verdict.IGNORED}
    return np.array([meaning[letter] for letter in text], np.uint8)


@pytest.mark.parametrize(
    ("span", "calls", "width"),
    [
        (30.0, 1_000_000, 0.05),
        (60.0, 1_200, 1.0),
        (3600.0, 1_000_000, 10.0),
        (86400.0, 10_000_000, 300.0),
        (86400.0 * 30, 10_000_000, 7200.0),
        (9540.0, 4_875, 60.0),
        (100.0, 3, 5.0),
    ],
)
def test_bins_have_round_lengths(span: float, calls: int, width: float) -> None:
    bins = bins_over(span, calls)
    assert bins.width == pytest.approx(width)
    assert bins.count <= MOST + 1
    assert bins.end == pytest.approx(span * calls / (calls - 1))
    assert 0.25 <= np.diff(bins.edges)[-1] / width <= 1.25


def test_a_short_rest_belongs_to_the_bin_before_it() -> None:
    bins = bins_over(3601.0, 1_000_000)
    assert (bins.width, bins.count) == (10.0, 360)
    assert np.diff(bins.edges)[-1] == pytest.approx(11.0, abs=0.01)


def test_no_time_is_one_bin() -> None:
    assert bins_over(0.0, 5) == Bins(1.0, 1, 1.0)


def test_traffic_counts_every_call_and_rates_only_the_counted_ones() -> None:
    calls = calls_at(0.0, 0.1, 0.2, 1.5, 4.0, duration=0.3)
    found = traffic_series(along(calls, verdicts_of("x.i.x")), Bins(2.0, 3, 6.0), slow_above=0.25)
    assert found.calls.tolist() == [2.0, 0.0, 0.5]
    assert found.failed[0] == pytest.approx(100 / 3)
    assert np.isnan(found.failed[1])
    assert found.failed[2] == 100.0
    assert found.slow is not None
    assert found.slow[[0, 2]].tolist() == [100.0, 100.0]
    assert found.to_json()["failure_rate"] == [33.333, None, 100.0]


def test_the_busiest_second_is_kept_where_a_bin_is_longer() -> None:
    calls = calls_at(*[0.5 + i / 1000 for i in range(50)], 7.0)
    found = traffic_series(along(calls, verdicts_of("." * 51)), Bins(10.0, 1, 10.0), slow_above=None)
    assert found.calls.tolist() == [5.1]
    assert (found.over, found.busiest.tolist()) == (1.0, [50.0])
    assert found.slow is None


def test_the_busiest_stretch_holds_a_few_calls_on_average() -> None:
    calls = calls_at(*[i * 20.0 for i in range(90)])
    found = traffic_series(along(calls, verdicts_of("." * 90)), Bins(1800.0, 1, 1800.0), slow_above=None)
    assert (found.over, found.busiest.tolist()) == (600.0, [0.05])


def settings(**changes: object) -> BreakerConfig:
    given = {
        "sliding_window_type": WindowType.TIME,
        "sliding_window_size": 10.0,
        "minimum_number_of_calls": 2,
    }
    return BreakerConfig(**{**given, **changes})  # type: ignore[arg-type]


def test_a_window_forgets_a_call_exactly_when_its_length_has_passed() -> None:
    calls = calls_at(0.0, 10.0, 19.9)
    found = window_series(along(calls, verdicts_of("x.x")), settings(), Bins(10.0, 2, 20.0))
    assert found is not None
    # At 10 s the first failure is forgotten, and one call is too few; at 19.9 s there are two.
    assert np.isnan(found.failed[0])
    assert found.failed[1] == 50.0


def test_only_windows_that_both_gates_let_judge_count() -> None:
    calls = calls_at(0.0, 1.0, 2.0, 3.0)
    verdicts = verdicts_of("x.xx")
    for errors, most in ((1, 75.0), (2, 75.0), (3, 75.0)):
        found = window_series(
            along(calls, verdicts), settings(minimum_number_of_errors=errors), Bins(5.0, 1, 5.0)
        )
        assert found is not None
        assert found.failed.tolist() == [most]
    none = window_series(along(calls, verdicts), settings(minimum_number_of_errors=4), Bins(5.0, 1, 5.0))
    assert none is not None
    assert np.isnan(none.failed).all()


def test_a_count_window_holds_the_last_calls() -> None:
    calls = calls_at(0.0, 1.0, 2.0, 3.0)
    config = settings(sliding_window_type=WindowType.COUNT, sliding_window_size=2)
    found = window_series(along(calls, verdicts_of("xx..")), config, Bins(1.0, 4, 4.0))
    assert found is not None
    assert found.failed[1:3].tolist() == [100.0, 50.0]
    assert np.isnan(found.failed[[0, 3]]).all()


def test_a_run_of_failures_is_no_rate() -> None:
    config = BreakerConfig(sliding_window_type=WindowType.CONSECUTIVE, sliding_window_size=2)
    assert window_series(along(calls_at(0.0, 1.0), verdicts_of("xx")), config, Bins(1.0, 2, 2.0)) is None


def test_each_breakers_window_holds_its_own_calls_only() -> None:
    n, instances, seed = 400, 4, 7
    calls = calls_at(*[i / 10 for i in range(n)])
    verdicts = np.where(np.arange(n) % 7 == 0, Verdict.FAILURE, Verdict.SUCCESS).astype(np.uint8)
    bins = Bins(40.0, 1, 40.0)
    which = split(n, instances, seed)
    found = window_series(along(calls, verdicts, which), settings(), bins)
    alone = []
    for number in range(instances):
        mine = which == number
        own = window_series(along(calls.take(mine), verdicts[mine]), settings(), bins)
        assert own is not None
        alone.append(own.failed[0])
    assert found is not None
    assert found.failed[0] == max(alone)


def changed(t: float, source: State, target: State, instance: int = 0) -> InstanceTransition:
    return InstanceTransition(
        instance, StateTransition(t, source, target, Reason.FAILURE_RATE, Snapshot(0, 0, 0, 0))
    )


def test_states_by_bin_add_up_to_the_time_in_each_state() -> None:
    changes = [
        changed(1.0, State.CLOSED, State.OPEN),
        changed(6.5, State.OPEN, State.HALF_OPEN),
        changed(7.0, State.HALF_OPEN, State.CLOSED),
        changed(9.0, State.CLOSED, State.OPEN),
    ]
    found = state_series(spells(changes, 10.0), Bins(5.0, 2, 10.0), instances=1)
    assert found.open.tolist() == [80.0, 50.0]
    assert found.half_open.tolist() == [0.0, 10.0]


def test_one_of_two_breakers_open_is_half() -> None:
    found = state_series(
        spells([changed(0.0, State.CLOSED, State.OPEN, 1)], 4.0), Bins(4.0, 1, 4.0), instances=2
    )
    assert found.open.tolist() == [50.0]


def test_latency_counts_every_call_and_knows_its_percentiles() -> None:
    calls = calls_at(*range(1000), duration=0.02)
    durations = np.arange(1, 1001, dtype=np.int64) * 1_000_000
    calls = Calls(calls.start_ns, durations, calls.status, calls.error)
    verdicts = verdicts_of("." * 900 + "x" * 100)
    found = latency_series(along(calls, verdicts), slow_above=0.81)
    assert found is not None
    assert (found.succeeded.sum(), found.failed.sum()) == (900, 100)
    assert found.succeeded_at[0] == pytest.approx(0.4505)
    assert found.failed_at[-1] == 1.0
    assert found.slower == pytest.approx(10.0)
    assert found.edges[0] <= 0.001
    assert found.edges[-1] >= 1.0


def test_no_durations_no_latency() -> None:
    calls = calls_at(0.0, 1.0)
    unknown = Calls(calls.start_ns, np.full(2, UNKNOWN_DURATION, np.int64), calls.status, calls.error)
    assert latency_series(along(unknown, verdicts_of("..")), slow_above=None) is None
    assert latency_series(along(calls, verdicts_of("..")), slow_above=None) is None


def random_traffic(seed: int, n: int = 900) -> Along:
    """Out of turn by their ends, many at once, some of unknown duration, of three breakers."""
    draws = np.random.default_rng(seed)
    starts = np.sort(draws.integers(0, 300, n)) * 100_000_000
    durations = draws.choice([-1, 0, 100_000_000, 2_500_000_000, 31_000_000_123], n)
    verdicts = draws.choice([Verdict.SUCCESS, Verdict.FAILURE, Verdict.IGNORED], n, p=[0.6, 0.3, 0.1])
    calls = Calls(starts - starts[0], durations, np.full(n, 200, np.int16), np.zeros(n, np.uint8))
    of = dict(zip(range(n), verdicts.astype(np.uint8).tolist(), strict=True))
    calls = replace(calls, position=np.arange(n))
    return Along(
        Held(calls),
        lambda part: np.array([of[place] for place in part.position.tolist()], np.uint8),  # type: ignore[union-attr]
        instances=3,
        seed=seed,
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "window", [(WindowType.TIME, 10.0), (WindowType.TIME, 0.1), (WindowType.COUNT, 20), (WindowType.COUNT, 1)]
)
def test_traffic_that_comes_in_parts_gives_the_same(
    seed: int, window: tuple[WindowType, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    given, bins = random_traffic(seed), Bins(0.7, 90, 63.0)
    kind, size = window
    config = settings(
        sliding_window_type=kind,
        sliding_window_size=size,
        minimum_number_of_calls=1,
        slow_call_duration_threshold=1.0,
    )

    def series() -> list[object]:
        traffic, windows = traffic_series(given, bins, slow_above=1.0), window_series(given, config, bins)
        latency = latency_series(given, slow_above=1.0)
        assert windows is not None
        assert latency is not None
        return [each.to_json() for each in (traffic, windows, latency)]

    whole = series()
    for part in (1, 61, 500):
        monkeypatch.setattr(long, "PART", part)
        assert series() == whole


def test_percentiles_are_numpy_s() -> None:
    draws = np.random.default_rng(3)
    for values in (
        draws.integers(0, 10**12, 1001),
        draws.choice([0, 1, 1_000_000], 77),
        np.array([5]),
        np.full(9, 2**62),
    ):
        pieces = np.array_split(values, 7)
        found = percentiles(lambda pieces=pieces: pieces, len(values), int(values.max()), PERCENTILES, 1e9)
        assert found == tuple(np.percentile(values / 1e9, PERCENTILES).tolist())
    assert percentiles(list, 0, 0, PERCENTILES, 1e9) == ()
