"""The method on parts of the log, judged on the rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from traffic_cases import label, phase, traffic

from cbtool.recommend import recommend
from cbtool.recommend.asked import Asked
from cbtool.recommend.findings import Estimate, Track
from cbtool.recommend.held_out.bench import HeldBench, Stretch, promises
from cbtool.recommend.held_out.long_bench import LongBench
from cbtool.recommend.held_out.validation import validated
from cbtool.recommend.incidents import excerpt
from cbtool.recommend.model import Budget, Expected
from cbtool.recommend.reading import columns
from cbtool.simulation import long
from cbtool.traffic import parts
from cbtool.traffic.calls import Calls
from cbtool.traffic.labels import Label
from cbtool.traffic.outcomes import DEFAULT_RULES
from cbtool.traffic.parts import Held
from cbtool.traffic.selection import Moment

ASKED = Asked(1, Budget(), DEFAULT_RULES)


def test_the_first_part_s_settings_are_judged_on_what_came_after() -> None:
    bad = [phase(f"bad {i}", 60, 25, failure_rate=90.0) for i in range(3)]
    calm = [phase(f"calm {i}", 500, 25) for i in range(4)]
    calls = traffic(calm[0], bad[0], calm[1], bad[1], calm[2], bad[2], calm[3], seed=4)
    answer = validated(calls, ASKED)
    validation = answer.validation
    assert validation is not None
    first = validation.held_out
    assert (first.since, first.until) == (0.0, pytest.approx(0.7 * calls.span))
    assert first.config is not None
    assert first.track is not None
    assert (first.track.incidents, first.track.caught) == (1, 1)
    assert [part.name for part in validation.parts] == ["first half", "second half"]
    assert [part.track.incidents for part in validation.parts if part.track] == [2, 2]
    kept = {promise.name: promise.kept for promise in first.promises}
    assert kept["false_trips_per_day"] is True
    document = answer.to_json()["validation"]
    assert document["held_out"]["promises"][0]["name"] == "false_trips_per_day"
    assert document["parts"][1]["rest"]["incidents"] == 2
    assert validated(calls, ASKED).to_json() == answer.to_json()


def test_a_part_that_carries_no_answer_says_what_it_lacks() -> None:
    calls = traffic(phase("calm", 3000, 0.2, failure_rate=0.0), phase("busy", 600, 10), seed=1)
    validation = validated(calls, ASKED).validation
    assert validation is not None
    (half,) = [part for part in validation.parts if part.name == "first half"]
    assert half.config is None
    assert "more calls" in half.needs[0]


def test_labels_are_those_of_the_part() -> None:
    calm = [phase(f"calm {i}", 600, 25) for i in range(3)]
    bad = [phase(f"bad {i}", 60, 25, failure_rate=90.0) for i in range(2)]
    calls = traffic(calm[0], bad[0], calm[1], bad[1], calm[2], seed=4)
    times = [(600, 660), (1260, 1320)]
    labels = tuple(Label(*(Moment(float(t), relative=True) for t in span)) for span in times)  # type: ignore[arg-type]
    validation = validated(calls, Asked(1, Budget(), DEFAULT_RULES, labels=labels)).validation
    assert validation is not None
    assert [part.track.incidents for part in validation.parts if part.track] == [1, 1]


def dealt(calls: Calls) -> Calls:
    which = np.random.default_rng(3).choice(np.array([0, 2], np.int32), len(calls), p=[0.3, 0.7])
    return replace(calls, instance=which, instances=("a", "b", "c"))


LABELS = tuple(label(at, at + 60) for at in (500.0, 1060.0))


@pytest.mark.parametrize(
    "asked",
    [
        Asked(3, Budget(), DEFAULT_RULES, seed=2),
        Asked(None, Budget(), DEFAULT_RULES),
        Asked(1, Budget(), DEFAULT_RULES, labels=LABELS),
    ],
    ids=["shared", "named", "labelled"],
)
def test_parts_of_a_log_beyond_memory_are_held_out_as_in_memory(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = [phase(f"bad {i}", 60, 25, failure_rate=90.0) for i in range(2)]
    calm = [phase(f"calm {i}", 500, 25) for i in range(3)]
    calls = dealt(traffic(calm[0], bad[0], calm[1], bad[1], calm[2], seed=4))
    answer = recommend(calls, asked)
    for module, name, size in ((parts, "PART", 7001), (columns, "PIECE", 3001), (long, "PART", 999)):
        monkeypatch.setattr(module, name, size)
    here, there = HeldBench(asked, answer, calls), LongBench(asked, answer, Held(calls))
    for stretch in (
        Stretch("first", 0.0, 0.5 * calls.span, later=True),
        Stretch("last", 0.4 * calls.span, calls.span),
        Stretch("within", 0.2 * calls.span, 0.6 * calls.span),
    ):
        found = here.held_out(stretch)
        assert there.held_out(stretch) == found
        assert found.track is not None
        assert found.track.incidents


def test_a_log_beyond_memory_is_validated_by_excerpts(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, calm = phase("bad", 60, 25, failure_rate=90.0), phase("calm", 500, 25)
    calls = traffic(calm, bad, calm, bad, calm, seed=4)
    known = validated(calls, ASKED).validation
    monkeypatch.setattr(excerpt, "MOST", 12_000)
    found = validated(Held(calls), ASKED).validation
    assert known is not None
    assert found is not None
    assert found.held_out.track is not None
    assert (found.held_out.track.incidents, found.held_out.track.caught) == (0, 0)
    for mine, whole in zip(found.parts, known.parts, strict=True):
        assert mine.track is not None
        assert whole.track is not None
        assert (mine.track.incidents, mine.track.caught) == (whole.track.incidents, whole.track.caught)
        assert mine.track.bad == whole.track.bad


def track(*, false_trips: int = 0, delay: float | None = 1.0, shed: int = 95) -> Track:
    return Track(3, false_trips, 2, 2, delay, 100, shed, 10, 1.0, 15.0)


def test_a_promise_is_kept_within_its_interval_or_better() -> None:
    expected = Expected(
        false_trips_per_day=Estimate(0.01, 0.0, 0.03),
        false_trips_bound=0.02,
        detection_delay_s=Estimate(1.0, 0.5, 2.0),
        bad_calls_shed_percent=Estimate(95.0, 90.0, 97.0),
        detected_percent=100.0,
    )

    def kept(what: Track, days: float = 1.0) -> list[bool | None]:
        return [promise.kept for promise in promises(expected, what, days)]

    assert kept(track()) == [True, True, True]
    assert kept(track(delay=0.1, shed=99)) == [True, True, True]
    assert kept(track(delay=3.0)) == [True, False, True]
    assert kept(track(shed=80)) == [True, True, False]
    assert kept(track(false_trips=1)) == [False, True, True]
    assert kept(track(false_trips=1), days=60.0) == [True, True, True]
    assert kept(track(delay=None)) == [True, None, True]
