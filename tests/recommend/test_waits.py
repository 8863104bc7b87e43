"""Growing waits where incidents' lengths differ, and libraries' defaults as candidates."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from traffic_cases import config_of, phase, recommended, traffic

from cbtool.recommend import Recommendation
from cbtool.recommend.candidates.gates import Candidate, Gate
from cbtool.recommend.candidates.habits import habits
from cbtool.recommend.search.delay_budget import in_time
from cbtool.recommend.search.ground import Ground
from cbtool.recommend.search.search import Search
from cbtool.traffic.calls import Calls
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

BACKOFF = ("wait_backoff_multiplier", "max_wait_duration_in_open_state")


def outages(*lengths: float) -> Calls:
    """Total outages at two calls a second, two and a half hours apart."""
    phases = [
        each
        for number, length in enumerate(lengths)
        for each in (
            phase(f"calm {number}", 9000, 2),
            phase(f"outage {number}", length, 2, failure_rate=100.0),
        )
    ]
    return traffic(*phases, phase("end", 9000, 2), seed=8)


@pytest.fixture(scope="module")
def mixed() -> Recommendation:
    return recommended(outages(45, 60, 7200, 75))


def test_the_wait_grows_where_most_incidents_are_short_and_one_is_long(mixed: Recommendation) -> None:
    config = config_of(mixed)
    assert config.wait_backoff_multiplier > 1
    longest = config.max_wait_duration_in_open_state
    assert longest is not None
    assert longest >= 3 * config.wait_duration_in_open_state
    assert mixed.to_json()["breaker"]["wait_backoff_multiplier"] == config.wait_backoff_multiplier
    assert parse_duration(mixed.to_json()["breaker"]["max_wait_duration_in_open_state"]) == longest


def test_each_setting_of_a_growing_wait_has_its_reason_and_its_sensitivity(mixed: Recommendation) -> None:
    said = {reason.setting: reason for reason in mixed.reasons}
    assert [name for name in said if name in BACKOFF] == list(BACKOFF)
    assert "√(2n/(λh(τ)))" in said["wait_backoff_multiplier"].formula
    assert "The best constant wait, " in said["wait_duration_in_open_state"].formula
    moved = {each.setting: each for each in mixed.sensitivity}
    constant = next(each for each in moved["wait_backoff_multiplier"].neighbours if each.value == 1)
    assert constant.cost > 1.1
    assert moved["max_wait_duration_in_open_state"].neighbours


def test_the_wait_is_constant_where_incidents_last_about_as_long() -> None:
    answer = recommended(outages(500, 600, 700))
    config = config_of(answer)
    assert config.wait_backoff_multiplier == 1
    assert config.max_wait_duration_in_open_state is None
    (wait,) = [each for each in answer.reasons if each.setting == "wait_duration_in_open_state"]
    assert "grow" in wait.formula
    assert not {reason.setting for reason in answer.reasons} & set(BACKOFF)


def test_where_calls_are_many_the_wait_may_be_a_fraction_of_half_a_second() -> None:
    phases = [
        each
        for number in range(3)
        for each in (
            phase(f"calm {number}", 200, 400),
            phase(f"outage {number}", 20, 400, failure_rate=100.0),
        )
    ]
    answer = recommended(traffic(*phases, phase("end", 100, 400), seed=6))
    assert 0.2 <= config_of(answer).wait_duration_in_open_state < 0.5
    (wait,) = [each for each in answer.reasons if each.setting == "wait_duration_in_open_state"]
    assert "√(2nD/λ)" in wait.formula
    assert "all waits cost on the resampled incidents" in wait.formula


def test_what_is_recommended_is_no_dearer_than_libraries_defaults_within_the_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    searches = []
    best = Search.best

    def kept(search: Search) -> object:
        searches.append(search)
        return best(search)

    monkeypatch.setattr(Search, "best", kept)
    answer = recommended(outages(200, 400, 300))
    (search,) = searches
    losses = {candidate.config(): loss for loss, candidate in search.tried()}
    chosen = losses[config_of(answer)]
    looked_at = 0
    for habit in habits(search.ground):
        gate = search.fit(habit.gate)
        if gate is not None:
            looked_at += 1
            assert chosen <= 1.05 * sum(search.losses(habit._replace(gate=gate)))
    assert looked_at >= 3


def test_where_the_delay_budget_decides_windows_keep_their_worth() -> None:
    """At a load that varies, a window of calls is worth a few percent; so is one that opens in time."""
    late = Candidate(Gate(30.0, 50.0, 20, 20), 10.0, 1)
    timed = Candidate(Gate(10.0, 50.0, 5, 5), 10.0, 1)
    counted = Candidate(Gate(10.0, 50.0, 5, 5, counted=True), 10.0, 1)

    class Searched:
        courts = (SimpleNamespace(weight=1.0, doing_nothing=1000.0),)

        def losses(self, candidate: Candidate) -> list[float]:
            return [self.weighed(candidate)]

        def tried(self) -> list[tuple[float, Candidate]]:
            return [(100.0, late), (101.0, timed), (102.0, counted)]

        def weighed(self, candidate: Candidate) -> float:
            return {late: 100.0, timed: 101.0, counted: 99.0}[candidate]

        def allowed(self, gate: Gate) -> bool:
            return gate.errors == 5

        def best_of(self, start: Candidate, timely: Callable[[Gate], bool]) -> Candidate:
            assert timely(start.gate)
            return start

    search = cast("Search", Searched())
    assert in_time(search, late, 1.0, 10.0) == counted
    assert in_time(search, late, 1.0, 30.0) == late
    assert in_time(search, late, 0.1, 10.0) == late


def test_no_errors_gate_asks_for_nearly_all_of_a_long_window() -> None:
    """One call in a hundred may succeed in an outage, so that a hundred errors in a row never come."""
    ground = Ground(5.0, 20.0, 7200.0, 200.0, None, 20.0)
    assert ground.errors_reachable(Gate(100.0, 20.0, 1, 1, counted=True)) == 80
    assert ground.errors_reachable(Gate(6.0, 100.0, 1, 1, counted=True)) == 6
    assert ground.errors_reachable(Gate(10.0, 20.0, 1, 1)) == pytest.approx(160)
