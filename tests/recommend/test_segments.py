"""Bad stretches without labels, and what is normal around them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from traffic_cases import incidents_in, phase, traced, traffic

from cbtool.recommend.incidents.segments import Segment, bad_segments, merged
from cbtool.recommend.model import Budget, IncidentKind
from cbtool.recommend.reading.healthy import best_half_failure_rate, healthy_p99

SECOND = 10**9


def noise(n: int, share: float, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(n) < share


def test_two_outages_an_hour_apart_are_two() -> None:
    bad = noise(20_000, 0.01, 1)
    bad[5_000:5_200] = True
    bad[9_000:9_200] = True
    found = bad_segments(bad, 0.01, 0.2)
    assert len(found) == 2
    for (first, last), begin in zip(found, (5_000, 9_000), strict=True):
        assert abs(first - begin) < 40
        assert abs(last - begin - 199) < 40


def test_noise_alone_is_hardly_ever_a_segment() -> None:
    logs = [noise(20_000, 0.01, seed) for seed in range(40)]
    assert sum(len(bad_segments(log, 0.01, 0.2)) for log in logs) <= 5  # e⁻³ a log


def test_a_brown_out_of_thirty_percent_is_found_nearly_whole() -> None:
    bad = noise(20_000, 0.01, 2)
    bad[8_000:9_000] = noise(1_000, 0.3, 3)
    (found,) = bad_segments(bad, 0.01, 0.2)
    assert found.first == pytest.approx(8_000, abs=40)
    assert found.last == pytest.approx(8_999, abs=40)


@settings(max_examples=60)
@given(st.lists(st.booleans(), max_size=400), st.floats(0, 1))
def test_segments_lie_in_order_inside_the_log_and_hold_four_bad_calls(flags: list[bool], base: float) -> None:
    bad = np.array(flags, np.bool_)
    found = bad_segments(bad, base, 0.2)
    for segment in found:
        assert 0 <= segment.first <= segment.last < len(bad)
        assert bad[segment.first]
        assert bad[segment.last]
        assert bad[segment.first : segment.last + 1].sum() >= 4
    assert all(a.last < b.first for a, b in pairwise(found))


@pytest.mark.parametrize(
    ("gap", "length", "parts"),
    [(10, 5, 1), (14, 5, 2), (80, 60, 1), (100, 60, 2)],
    ids=["flapping", "short ones apart", "long ones near", "long ones apart"],
)
def test_neighbours_are_one_incident_when_the_gap_is_short_beside_them(
    gap: int, length: int, parts: int
) -> None:
    start = np.arange(1000, dtype=np.int64) * SECOND
    first, second = Segment(100, 100 + length), Segment(100 + length + gap, 100 + 2 * length + gap)
    assert len(merged([second, first], start)) == parts


def parts_of(*spans: tuple[int, int]) -> list[Segment]:
    return [Segment(begin, end) for begin, end in spans]


def test_one_gap_does_not_make_whatever_comes_later_part_of_the_flapping() -> None:
    start = np.arange(1000, dtype=np.int64) * SECOND
    two = parts_of((0, 90), (130, 220))
    assert merged(two, start) == [Segment(0, 220)]
    assert merged([*two, Segment(275, 277)], start) == [Segment(0, 220), Segment(275, 277)]
    assert merged([*two, Segment(260, 262)], start) == [Segment(0, 262)]  # in the same rhythm
    three = parts_of((0, 90), (130, 220), (260, 350))
    assert merged([*three, Segment(405, 407)], start) == [Segment(0, 407)]


def test_parts_that_would_be_mild_together_stay_apart() -> None:
    start = np.arange(1000, dtype=np.int64) * SECOND
    parts = parts_of((0, 60), (90, 150))
    assert merged(parts, start, still=lambda whole: whole != Segment(0, 150)) == parts
    overlapped = parts_of((0, 100), (90, 150))
    assert merged(overlapped, start, still=lambda _: False) == [Segment(0, 150)]


def test_the_first_guess_at_the_failure_rate_is_not_spoilt_by_a_long_incident() -> None:
    failed = noise(10_000, 0.01, 4)
    failed[4_000:7_000] = True
    assert 0.003 < best_half_failure_rate(failed) < 0.011


def test_the_healthy_p99_is_that_of_the_healthy_stretches() -> None:
    calls = traffic(
        phase("before", 300, 20), phase("slow", 200, 20, latency_median=0.2, latency_p99=1.0), seed=1
    )
    p99 = healthy_p99(traced(calls))
    assert p99 == pytest.approx(0.1, rel=0.15)


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (phase("bad", 60, 30, failure_rate=100.0), IncidentKind.OUTAGE),
        (phase("bad", 60, 30, failure_rate=40.0), IncidentKind.BROWN_OUT),
        (phase("bad", 60, 30, timeouts=70.0), IncidentKind.TIMEOUTS),
        (phase("bad", 60, 30, latency_median=0.5, latency_p99=1.0), IncidentKind.SLOW),
    ],
)
def test_an_incident_has_its_kind_and_its_place(bad: object, kind: IncidentKind) -> None:
    calls = traffic(phase("before", 120, 30), bad, phase("after", 120, 30), seed=3, timeout=2.0)  # type: ignore[arg-type]
    (incident,) = [i for i in incidents_in(calls) if i.actionable]
    assert incident.kind is kind
    assert incident.start == pytest.approx(120, abs=3)
    assert incident.end == pytest.approx(180, abs=3)


def test_a_mild_stretch_of_failures_is_no_slow_one() -> None:
    mild = phase("mild", 400, 30, failure_rate=9.0)
    calls = traffic(phase("before", 900, 30, failure_rate=0.1), mild, phase("after", 900, 30), seed=4)
    (found,) = [i for i in incidents_in(calls) if i.length > 100]
    assert not found.actionable
    assert found.failed < 10
    assert found.kind is IncidentKind.BROWN_OUT


def test_the_shortest_incident_is_up_to_the_user() -> None:
    calls = traffic(
        phase("before", 300, 30), phase("bad", 15, 30, failure_rate=100.0), phase("after", 300, 30), seed=1
    )
    assert [i.actionable for i in incidents_in(calls)] == [True]
    assert [i.actionable for i in incidents_in(calls, budget=Budget(shortest_incident=20))] == [False]
