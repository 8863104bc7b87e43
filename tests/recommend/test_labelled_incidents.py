"""Incidents that the user names: as texts and files, and what the recommendation makes of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from traffic_cases import config_of, incidents_in, label, phase, recommended, traffic

from cbtool.errors import ConfigurationError, UnreachableError
from cbtool.incident_files import parse_label, read_labels
from cbtool.recommend.model import IncidentKind
from cbtool.traffic.calls import Calls
from cbtool.traffic.labels import Label, label_spans
from cbtool.traffic.selection import Moment


def three_minutes(middle: float = 100.0) -> Calls:
    return traffic(
        phase("before", 300, 20), phase("bad", 60, 20, failure_rate=middle), phase("after", 300, 20), seed=2
    )


def test_a_label_is_two_times_and_perhaps_a_kind() -> None:
    assert parse_label("2026-11-24T10:00/2026-11-24T10:20:outage")[:3] == (
        Moment(1795514400.0),
        Moment(1795515600.0),
        "outage",
    )
    assert parse_label("+10m/+12m")[:3] == (Moment(600.0, relative=True), Moment(720.0, relative=True), "")
    assert parse_label("1795514400/1795514500.5")[:2] == (Moment(1795514400.0), Moment(1795514500.5))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("i.toml", '[[incident]]\nstart = 2026-11-24T10:00:00Z\nend = "2026-11-24T10:20"\nkind = "outage"\n'),
        ("i.csv", "start,end,kind\n2026-11-24T10:00,2026-11-24T10:20,outage\n"),
        ("i.txt", "# found in the pager\n\n2026-11-24T10:00/2026-11-24T10:20:outage\n"),
    ],
)
def test_a_file_holds_labels_in_three_notations(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    (found,) = read_labels(path)
    assert found[:3] == (Moment(1795514400.0), Moment(1795515600.0), "outage")
    assert str(path) in found.origin


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("i.txt", "\n10:00 until noon\n", "i.txt:2: '10:00 until noon' is no incident; write START/END"),
        ("i.csv", "start,end\nsoon,2026-11-24T10:20\n", "i.csv:2: 'soon' is no time"),
        ("i.toml", "[[incident]]\nstart = 5\n", "i.toml:1: an incident needs start and end"),
        ("i.toml", "[[incident]]\nstart = 5\nend = 6\ncause = 'x'\n", "i.toml:4: unknown key 'cause'"),
        ("i.txt", "# nothing\n", "i.txt: no incident in it"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationError, match=r"^.*" + message.partition(";")[0].replace(".", r"\.")):
        read_labels(tmp_path / name)


def test_a_missing_file_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="cannot be read"):
        read_labels(tmp_path / "none.csv")


def test_labels_that_overlap_are_one_and_reach_no_further_than_the_calls() -> None:
    calls = three_minutes()
    assert label_spans([label(90, 130), label(-5, 100, "outage"), label(600, 9000)], calls) == [
        (0.0, 130.0, "outage"),
        (600.0, calls.span, ""),
    ]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (label(20, 10), "must end after it starts"),
        (label(5000, 6000), "lies outside the calls, which are from \\+0s to \\+6"),
        (Label(Moment(1.0), Moment(2.0)), "the calls have no date"),
        (label(10, 20, "earthquake"), "'earthquake' is no kind of incident; there are outage, brown_out"),
    ],
)
def test_a_label_that_does_not_fit_is_an_error(bad: Label, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        recommended(three_minutes(), labels=[bad])


def test_labels_take_the_place_of_what_would_be_found() -> None:
    calls = three_minutes()
    (found,) = [i for i in incidents_in(calls) if i.actionable]
    named = recommended(calls, labels=[label(300, 360, "outage"), label(450, 460)])
    first, second = named.incidents
    assert (first.start, first.end) == (pytest.approx(found.start, abs=1), pytest.approx(found.end, abs=1))
    assert first.kind is IncidentKind.OUTAGE
    assert first.actionable
    assert not second.actionable
    said = " ".join(named.notes)
    assert "Incidents are those that were named" in said
    assert "The incident at +7m30s is not acted on: " in said
    assert "opening pays from 20 % bad calls" in said


def test_a_bad_stretch_that_nobody_named_is_pointed_out_and_counts_as_healthy() -> None:
    calls = traffic(
        phase("calm", 600, 20),
        phase("bad", 60, 20, failure_rate=60.0),
        phase("calm", 600, 20),
        phase("worse", 60, 20, failure_rate=100.0),
        phase("calm", 600, 20),
        seed=4,
    )
    both, one = recommended(calls), recommended(calls, labels=[label(1260, 1320)])
    assert [i.actionable for i in both.incidents] == [True, True]
    assert len(one.incidents) == 1
    assert "Not named as an incident, and yet " in " ".join(one.notes)
    errors = [config_of(each).minimum_number_of_errors for each in (both, one)]
    assert errors[1] > errors[0]


def test_a_label_over_the_whole_log_leaves_nothing_healthy() -> None:
    answer = recommended(three_minutes(), labels=(label(0.0, 660.0),))
    [need] = answer.needs
    assert need.startswith("a healthy stretch: all ")


def test_what_was_not_named_is_asked_for_where_it_leaves_no_settings() -> None:
    calls = traffic(
        phase("calm", 400, 10),
        phase("bad", 60, 10, failure_rate=100.0),
        phase("calm", 400, 10),
        phase("worse", 120, 10, failure_rate=100.0),
        phase("calm", 400, 10),
        seed=2,
    )
    answer = recommended(calls, labels=(label(400.0, 460.0),))
    assert answer.config is None
    [need] = answer.needs
    assert need.startswith("the other incidents: with +14m2")


def test_where_the_calls_lie_is_said_as_a_date() -> None:
    calls = replace(three_minutes(), epoch=1_795_514_400.0)
    outside = Label(Moment(1_795_500_000.0), Moment(1_795_500_060.0))
    with pytest.raises(ConfigurationError, match="from 2026-11-24T10:00:00Z to 2026-11-24T10:1"):
        label_spans([outside], calls)
