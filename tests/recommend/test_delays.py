"""How late incidents are noticed: closed forms where there are some, shares of a load, both budgets."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from traffic_cases import phase, recommended, traffic

from cbtool.recommend.candidates.gates import Candidate, Gate
from cbtool.recommend.model import Budget
from cbtool.recommend.search.delay_budget import in_time
from cbtool.recommend.search.delays import _delays, outage_seconds
from cbtool.recommend.search.search import Search

if TYPE_CHECKING:
    from collections.abc import Callable

SEED = (0, 53)


def test_an_outage_fills_the_errors_gate_and_then_the_rate() -> None:
    assert outage_seconds(Gate(10.0, 20.0, 8, 8), 4.0) == 2.0
    assert outage_seconds(Gate(10.0, 50.0, 8, 8), 4.0) == 5.0
    assert outage_seconds(Gate(1.0, 20.0, 8, 8), 4.0) == float("inf")
    assert outage_seconds(Gate(40.0, 50.0, 8, 8, counted=True), 4.0) == 5.0


@pytest.mark.parametrize("errors", [3, 12])
def test_the_simulated_delay_of_an_outage_is_that_of_the_nth_arrival(errors: int) -> None:
    # Where the rate is reached sooner, the delay is Erlang(k, λ): mean k/λ, variance k/λ².
    delays = _delays(Gate(100.0, 0.2, errors, 1), 5.0, 0.0, 1.0, SEED)
    assert delays.mean() == pytest.approx(errors / 5.0, abs=4 * np.sqrt(errors) / 5.0 / np.sqrt(len(delays)))


def test_a_brown_out_takes_as_many_times_longer_as_it_is_milder() -> None:
    gate = Gate(200.0, 1.0, 10, 1)
    whole, fifth = (_delays(gate, 5.0, 0.0, level, SEED) for level in (1.0, 0.2))
    spread = np.sqrt(whole.var() * 25 + fifth.var()) / np.sqrt(min(len(whole), len(fifth)))
    assert fifth.mean() == pytest.approx(5 * whole.mean(), abs=4 * spread)


def test_what_a_window_cannot_hold_is_never_noticed() -> None:
    assert np.isinf(_delays(Gate(1.0, 20.0, 12, 12), 1.0, 0.01, 1.0, SEED)).all()


def test_every_load_has_its_calls_in_a_window_and_its_delays() -> None:
    calls = traffic(phase("day", 900, 60), phase("night", 7200, 1.0), phase("day", 900, 60), seed=3)
    answer = recommended(calls)
    low, high = answer.regimes
    assert answer.config is not None
    for regime in (low, high):
        assert regime.window_calls is not None
        assert regime.outage_delay is not None
    size = answer.config.window_size
    counted = answer.config.sliding_window_type.value == "count"
    assert high.window_calls == pytest.approx(size if counted else size * high.rate)
    assert low.outage_delay.value is None or low.outage_delay.value > (high.outage_delay.value or 0)


def test_shares_of_the_traffic_see_fewer_calls_and_notice_later() -> None:
    calls = traffic(
        phase("before", 900, 40), phase("bad", 120, 40, failure_rate=100.0), phase("after", 900, 40), seed=1
    )
    one, eight = recommended(calls), recommended(calls, instances=8)
    assert eight.regimes[0].rate == pytest.approx(one.regimes[0].rate / 8)
    delays = [a.regimes[0].outage_delay for a in (one, eight)]
    assert all(delay is not None and delay.value is not None for delay in delays)
    assert delays[1].value > delays[0].value  # type: ignore[union-attr,operator]


def test_the_delay_is_kept_where_it_can_be_and_said_where_it_cannot() -> None:
    calls = traffic(
        phase("before", 20_000, 0.5),
        phase("bad", 900, 0.5, failure_rate=100.0),
        phase("after", 9000, 0.5),
        seed=5,
    )
    answer = recommended(calls, budget=Budget(detection_delay=1.0))
    (steady,) = answer.regimes
    assert steady.within_delay_budget is False
    assert steady.outage_delay is not None
    assert "not within the 1s asked for" in " ".join(answer.notes)
    assert "The budget of false trips comes first" in " ".join(answer.notes)
    assert answer.config is not None
    assert steady.window_calls is not None
    share = answer.config.failure_rate_threshold * steady.window_calls / 100
    errors = answer.config.minimum_number_of_errors
    takes = f"{errors} errors take" if share <= errors else "% of the window's"
    assert takes in " ".join(answer.notes)
    expected = answer.expected
    assert expected is not None
    assert expected.false_trips_bound <= Budget().false_trips_per_day


class Tried:
    """A search that has tried two candidates on one court, in which 1,000 calls are bad."""

    def __init__(self, losses: dict[Candidate, float]) -> None:
        self._losses = losses
        self.courts = [SimpleNamespace(weight=1.0, doing_nothing=1000.0)]

    def tried(self) -> list[tuple[float, Candidate]]:
        return sorted((loss, candidate) for candidate, loss in self._losses.items())

    def losses(self, candidate: Candidate) -> list[float]:
        return [self._losses[candidate]]

    def weighed(self, candidate: Candidate) -> float:
        return self._losses[candidate]

    def allowed(self, gate: Gate) -> bool:
        return gate.errors > 0

    def best_of(self, start: Candidate, timely: Callable[[Gate], bool]) -> Candidate:
        assert timely(start.gate)
        return start


@pytest.mark.parametrize(("loss", "taken"), [(210.0, True), (990.0, False)])
def test_opening_in_time_is_worth_some_of_what_the_cheapest_saves_and_not_all(
    loss: float, *, taken: bool
) -> None:
    late, soon = (Candidate(Gate(60.0, 50.0, errors, errors), 5.0, 1) for errors in (30, 5))
    search: Any = Tried({late: 200.0, soon._replace(gate=soon.gate._replace(threshold=5.0)): loss})
    (quick,) = (c for _, c in search.tried() if c != late)
    assert outage_seconds(late.gate, 2.0) > 10 > outage_seconds(quick.gate, 2.0)
    assert in_time(search, late, 2.0, 10.0) == (quick if taken else late)


def test_the_search_goes_on_among_those_that_open_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    searches: list[Search] = []
    best = Search.best

    def kept(search: Search) -> Candidate | None:
        searches.append(search)
        return best(search)

    monkeypatch.setattr(Search, "best", kept)
    bad = phase("bad", 300, 4, failure_rate=50.0)
    recommended(traffic(phase("before", 2000, 4), bad, phase("after", 2000, 4), seed=2))
    (search,) = searches
    late = next(each for _, each in search.tried() if search.allowed(each.gate))
    most = 0.9 * outage_seconds(late.gate, 4.0)

    def timely(gate: Gate) -> bool:
        return outage_seconds(gate, 4.0) <= most

    start = next(each for _, each in search.tried() if timely(each.gate) and search.allowed(each.gate))
    found = search.best_of(start, timely)
    assert timely(found.gate)
    assert search.allowed(found.gate)
    assert search.full_loss(found) <= 1.02 * search.full_loss(start)  # a larger gate may cost a hundredth


def test_slow_calls_have_their_delay_at_every_load() -> None:
    gate = Gate(2.0, 50.0, 5, 5)
    # Nothing completes for three seconds; then five calls fill an empty window: Erlang(5, λ) after that.
    late = _delays(gate, 5.0, 0.0, 1.0, SEED, pause=3.0)
    assert late.mean() == pytest.approx(3.0 + 5 / 5.0, abs=4 * np.sqrt(5) / 5.0 / np.sqrt(len(late)))


def test_a_slow_incident_says_how_late_it_is_noticed() -> None:
    slow = phase("slow", 300, 20, latency_median=0.8, latency_p99=1.5)
    calls = traffic(phase("before", 1500, 20), slow, phase("after", 1500, 20), seed=4, timeout=30.0)
    answer = recommended(calls)
    assert [i.kind.value for i in answer.incidents if i.actionable] == ["slow"]
    (steady,) = answer.regimes
    assert steady.slow_delay is not None
    assert steady.slow_percent == pytest.approx(100.0, abs=3.0)
    assert steady.slow_delay.value is not None
    assert steady.slow_delay.value > 0.6  # no call is known to be slow before it is complete
    expected = answer.expected
    assert expected is not None
    assert steady.slow_delay.value == pytest.approx(expected.detection_delay_s.value, rel=1.0)
    (trials,) = [r for r in answer.reasons if r.setting.startswith("permitted")]
    assert "slow calls still going" in trials.why
    assert trials.data == "the mildest slow incident"
