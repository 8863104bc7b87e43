"""Bad stretches that the order of calls alone would date, join or judge wrongly."""

from __future__ import annotations

import numpy as np
import pytest
from traffic_cases import incidents_in

from cbtool.recommend.incidents.incidents import apart_along, few_of, incidents_of
from cbtool.recommend.incidents.segments import Segment, bad_segments
from cbtool.recommend.incidents.shape import shape_of
from cbtool.recommend.incidents.silences import holes
from cbtool.recommend.model import Budget
from cbtool.recommend.reading import columns
from cbtool.recommend.reading.trace import Trace
from cbtool.traffic.calls import Calls

SECOND = 10**9
LEVEL = 0.2


def seconds(*times: float) -> np.ndarray:
    return np.round(np.array(times) * SECOND).astype(np.int64)


def trace_at(start: np.ndarray, failed: np.ndarray) -> Trace:
    return Trace(start, np.zeros(len(start), np.int64), failed, knows_durations=False)


def calls_at(start: np.ndarray, failed: np.ndarray) -> Calls:
    status = np.where(failed, 503, 200).astype(np.int16)
    duration = np.random.default_rng(5).integers(20, 60, len(start)) * 10**6
    return Calls(start, duration, status, np.zeros(len(start), np.uint8))


def outage_after_a_hole(before: int) -> tuple[np.ndarray, np.ndarray]:
    """Half an hour at 2/s that ends in failures, an hour without a call, a minute's outage, half an hour."""
    steady = np.arange(3600) / 2
    start = seconds(*steady, *(5400 + np.arange(3720) / 2))
    failed = np.random.default_rng(3).random(len(start)) < 0.002
    failed[3590:3720] = False
    failed[3600 - before : 3600] = True
    failed[3600:3720] = True
    return start, failed


@pytest.mark.parametrize("before", [1, 2])
def test_an_incident_after_a_hole_does_not_begin_before_it(before: int) -> None:
    start, failed = outage_after_a_hole(before)
    (found,) = bad_segments(failed, 0.002, 0.2, start)
    assert found == Segment(3600, 3719)
    assert bad_segments(failed, 0.002, 0.2)[0].first == 3600 - before
    (incident,) = [i for i in incidents_in(calls_at(start, failed)) if i.actionable]
    assert incident.start == 5400
    assert incident.length == pytest.approx(60, abs=1)


def test_an_incident_on_both_sides_of_a_hole_is_two_unless_it_lasts_long_beside_it() -> None:
    start, failed = outage_after_a_hole(100)
    found = bad_segments(failed, 0.002, 0.2, start)
    assert found == [Segment(3500, 3599), Segment(3600, 3719)]


def test_a_part_that_a_hole_cuts_off_may_have_been_as_long_as_the_others() -> None:
    """Eight seconds of failures in sixteen, a hole of half a minute amid them, more of the same after it."""
    start = np.arange(60 * 40) * SECOND // 20
    phase = (start - 20 * SECOND) // SECOND % 16
    failed = (start >= 20 * SECOND) & (start < 100 * SECOND) & (phase < 8)
    failed |= np.random.default_rng(13).random(len(start)) < 0.005
    kept = (start < 37 * SECOND) | (start >= 68 * SECOND)
    (incident,) = incidents_in(calls_at(start[kept], failed[kept]))
    assert incident.actionable
    assert incident.start == pytest.approx(20, abs=1)
    assert incident.end == pytest.approx(92, abs=1)


def test_a_time_in_which_all_callers_wait_is_no_hole() -> None:
    """Fifty callers whose calls time out after 30 s: all at once, and then nobody for half a minute."""
    healthy = seconds(*(np.arange(4000) / 20))
    stalls = seconds(*(200 + 30 * k + 0.02 * i for k in range(8) for i in range(50)))
    start = np.concatenate((healthy, stalls, healthy + 445 * SECOND))
    duration = np.where((start >= 200 * SECOND) & (start < 440 * SECOND), 30 * SECOND, SECOND // 20)
    inside = Segment(4000, 4399)
    assert holes(start, inside, duration) == []
    assert len(holes(start, Segment(4000, 4149))) == 2
    status = np.where(duration > SECOND, 504, 200).astype(np.int16)
    (incident,) = incidents_in(Calls(start, duration, status, np.zeros(len(start), np.uint8)))
    assert incident.actionable
    assert (round(incident.start), round(incident.end)) == (200, 411)


def test_pauses_that_keep_coming_are_no_holes() -> None:
    bunches = seconds(*(600 * i + 0.1 * k for i in range(20) for k in range(100)))
    assert holes(bunches, Segment(0, len(bunches) - 1)) == []
    assert holes(bunches[:350], Segment(0, 349)) == [100, 200, 300]


def test_no_time_between_calls_that_chance_makes_is_a_hole() -> None:
    start = np.cumsum(np.random.default_rng(1).exponential(60.0, 20_000) * SECOND).astype(np.int64)
    assert holes(start, Segment(0, len(start) - 1)) == []


def test_an_outage_beside_a_mild_stretch_is_not_lost_in_it() -> None:
    """One instance in twelve fails for ten minutes, and in the midst all do for half a minute."""
    n, random = 40_000, np.random.default_rng(8)
    failed = np.zeros(n, np.bool_)
    failed[10_000:22_000] = random.random(12_000) < 0.08
    failed[15_000:15_600] = True
    severe = [s for s in bad_segments(failed, 0.0, 0.2) if failed[s.first : s.last + 1].mean() >= 0.2]
    (found,) = severe
    assert abs(found.first - 15_000) < 30
    assert abs(found.last - 15_599) < 30
    (incident,) = [i for i in incidents_in(calls_at(np.arange(n) * SECOND // 20, failed)) if i.actionable]
    assert incident.start == pytest.approx(750, abs=2)
    assert incident.length == pytest.approx(30, abs=3)


def test_mild_stretches_do_not_teach_how_long_a_burst_lasts() -> None:
    """Six times one instance in twelve fails for forty seconds: half a minute is an outage all the same."""
    n, random = 40_000, np.random.default_rng(9)
    failed = np.zeros(n, np.bool_)
    for begin in range(2_000, 32_000, 5_000):
        failed[begin : begin + 800] = random.random(800) < 0.08
    failed[36_000:36_600] = True
    calls = calls_at(np.arange(n) * SECOND // 20, failed)
    (incident,) = [i for i in incidents_in(calls) if i.actionable]
    assert incident.start == pytest.approx(1800, abs=1)


def test_bursts_among_few_calls_are_no_brown_out() -> None:
    """Two bursts of eight within twenty calls are 44 % of failures over twelve minutes at 0.03/s."""
    quiet = np.arange(20) * 37.0
    bursts = np.concatenate([begin + np.arange(8) * 0.1 for begin in (130.0, 600.0)])
    start = np.concatenate((quiet, bursts))
    order = np.argsort(start)
    failed = (np.arange(36) >= 20)[order]
    shape = shape_of(trace_at(seconds(*start[order]), failed), None, Segment(0, 35), LEVEL)
    assert shape.bursts == 2
    assert shape.share == pytest.approx(2 / 22)  # beside twenty good calls, each by itself


def test_a_stray_failure_does_not_make_a_burst_long() -> None:
    start = seconds(0, 10, 20, 30, 40, *(41 + np.arange(8) * 0.1))
    failed = np.array([True, *[False] * 4, *[True] * 8])
    shape = shape_of(trace_at(start, failed), None, Segment(0, 12), LEVEL)
    assert shape.seconds < 2


def test_a_load_that_rises_within_an_incident_does_not_make_it_short() -> None:
    """Two and a half seconds at 6/s, then half a second at 250/s, of which four in five calls fail."""
    start = np.concatenate((np.arange(15) * SECOND // 6, 5 * SECOND // 2 + np.arange(125) * SECOND // 250))
    failed = np.arange(140) % 5 != 2
    shape = shape_of(trace_at(start, failed), None, Segment(0, 139), LEVEL)
    assert shape.seconds == pytest.approx(2.996)


def test_an_even_stretch_is_as_long_as_it_looks() -> None:
    start = np.arange(2_000) * SECOND // 10
    failed = np.random.default_rng(2).random(2_000) < 0.4
    failed[[0, -1]] = True
    shape = shape_of(trace_at(start, failed), None, Segment(0, 1_999), LEVEL)
    assert shape.seconds == pytest.approx(200, rel=0.1)
    assert shape.share == pytest.approx(0.4, abs=0.05)


def test_a_shape_does_not_depend_on_where_pieces_end(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(4)
    trace = trace_at(np.sort(random.integers(0, 10**12, 500)), random.random(500) < 0.5)
    whole = shape_of(trace, None, Segment(3, 480), LEVEL)
    assert columns.PIECE > 500
    monkeypatch.setattr(columns, "PIECE", 7)
    assert shape_of(trace, None, Segment(3, 480), LEVEL) == whole


def test_bursts_at_low_load_are_ridden_through() -> None:
    """Two bursts of retries an hour at 0.03/s: nothing to open for, whatever their share of the calls is."""
    random = np.random.default_rng(6)
    steady = np.cumsum(random.exponential(33.0, 9_000))
    begins = random.random(170) * steady[-1]
    bursts = np.concatenate([b + random.random(random.integers(3, 9)) for b in begins])
    start = np.concatenate((steady, bursts))
    order = np.argsort(start)
    failed = (np.arange(len(start)) >= 9_000)[order]
    found = incidents_in(calls_at((start[order] * SECOND).astype(np.int64), failed))
    assert sum(i.actionable for i in found) == 0
    assert len(found) > 5


@pytest.mark.parametrize("seed", [18, 27, 28])
def test_bursts_at_low_load_are_no_part_of_a_brown_out_among_them(seed: int) -> None:
    """Bursts of retries an hour at 0.04/s: two or three in a row would look like a brown-out, too."""
    random = np.random.default_rng(seed)
    steady = np.cumsum(random.exponential(24.0, 7_000))
    failed = random.random(7_000) < 0.014
    inside = (steady > 60_000) & (steady < 69_600)
    failed[inside] = random.random(inside.sum()) < 0.36
    begins = random.random(65) * steady[-1]
    bursts = np.concatenate([b + random.random(random.integers(3, 9)) for b in begins])
    start = np.concatenate((steady, bursts))
    order = np.argsort(start)
    failed = np.concatenate((failed, np.ones(len(bursts), np.bool_)))[order]
    trace = trace_at((start[order] * SECOND).astype(np.int64), failed)
    (incident,) = [i for i in incidents_of(trace, None, Budget()) if i.actionable]
    assert incident.start == pytest.approx(60_000, abs=500)
    assert incident.end == pytest.approx(69_600, abs=700)
    assert sum(not i.actionable for i in apart_along(trace, None, Budget()).incidents) >= 5


def test_an_outage_is_found_where_bursts_are_a_fifth_of_all_calls() -> None:
    """Two and a half bursts an hour at a call a minute: by calls, all of the time is one brown-out."""
    random = np.random.default_rng(31)
    steady = np.cumsum(random.exponential(60.0, 3_000))
    outage = (steady > 100_000) & (steady < 103_000)
    begins = random.random(125) * steady[-1]
    begins = begins[(begins < 95_000) | (begins > 108_000)]
    bursts = np.concatenate([b + random.random(random.integers(3, 9)) for b in begins])
    start = np.concatenate((steady, bursts))
    order = np.argsort(start)
    failed = np.concatenate((outage, np.ones(len(bursts), np.bool_)))[order]
    trace = trace_at((start[order] * SECOND).astype(np.int64), failed)
    (incident,) = [i for i in incidents_of(trace, None, Budget()) if i.actionable]
    assert incident.start == pytest.approx(100_000, abs=300)
    assert incident.end == pytest.approx(103_000, abs=300)


def test_a_slow_incident_and_an_outage_close_by_are_two() -> None:
    """A minute and a half of slow calls, forty seconds of health, an outage; then deployments."""
    start = np.arange(12_000) * SECOND // 20
    failed = np.random.default_rng(14).random(12_000) < 0.002
    duration = np.random.default_rng(15).integers(20, 60, 12_000) * 10**6
    duration[1_000:2_800] *= 20
    failed[3_600:5_400] = True
    for begin in range(6_200, 11_000, 1_200):
        failed[begin : begin + 60] = True
    calls = Calls(start, duration, np.where(failed, 503, 200).astype(np.int16), np.zeros(12_000, np.uint8))
    found = [(round(i.start), round(i.length)) for i in incidents_in(calls) if i.actionable]
    assert found == [(50, 90), (180, 90)]


def test_an_incident_that_the_log_breaks_off_is_no_blip() -> None:
    """Six seconds of an outage, and then no line for a minute: nobody knows how long it lasted."""
    start = np.arange(12_000) * SECOND // 20
    failed = np.random.default_rng(7).random(12_000) < 0.005
    failed[3_000:3_120] = True
    whole = calls_at(start, failed)
    assert not any(i.actionable for i in incidents_in(whole))
    kept = (start < 156 * SECOND) | (start > 216 * SECOND)
    assert [round(i.start) for i in incidents_in(calls_at(start[kept], failed[kept]))] == [150]
    (incident,) = incidents_in(calls_at(start[:3_120], failed[:3_120]))
    assert incident.actionable


def test_bursts_are_those_below_the_first_clear_gap() -> None:
    """Five deployments of 3 s, an outage of 20 s, one of 200 s: the shorter outage is an incident, too."""
    start = np.arange(30_000) * SECOND // 20
    failed = np.random.default_rng(10).random(30_000) < 0.005
    for begin in range(2_000, 12_000, 2_000):
        failed[begin : begin + 60] = True
    failed[15_000:15_400] = failed[20_000:24_000] = True
    found = [(round(i.start), i.actionable) for i in incidents_in(calls_at(start, failed))]
    assert found == [*((at, False) for at in range(100, 600, 100)), (750, True), (1000, True)]


@pytest.mark.parametrize(
    ("lengths", "acted_on"),
    [
        ([4, 4, 3, 4, 38, 115], [38, 115]),  # four deployments and an outage are no five bursts
        ([1, 2, 1, 17, 38, 137], [17, 38, 137]),
        ([1] * 6 + [20, 25, 30, 600], [20, 25, 30, 600]),
        ([20, 25, 30, 40, 50, 70, 100], [20, 25, 30, 40, 50, 70, 100]),  # one sort, which lasts longer, too
        ([1, 1, 5, 8, 12, 14, 13, 200], [200]),
        ([33, 28, 21, 32, 30, 24], [33, 28, 21, 32, 30, 24]),  # outages, though none lasts a minute
        ([2, 3, 2, 3, 2, 3, 21, 25, 32, 28, 24], [21, 25, 32, 28, 24]),
    ],
)
def test_bursts_are_a_sort_of_which_there_are_several(lengths: list[int], acted_on: list[int]) -> None:
    start = np.arange(40_000) * SECOND // 20
    failed = np.zeros(40_000, np.bool_)
    at = 2_000
    for length in lengths:
        failed[at : at + 20 * length] = True
        at += 20 * length + 1_600 + 60 * length
    found = incidents_in(calls_at(start, failed))
    assert [round(i.length) for i in found if i.actionable] == acted_on


SHORT = (13, 25, 20, 31, 17)


@pytest.mark.parametrize(
    ("percent", "lengths", "acted_on"),
    [
        (45, SHORT, 5),  # brown-outs that nobody takes for a restart
        (45, (8, *SHORT[1:]), 0),  # one of them as short as one: a habit, whose longest may be anything
        (24, SHORT, 0),  # the worse minutes of a baseline that varies
    ],
)
@pytest.mark.parametrize("slow", [False, True])
def test_short_stretches_are_no_habit_where_each_is_plainly_bad(
    percent: int, lengths: tuple[int, ...], acted_on: int, *, slow: bool
) -> None:
    random = np.random.default_rng(16)
    start = np.arange(30_000) * SECOND // 20
    bad = np.zeros(30_000, np.bool_)
    for place, length in enumerate(lengths):
        begin = 3_000 + 5_000 * place
        bad[begin : begin + 20 * length] = random.random(20 * length) < percent / 100
    duration = np.full(30_000, 20 * 10**6)
    duration[bad & slow] *= 20
    failed = bad & (not slow)
    calls = Calls(start, duration, np.where(failed, 503, 200).astype(np.int16), np.zeros(30_000, np.uint8))
    assert sum(i.actionable for i in incidents_in(calls)) == acted_on


def test_mild_stretches_among_a_few_blips_do_not_make_these_many() -> None:
    ridden = [Segment(i, i) for i in range(15)]
    severe = [i < 3 for i in range(15)]
    assert few_of(ridden, severe) == ridden[:3]
    assert few_of(ridden[:9], severe[:9]) == ridden[:9]
    assert few_of(ridden, [True] * 15) == []


def test_a_minute_of_failures_at_low_load_is_an_incident_though_blips_at_high_load_had_more() -> None:
    """Six blips of 3 s at 80/s have 240 failures each; a minute at 6/s cannot have twice as many."""
    busy, quiet = np.arange(32_000) / 80, 400 + np.arange(3_000) / 6
    start = seconds(*busy, *quiet)
    failed = np.random.default_rng(11).random(len(start)) < 0.002
    for begin in range(2_000, 32_000, 5_000):
        failed[begin : begin + 240] = True
    failed[33_200:33_620] = np.random.default_rng(12).random(420) < 0.6
    (incident,) = [i for i in incidents_in(calls_at(start, failed)) if i.actionable]
    assert incident.start == pytest.approx(600, abs=3)
    assert incident.length == pytest.approx(70, abs=5)
