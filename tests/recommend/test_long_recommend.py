"""Logs beyond memory: what is found in all of them is what is found in memory, and an excerpt is weighed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from traffic_cases import config_of, label, phase, recommended, traced, traffic, trips, with_bursts

from cbtool.errors import ConfigurationError
from cbtool.recommend import Answer, Recommendation
from cbtool.recommend.asked import Asked
from cbtool.recommend.incidents import excerpt
from cbtool.recommend.incidents.excerpt import Excerpt, excerpt_of
from cbtool.recommend.incidents.incidents import apart_along
from cbtool.recommend.long_method import recommend_long
from cbtool.recommend.model import Budget
from cbtool.recommend.reading import columns
from cbtool.recommend.reading.healthy import healthy_p99
from cbtool.recommend.reading.trace import Trace
from cbtool.traffic import parts
from cbtool.traffic.calls import Calls
from cbtool.traffic.labels import Label
from cbtool.traffic.parts import Held, ordered
from cbtool.traffic.scenario import Phase

OUTAGE = phase("outage", 60, 20, failure_rate=100.0)
TWO_OUTAGES = (
    phase("day", 600, 20),
    OUTAGE,
    phase("more of the day", 600, 20),
    phase("night", 900, 4),
    phase("slow", 90, 4, failure_rate=70.0),
    phase("rest of the night", 900, 4),
)


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "PART", 7000)
    monkeypatch.setattr(columns, "PIECE", 5000)


def long(calls: Calls, *, brief: bool = False, **asked: Any) -> Recommendation:
    return recommend_long(Held(calls), Asked(**asked), brief=brief)


def excerpted(
    calls: Calls, most: int, monkeypatch: pytest.MonkeyPatch, seed: int = 0
) -> tuple[Trace, Excerpt]:
    monkeypatch.setattr(excerpt, "MOST", most)
    trace = traced(calls)
    return trace, excerpt_of(trace, apart_along(trace, healthy_p99(trace), Budget()), 0.2, seed)


def test_an_excerpt_of_everything_gives_the_answer_of_memory() -> None:
    calls = traffic(*TWO_OUTAGES, seed=3)
    found, known = long(calls, instances=2), recommended(calls, instances=2)
    assert_alike(found, known)
    brief, whole = long(calls, brief=True), recommended(calls, brief=True)
    assert (brief.config, brief.expected) == (whole.config, whole.expected)
    assert brief.notes != found.notes


def assert_alike(found: Recommendation, known: Recommendation) -> None:
    excerpts = [note for note in found.notes if "settings were weighed" in note]
    assert len(excerpts) == 1
    assert known.verdict is Answer.RECOMMENDED
    assert replace(found, notes=()) == replace(known, notes=())
    assert [note for note in found.notes if note not in excerpts] == list(known.notes)


@pytest.mark.parametrize("labels", [[label(600, 660, "outage"), label(900, 910)], [label(590, 1000)]])
def test_named_incidents_are_those_of_memory(labels: list[Label]) -> None:
    calls = traffic(*TWO_OUTAGES, seed=3)
    found, known = long(calls, labels=labels), recommended(calls, labels=labels)
    assert len(known.incidents) == len(labels)
    assert_alike(found, known)
    with pytest.raises(ConfigurationError, match="is no kind of incident"):
        long(calls, labels=[label(600, 660, "earthquake")])


def of_instances(calls: Calls) -> Calls:
    """Deal the calls out to three instances, one of which is bad for a while; one more answered nothing."""
    draw = np.random.default_rng(7)
    which = draw.choice(np.array([0, 2, 3], np.int32), len(calls), p=[0.2, 0.5, 0.3])
    bad = (which == 0) & (calls.start_ns > 200 * 10**9) & (calls.start_ns < 290 * 10**9)
    status = np.where(bad, 503, calls.status).astype(np.int16)
    return replace(calls, instance=which, instances=("a", "b", "c", "d"), status=status)


@pytest.mark.parametrize("labels", [[], [label(600, 660)]])
def test_by_the_log_s_own_instances_the_answer_is_that_of_memory(labels: list[Label]) -> None:
    calls = of_instances(traffic(*TWO_OUTAGES, seed=3))
    known = recommended(calls, instances=None, labels=labels)
    assert known.instances == 3
    assert any("One bad instance: a failed" in note for note in known.notes)
    assert_alike(long(calls, instances=None, labels=labels), known)
    with pytest.raises(ConfigurationError, match="--instances auto: the log does not name instances"):
        long(traffic(*TWO_OUTAGES, seed=3), instances=None)


def test_an_instance_s_own_incident_is_in_the_excerpt(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = traffic(*TWO_OUTAGES, seed=3)
    trace, part = excerpted(calls, 8000, monkeypatch)
    span = (200 * 10**9, 230 * 10**9)
    wide = excerpt_of(trace, apart_along(trace, healthy_p99(trace), Budget()), 0.2, 0, [span])
    held = wide.of(trace.start)
    during = trace.start[(trace.start >= span[0]) & (trace.start <= span[1])]
    assert np.isin(during, held).all()
    assert not np.isin(during, part.of(trace.start)).all()
    [(first, last)] = wide.shown([span])
    assert last - first == pytest.approx(30 * 10**9, rel=0.01)
    within = (wide.trace.start >= first) & (wide.trace.start <= last)
    assert int(within.sum()) == pytest.approx(len(during), abs=1)
    monkeypatch.setattr(excerpt, "MOST", 8000)
    found = long(of_instances(calls), instances=None)
    assert found.instances == 3
    assert found.verdict is Answer.RECOMMENDED


def test_of_an_excerpt_incidents_and_loads_are_those_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpt, "MOST", 8000)
    calls = traffic(*TWO_OUTAGES, seed=3)
    found, known = long(calls), recommended(calls)
    assert len(calls) > 30_000
    assert found.incidents == known.incidents
    assert [i.actionable for i in found.incidents].count(True) == 2
    for one, other in zip(found.regimes, known.regimes, strict=True):
        assert (one.name, one.rate, one.calls, one.errors) == (
            other.name,
            other.rate,
            other.calls,
            other.errors,
        )
    assert (found.calls, found.span) == (known.calls, known.span)
    assert found.timeline is not None
    assert known.timeline is not None
    assert (found.timeline.calls, found.timeline.failed) == (known.timeline.calls, known.timeline.failed)
    assert found.expected is not None
    assert found.expected.false_trips_bound <= Budget().false_trips_per_day
    whole = trips(calls, config_of(found), [(i.start, i.end) for i in found.incidents])
    assert not whole.false
    assert any(600 <= time <= 662 for time in whole.right)
    # Nothing is false there, so what breakers were open for is the incidents alone, and those are whole.
    assert found.timeline.open_percent == pytest.approx(known.timeline.open_percent, abs=12)
    assert long(calls) == found


@pytest.mark.parametrize(
    "phases",
    [
        (phase("short", 300, 0.5),),
        (phase("bad", 300, 20, failure_rate=100.0),),
        (phase("bad", 300, 20, failure_rate=40.0),),
        (phase("healthy", 240, 20),),
    ],
    ids=["few calls", "all fail", "many fail", "short and healthy"],
)
def test_refusals_are_those_of_memory(phases: tuple[Phase, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpt, "MOST", 1000)
    calls = traffic(*phases, seed=1)
    found, known = long(calls), recommended(calls)
    assert found.verdict is Answer.REFUSED
    assert (found.needs, found.incidents, found.regimes) == (known.needs, known.incidents, known.regimes)


def test_every_call_in_one_instant_is_refused_as_in_memory() -> None:
    calls = traffic(phase("steady", 100, 200), seed=1)
    calls.start_ns[:] = 0
    found, known = long(calls), recommended(calls)
    assert found.needs == known.needs
    assert "time windows need time" in found.needs[0]


def test_of_an_excerpt_that_cannot_keep_the_budget_more_traffic_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls, budget = traffic(*TWO_OUTAGES, seed=3), Budget(false_trips_per_day=-1.0)  # none keeps it
    known = recommended(calls, budget=budget)
    assert long(calls, budget=budget).needs == known.needs
    assert "more at this load" in known.needs[0]
    monkeypatch.setattr(excerpt, "MOST", 8000)
    (need,) = long(calls, budget=budget).needs
    assert need.startswith("calmer traffic, or a larger --false-trips-per-day: on the ")


def test_calls_of_one_instant_come_in_any_order() -> None:
    calls = traffic(phase("steady", 100, 300), seed=1)
    calls.start_ns[:] = calls.start_ns // 10**9 * 10**9
    order = calls.in_one_order()
    assert order is not None
    known = calls.reordered(order)
    found = list(ordered(Held(calls)))
    for name in ("start_ns", "duration_ns", "status", "error"):
        joined = np.concatenate([getattr(part, name) for part in found])
        np.testing.assert_array_equal(joined, getattr(known, name))


def test_an_excerpt_holds_incidents_whole_and_cuts_out_the_time_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = traffic(*TWO_OUTAGES, seed=3)
    trace, part = excerpted(calls, 8000, monkeypatch)
    sides = apart_along(trace, healthy_p99(trace), Budget())
    assert part.whole
    assert len(part.trace) <= 1.25 * 8000
    assert (np.diff(part.trace.start) >= 0).all()
    for own, known in zip(part.sides.actionable, sides.actionable, strict=True):
        mine, theirs = slice(own.first, own.last + 1), slice(known.first, known.last + 1)
        np.testing.assert_array_equal(np.diff(part.trace.start[mine]), np.diff(trace.start[theirs]))
        np.testing.assert_array_equal(part.trace.failed[mine], trace.failed[theirs])
        shown = part.clock.at(trace.start[theirs].astype(float))
        np.testing.assert_array_equal(shown, part.trace.start[mine])
    assert part.trace.span + part.clock.left_out / 1e9 == pytest.approx(trace.span, abs=1e-3)


def test_the_time_looked_at_has_the_loads_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = traffic(phase("day", 2000, 40), phase("night", 4000, 2), seed=5)
    trace, _ = excerpted(calls, 10**6, monkeypatch)
    seconds = np.array([excerpted(calls, 8000, monkeypatch, seed)[1].trace.span for seed in range(30)])
    share = 8000 / len(trace)
    assert float(seconds.mean()) == pytest.approx(share * trace.span, rel=0.05)
    one, other = (excerpted(calls, 8000, monkeypatch, seed)[1].trace for seed in (1, 2))
    assert not np.array_equal(one.start, other.start)


def test_incidents_beyond_the_bound_keep_their_length(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = phase("outage", 600, 40, failure_rate=100.0)
    calls = traffic(phase("before", 900, 40), bad, phase("after", 900, 40), seed=2)
    trace, part = excerpted(calls, 8000, monkeypatch)
    assert not part.whole
    assert len(part.trace) <= 1.25 * 8000
    (incident,) = part.sides.actionable
    length = (part.trace.start[incident.last] - part.trace.start[incident.first]) / 1e9
    assert length == pytest.approx(600, abs=5)
    assert part.trace.failed[incident.first : incident.last + 1].mean() > 0.98
    assert not part.sides.background[incident.first : incident.last + 1].any()
    assert trace.span > part.trace.span > 600


def test_a_few_bursts_are_all_weighed_over_all_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excerpt, "MOST", 20_000)
    calls = with_bursts(traffic(phase("steady", 7200, 20), seed=4), every=1500, size=30, seed=4)
    trace, part = excerpted(calls, 20_000, monkeypatch)
    ridden = [i for i in part.sides.incidents if not i.actionable]
    assert 0 < len(ridden) < 10
    assert part.bursts
    kept = set(part.sides.segments) - set(part.sides.actionable)
    assert sorted(s.last + 1 - s.first for s in kept) == sorted(i.calls for i in ridden)
    found = long(calls)
    assert not trips(calls, config_of(found), []).false
    assert trace.span == found.span
