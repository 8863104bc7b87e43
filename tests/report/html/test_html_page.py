"""The page: what it says, and that data stays data."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import numpy as np
import page_cases
import pytest

from cbtool.breaker import Reason, State, StateTransition
from cbtool.breaker.window import Snapshot
from cbtool.logs.records import RunRecord
from cbtool.profiles.libraries import library_defaults
from cbtool.report.html import shown as ways
from cbtool.report.html.page import traffic_page
from cbtool.report.html.theme import COLOURS, READ

VOID = {"meta", "br", "wbr", "link", "img", "hr", "input"}


class Reader(HTMLParser):
    """Collects what tests ask for: the elements, and the text of those with an id or a `data-from`."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.shown: list[tuple[dict[str, str | None], str]] = []
        self.text: list[str] = []
        self.data = ""
        self.open: list[str] = []
        self._script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "data":
            self.shown.append((dict(attrs), ""))
        self._script = tag == "script"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        self._script = False

    def handle_data(self, data: str) -> None:
        if self._script:
            self.data += data
            return
        self.text.append(data)
        if self.open and self.open[-1] == "data":
            attributes, text = self.shown.pop()
            self.shown.append((attributes, text + data))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return page_cases.document()


@pytest.fixture(scope="module")
def page(document: dict[str, Any]) -> str:
    return traffic_page(document)


def test_the_page_embeds_its_document(page: str, document: dict[str, Any]) -> None:
    read = Reader(page)
    assert read.open == []
    assert json.loads(read.data) == json.loads(json.dumps(document))


def test_every_number_shown_is_the_documents(page: str, document: dict[str, Any]) -> None:
    read = Reader(page)
    assert len(read.shown) > 60
    for attributes, text in read.shown:
        pointer, way = attributes["data-from"], attributes["data-as"]
        assert pointer is not None
        assert way is not None
        value = ways.at(document, pointer)
        assert json.loads(attributes["value"] or "") == value, pointer
        assert text == ways.shown(value, way), pointer


def test_the_same_document_gives_the_same_page(page: str) -> None:
    assert traffic_page(page_cases.document()) == page


def test_nothing_is_loaded_and_nothing_runs(page: str) -> None:
    read = Reader(page)
    assert not re.search(r"https?://", re.sub(r"<script.*</script>", "", page, flags=re.DOTALL))
    assert "@import" not in page
    assert not re.findall(r"url\((?!#)", page)
    scripts = [attributes for tag, attributes in read.tags if tag == "script"]
    assert [each["type"] for each in scripts] == ["application/json"]
    for tag, attributes in read.tags:
        assert tag not in {"iframe", "object", "embed", "link", "img", "base", "form"}
        assert not any(name.startswith("on") or name in {"src", "srcset"} for name in attributes), tag
        for name in ("href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")


def test_ids_are_unique_and_links_lead_to_them(page: str) -> None:
    read = Reader(page)
    ids = [attributes["id"] for _, attributes in read.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {(attributes.get("href") or "#")[1:] for _, attributes in read.tags if attributes.get("href")}
    labels = {attributes["aria-labelledby"] for _, attributes in read.tags if "aria-labelledby" in attributes}
    assert links
    assert labels
    assert links | labels <= set(ids)


def test_headings_go_down_by_one_and_figures_have_words(page: str) -> None:
    read = Reader(page)
    levels = [int(tag[1]) for tag, _ in read.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    tags = [tag for tag, _ in read.tags]
    assert '<th scope="col"></th>' not in page
    for landmark in ("header", "nav", "main", "footer"):
        assert tags.count(landmark) == 1
    images = [attributes for _, attributes in read.tags if attributes.get("role") == "img"]
    assert len(images) == tags.count("figure") == 5
    assert all(len(each["aria-label"] or "") > 40 for each in images)


def test_what_data_says_stays_text() -> None:
    answer = page_cases.recommended(notes=(page_cases.HOSTILE,))
    document = page_cases.document(answer, source=page_cases.HOSTILE, title=page_cases.HOSTILE)
    page = traffic_page(document)
    read = Reader(page)
    assert json.loads(read.data)["source"] == page_cases.HOSTILE
    assert [tag for tag, _ in read.tags].count("script") == 1
    assert "<script>alert" not in page
    assert not set(re.findall(r"[\x00-\x08\x0b-\x1f\x7f]", page))
    assert any("<script>alert(1)</script>�[31m" in text for text in read.text)


def test_a_refusal_shows_the_traffic_and_what_is_missing() -> None:
    document = page_cases.document(page_cases.refused())
    page = traffic_page(document)
    read = Reader(page)
    text = " ".join(" ".join(read.text).split())
    assert "No settings can be recommended" in text
    assert "100 more calls" in text
    assert next(attributes["id"] for tag, attributes in read.tags if tag == "figure") == "figure-timeline"
    assert document["after"] is None
    assert "100 more calls" in document["pull_request"]


def contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("below", ["ground", "panel", "shade"])
@pytest.mark.parametrize("name", READ)
def test_colours_can_be_read(name: str, below: str, mode: str) -> None:
    # Text needs 4.5; on the incidents' shade stand drawn lines, which need 3.
    least = 3.0 if below == "shade" else 4.5
    assert contrast(getattr(COLOURS[name], mode), getattr(COLOURS[below], mode)) >= least


def test_the_two_states_differ_in_more_than_their_colour(page: str) -> None:
    document = page_cases.document()
    changes = document["after"]["simulation"]["transitions"]
    assert {change["to"] for change in changes} == {
        State.OPEN.label,
        State.HALF_OPEN.label,
        State.CLOSED.label,
    }
    assert "fill: url(#timeline-wide-" in page  # the hatch of half-open


def test_a_runs_own_breakers_are_the_page_s_before() -> None:
    header = {
        "epoch": -5.0,
        "instances": 1,
        "profile": {"failure_rate_threshold": 30, "sliding_window_type": "time", "sliding_window_size": "5s"},
        "outcomes": {"failure": ["5xx"], "ignored": ["4xx"]},
    }
    counts = Snapshot(10, 5, 0, 5)
    changes = (
        (0, StateTransition(110.0, State.CLOSED, State.OPEN, Reason.FAILURE_RATE, counts)),
        (0, StateTransition(170.0, State.OPEN, State.CLOSED, Reason.WAIT_OVER, counts)),
    )
    record = RunRecord(header, changes, 4000, 1000, None, None, 305.0)
    document = page_cases.document(before=record)
    before = document["before"]
    # The run began five seconds before its first call.
    assert [change["t"] for change in before["simulation"]["transitions"]] == [105.0, 165.0]
    assert (before["recorded"], before["simulation"]["not_permitted"]) == (True, 1000)
    assert before["breaker"]["failure_rate_threshold"] == 30
    assert before["judgement"]["caught"] == 1
    assert before["simulation"]["time_in_state"]["open"] == 60.0
    assert before["failed_shed_percent"] is None
    text = " ".join(" ".join(Reader(traffic_page(document)).text).split())
    assert "what became of calls that it refused, nobody knows" in text


COLUMNS = ["calls_per_s", "failure_rate", "slow_call_rate", "window_failure_rate", "window_slow_call_rate"]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("kind", ["wide", "narrow"])
def test_a_drawn_line_is_its_column(page: str, document: dict[str, Any], kind: str, column: str) -> None:
    svg = re.search(rf'<svg class="{kind}".*?</svg>', page, re.DOTALL)
    assert svg is not None
    line = re.search(rf'data-series="{column}"><path d="([^"]*)"', svg[0])
    assert line is not None
    series = document["series"]
    drawn, told = [], []
    # Where a window was not judged the line is broken; each piece is a step function in pixels.
    edges = np.array([*series["t"], series["end_s"]])
    steps = [re.findall(r"(-?[\d.]+) (-?[\d.]+)", piece) for piece in line[1].split("M")[1:]]
    pieces = [np.array(piece, float) for piece in steps]
    axis = re.search(r'data-series="calls_per_s"><path d="M (-?[\d.]+) [^"]* (-?[\d.]+) -?[\d.]+"', svg[0])
    assert axis is not None
    left, right = float(axis[1]), float(axis[2])
    centres = left + (edges[:-1] + edges[1:]) / 2 / edges[-1] * (right - left)
    for centre, value in zip(centres, series[column], strict=True):
        here = [piece for piece in pieces if piece[0, 0] <= centre <= piece[-1, 0]]
        assert bool(here) == (value is not None)
        if here:
            drawn.append(float(np.interp(centre, here[0][:, 0], here[0][:, 1])))
            told.append(value)
    assert len(told) > 3
    if np.ptp(told) < 1e-3:  # a flat line has no slope
        assert np.ptp(drawn) < 0.5
        return
    slope, height = np.polyfit(told, drawn, 1)
    assert slope < 0
    assert np.abs(np.polyval((slope, height), told) - drawn).max() < 0.5  # pixels


def test_a_busy_breakers_page_stays_small() -> None:
    header = {
        "epoch": 0.0,
        "instances": 1,
        "profile": {},
        "outcomes": {"failure": ["5xx"], "ignored": ["4xx"]},
    }
    counts = Snapshot(10, 5, 0, 5)
    states = (State.CLOSED, State.OPEN)
    changes = tuple(
        (0, StateTransition(i / 40, states[i % 2], states[1 - i % 2], Reason.FAILURE_RATE, counts))
        for i in range(10_000)
    )
    document = page_cases.document(before=RunRecord(header, changes, 4000, 1000, None, None, 300.0))
    assert len(document["before"]["simulation"]["transitions"]) == 2_000
    assert document["before"]["transitions_left_out"] == 8_000
    assert document["before"]["simulation"]["trips"] == 5_000
    assert len(traffic_page(document)) < 5_000_000


@pytest.mark.parametrize("name", ["gobreaker", "semian-adaptive", "finagle", "nginx", "traefik"])
def test_any_librarys_settings_can_be_the_page_s_before(name: str) -> None:
    document = page_cases.document(page_cases.refused(), before=library_defaults(name))
    assert document["before"]["simulation"]["calls"] == page_cases.N
    assert json.loads(Reader(traffic_page(document)).data) == json.loads(json.dumps(document))
