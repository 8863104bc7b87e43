"""Bad stretches that may as well be milder than what opening pays from: doubtful, and on neither side."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from traffic_cases import incidents_in, label, phase, recommended, traffic

from cbtool.errors import ConfigurationError
from cbtool.incident_files import parse_labels
from cbtool.profiles import default_profile
from cbtool.recommend.incidents.doubt import doubt_notes, doubtful_of
from cbtool.recommend.incidents.incidents import apart_along, sides_of
from cbtool.recommend.incidents.segments import Segment
from cbtool.recommend.model import Budget, Incident, IncidentKind
from cbtool.recommend.reading.trace import Trace
from cbtool.report.explanation import explanation_text
from cbtool.report.recommendation import recommendation_text
from cbtool.traffic.calls import Calls
from cbtool.verifying.seen import seen

N, LEVEL = 20_000, 0.2
OUTAGE = slice(5_000, 5_400)


def failures(first: int, behind: int, one_in: int, *, baseline: int = 100) -> NDArray[np.bool_]:
    """Every hundredth call fails, all in an outage, and one in so many in a stretch."""
    failed = np.zeros(N, np.bool_)
    failed[::baseline] = True
    failed[OUTAGE] = True
    failed[first:behind] = False
    failed[first:behind:one_in] = True
    return failed


def trace_of(failed: NDArray[np.bool_]) -> Trace:
    return Trace(np.arange(N) * 10**8, np.full(N, 10**7), failed, knows_durations=True)


def doubtful_among(trace: Trace, segment: Segment) -> tuple[Segment, ...]:
    return doubtful_of(trace, None, [Segment(OUTAGE.start, OUTAGE.stop - 1), segment], LEVEL)


def stretch_at(share_one_in: int, calls: int) -> tuple[Trace, Segment]:
    return trace_of(failures(12_000, 12_000 + calls, share_one_in)), Segment(12_000, 11_999 + calls)


def test_a_share_is_sure_by_its_interval() -> None:
    # 25 % of n calls: 1.645 · √(0.25 · 0.75 / n) is below 5 % from 203 calls on.
    few, short = stretch_at(4, 200)
    many, long = stretch_at(4, 208)
    assert doubtful_among(few, short) == (short,)
    assert doubtful_among(many, long) == ()


def test_what_healthy_shares_vary_by_counts() -> None:
    trace, segment = stretch_at(4, 1_000)
    assert doubtful_among(trace, segment) == ()
    wavy = trace.failed.copy()
    for begin in range(0, N, 2_000):  # every other thousand calls, one in six fails
        if not begin <= segment.first < begin + 1_000:
            wavy[begin : begin + 1_000 : 6] = True
    assert doubtful_among(trace_of(wavy), segment) == (segment,)


def test_failures_may_be_sure_where_slow_calls_come_and_go() -> None:
    trace, segment = stretch_at(4, 1_000)
    slow = np.zeros(N, np.bool_)
    for begin in range(0, N, 2_000):
        slow[begin + 1 : begin + 1_000 : 6] = True
    slow[segment.first : segment.last + 1] = False
    outage = Segment(OUTAGE.start, OUTAGE.stop - 1)
    assert doubtful_of(trace, slow, [outage, segment], LEVEL) == ()
    assert doubtful_of(trace_of(slow | trace.failed), None, [outage, segment], LEVEL) == (segment,)


def test_a_doubtful_incident_is_neither_acted_on_nor_healthy() -> None:
    trace, segment = stretch_at(4, 120)
    apart = apart_along(trace, None, Budget())
    (doubtful,) = apart.doubtful
    assert abs(doubtful.first - segment.first) < 20
    assert abs(doubtful.last - segment.last) < 20
    assert [(i.actionable, i.doubtful) for i in apart.incidents] == [(True, False), (False, True)]
    sides = sides_of(trace, apart)
    assert not sides.background[doubtful.first : doubtful.last + 1].any()
    assert doubtful not in sides.segments
    assert len(sides.actionable) == 1


def test_labels_settle_it() -> None:
    calls = doubtful_calls()
    (found,) = [i for i in incidents_in(calls) if i.doubtful]
    named = recommended(calls, brief=True, labels=(label(found.start, found.end),))
    assert [(i.actionable, i.doubtful) for i in named.incidents] == [(True, False)]
    assert not any("doubtful" in note for note in named.notes)
    none = recommended(calls, brief=True, labels=())
    assert none.incidents == ()
    assert any("there was none" in note for note in none.notes)


def doubtful_calls() -> Calls:
    return traffic(
        phase("before", 2_000, 5),
        phase("outage", 60, 5, failure_rate=100),
        phase("between", 2_000, 5),
        phase("bad", 30, 5, failure_rate=24),
        phase("after", 2_000, 5),
        seed=4,
    )


def test_an_opening_in_one_is_not_held_against_a_profile() -> None:
    found = seen(doubtful_calls(), default_profile())
    (acted,), (doubtful,) = found.incidents, [i for i in found.apart.incidents if i.doubtful]
    middle = (doubtful.start + doubtful.end) / 2
    assert found.answers(0, middle)
    assert found.answers(0, acted.start + 1)
    assert not found.answers(0, 1_000.0)
    outside = len(found.trace) - acted.calls - doubtful.calls
    assert outside - 30 < len(found.healthy) <= outside  # what follows an incident at once is on neither side


def test_the_answer_says_which_and_what_to_do() -> None:
    answer = recommended(doubtful_calls())
    acted, doubtful = answer.incidents
    assert (acted.actionable, acted.doubtful) == (True, False)
    assert (doubtful.actionable, doubtful.doubtful) == (False, True)
    assert [i["doubtful"] for i in answer.to_json()["incidents"]] == [False, True]
    text = recommendation_text(answer)
    assert [line.split()[-1] for line in text.splitlines() if line.startswith("brown_out")] == ["doubtful"]
    (note,) = [note for note in answer.notes if "doubtful" in note]
    assert f"--incident +{int(doubtful.start)}s/+{int(doubtful.end) + 1}s" in note
    assert f"--incident +{int(acted.start)}s/" in note
    assert "bad stretches = 1 acted on, 0 ridden through, 1 doubtful" in explanation_text(answer)


@pytest.mark.parametrize(
    ("doubtful", "acted_on", "said"),
    [
        (1, 0, "The bad stretch at +0s is marked doubtful"),
        (1, 0, "as --incident +0s/+30s; if not, say --incident none."),
        (2, 1, "2 bad stretches, the first at +0s, are marked doubtful"),
        (2, 1, "name it with those acted on, as --incident +0s/+30s --incident +100s/+130s"),
        (5, 1, "as --incident +0s/+30s; if not, name those acted on alone."),
    ],
)
def test_the_note_names_the_options(doubtful: int, acted_on: int, said: str) -> None:
    found = [
        Incident(
            100.0 * number,
            100.0 * number + 30.0,
            IncidentKind.BROWN_OUT,
            100,
            24.0,
            0.0,
            actionable=number >= doubtful,
            doubtful=number < doubtful,
        )
        for number in range(doubtful + acted_on)
    ]
    (note,) = doubt_notes(found, Budget())
    assert said in note
    assert doubt_notes(found[doubtful:], Budget()) == ()


def test_none_says_that_there_was_no_incident() -> None:
    assert parse_labels([]) is None
    assert parse_labels(["none"]) == ()
    assert len(parse_labels(["+1s/+2s"]) or ()) == 1
    with pytest.raises(ConfigurationError, match="there was none, and yet others are named"):
        parse_labels(["none", "+1s/+2s"])


def test_a_stretch_far_longer_than_all_bursts_is_none_of_them() -> None:
    """Restarts of two seconds at 50/s fail more calls than an outage of fifty at 3/s."""
    restarts = [
        phase(f"{kind}{number}", seconds, 50, failure_rate=failing)
        for number in range(5)
        for kind, seconds, failing in (("calm", 120, 0.1), ("restart", 2, 100))
    ]
    calls = traffic(
        phase("quiet", 300, 3, failure_rate=0.1),
        phase("outage", 50, 3, failure_rate=90),
        phase("again", 300, 3, failure_rate=0.1),
        *restarts,
        phase("last", 120, 50, failure_rate=0.1),
        seed=3,
    )
    (acted,) = [each for each in incidents_in(calls) if each.actionable]
    assert acted.start == pytest.approx(300, abs=3)
    assert acted.length == pytest.approx(50, abs=4)
