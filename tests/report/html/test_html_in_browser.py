"""The page in a real browser: nothing goes wrong, nothing is hidden, and what it shows is its data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import page_cases
import pytest
import sweep_cases
from helpers_browser import NAMES, Browser, browser, chromium

from cbtool.report.html import shown as ways
from cbtool.report.html.page import sweep_page, traffic_page

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMAND = chromium()
pytestmark = pytest.mark.skipif(COMMAND is None, reason=f"no browser here: none of {', '.join(NAMES)}")

LONG = "a-service-with-a-name-that-no-line-of-a-phone-can-hold." * 4
PHONE, DESK = 360, 1100


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    assert COMMAND is not None
    with browser(COMMAND) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    documents = {
        "recommended": page_cases.document(),
        "refused": page_cases.document(page_cases.refused()),
        "eight breakers": page_cases.document(page_cases.recommended(instances=8)),
        "long names": page_cases.document(
            page_cases.recommended(notes=(LONG,)), source=f"/var/log/{LONG}/access.log", title=LONG
        ),
        "hostile": page_cases.document(
            page_cases.recommended(notes=(page_cases.HOSTILE,)),
            source=page_cases.HOSTILE,
            title=page_cases.HOSTILE,
        ),
    }
    made = {}
    for name, document in documents.items():
        made[name] = folder / f"{name}.html"
        made[name].write_text(traffic_page(document), encoding="utf-8")
    made["sweep"] = folder / "sweep.html"
    made["sweep"].write_text(sweep_page(sweep_cases.document()), encoding="utf-8")
    return made


EVERY = ("recommended", "refused", "eight breakers", "long names", "hostile", "sweep")


@pytest.mark.parametrize("name", EVERY)
def test_it_opens_without_a_complaint_and_without_a_request(
    tab: Browser, pages: dict[str, Path], name: str
) -> None:
    tab.complaints.clear()
    tab.requests.clear()
    tab.open(pages[name])
    assert tab.value("document.title").startswith("Circuit breaker ")
    assert tab.complaints == []
    assert tab.requests == [pages[name].resolve().as_uri()]


@pytest.mark.parametrize(("name", "least"), [("recommended", 60), ("refused", 10), ("sweep", 20)])
def test_the_numbers_that_it_shows_are_its_datas(
    tab: Browser, pages: dict[str, Path], name: str, least: int
) -> None:
    tab.open(pages[name])
    document = json.loads(tab.value("document.getElementById('data').textContent"))
    numbers = tab.value(
        """[...document.querySelectorAll('data')].map(e =>
            [e.dataset.from, e.dataset.as, e.value, e.innerText])"""
    )
    assert len(numbers) > least
    for pointer, way, value, text in numbers:
        expected = ways.at(document, pointer)
        assert json.loads(value) == expected, pointer
        assert " ".join(text.split()) == ways.shown(expected, way), pointer


def test_the_figures_numbers_are_its_datas(tab: Browser, pages: dict[str, Path]) -> None:
    tab.open(pages["recommended"])
    document = json.loads(tab.value("document.getElementById('data').textContent"))
    tables: list[dict[str, Any]] = tab.value(
        """[...document.querySelectorAll('table[data-figure]')].map(table => ({
            name: table.dataset.figure,
            columns: [...table.querySelectorAll('th')].map(e => e.dataset.column),
            rows: [...table.querySelectorAll('tbody tr')].map(r => [...r.cells].map(c => c.textContent)),
        }))"""
    )
    assert {table["name"] for table in tables} == {"series", "latency"}
    for table in tables:
        for number, column in enumerate(table["columns"]):
            values = ways.at(document[table["name"]], f"/{column}")[: len(table["rows"])]
            told = [None if row[number] == "" else float(row[number]) for row in table["rows"]]
            assert told == values, column


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("width", [PHONE, 768, DESK])
def test_nothing_is_wider_than_the_page(tab: Browser, pages: dict[str, Path], name: str, width: int) -> None:
    tab.open(pages[name], width=width)
    tab.value("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    assert tab.value("document.documentElement.scrollWidth") <= width
    outside = tab.value(
        f"""[...document.body.querySelectorAll('*')].filter(e => !e.closest('.scroll, pre') &&
            e.getBoundingClientRect().right > {width} + 0.5).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert outside == []


@pytest.mark.parametrize("name", EVERY)
def test_no_table_that_is_open_scrolls_sideways_on_a_phone(
    tab: Browser, pages: dict[str, Path], name: str
) -> None:
    tab.open(pages[name], width=390)
    scrolled = tab.value(
        """[...document.querySelectorAll('.scroll')].filter(e => !e.closest('details:not([open])') &&
            e.scrollWidth > e.clientWidth + 1).map(e => e.getAttribute('aria-label'))"""
    )
    assert scrolled == []


_CONTRASTS = """(() => {
    const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = element => {
        for (let e = element; e; e = e.parentElement) {
            const colour = numbers(getComputedStyle(e).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || element.tagName === 'SCRIPT') continue;
        if (!element.getClientRects().length) continue;
        const style = getComputedStyle(element);
        const ink = numbers(element.closest('svg') ? style.fill : style.color);
        const [light, dark] = [luminance(ink), luminance(ground(element))].sort((a, b) => b - a);
        found.push([(light + 0.05) / (dark + 0.05), walker.currentNode.data.trim().slice(0, 40)]);
    }
    return found;
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_word_can_be_read(tab: Browser, pages: dict[str, Path], width: int, dark: bool) -> None:
    tab.open(pages["recommended"], width=width, dark=dark)
    tab.value("document.querySelectorAll('details').forEach(e => { e.open = true; })")
    contrasts = tab.value(_CONTRASTS)
    assert len(contrasts) > 300
    assert [each for each in contrasts if each[0] < 4.5] == []
    light = tab.value("getComputedStyle(document.documentElement).backgroundColor")
    assert light == ("rgb(16, 21, 27)" if dark else "rgb(255, 255, 255)")


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_no_label_of_a_figure_lies_on_another_or_is_cut(
    tab: Browser, pages: dict[str, Path], name: str, width: int
) -> None:
    tab.open(pages[name], width=width)
    figures = tab.value(
        """[...document.querySelectorAll('figure [role=img] svg')].filter(e => e.getClientRects().length)
            .map(svg => ({
                box: svg.getBoundingClientRect().toJSON(),
                words: [...svg.querySelectorAll('text')].map(t => [t.textContent,
                    t.getBoundingClientRect().toJSON()]).filter(([text]) => text.trim()),
            }))"""
    )
    assert figures
    for figure in figures:
        box, words = figure["box"], figure["words"]
        for text, place in words:
            assert place["left"] >= box["left"] - 1, text
            assert place["right"] <= box["right"] + 1, text
            assert place["height"] >= 9, text
        for index, (text, one) in enumerate(words):
            for other_text, other in words[index + 1 :]:
                wide = min(one["right"], other["right"]) - max(one["left"], other["left"])
                high = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
                assert wide <= 1 or high <= 3, (text, other_text)


A4 = 688  # pixels between margins of 14 mm


@pytest.mark.parametrize("name", EVERY)
def test_on_paper_nothing_is_cut_and_nothing_is_dark(tab: Browser, pages: dict[str, Path], name: str) -> None:
    tab.open(pages[name], width=A4, media="print", dark=True)
    assert tab.value("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.value("getComputedStyle(document.querySelector('svg.wide')).display") == "block"
    assert tab.value("getComputedStyle(document.querySelector('svg.narrow')).display") == "none"
    cut = tab.value(
        f"""[...document.body.querySelectorAll('*')].filter(e =>
            e.getClientRects().length && e.getBoundingClientRect().right > {A4} + 0.5
        ).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert cut == []
