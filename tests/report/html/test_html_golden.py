"""What a reader of the page sees, as text: golden files, rewritten by CBTOOL_UPDATE_GOLDEN=1.

Without the drawings, the embedded data and the snippets, which other tests hold.
"""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path

import page_cases
import pytest
import sweep_cases

import cbtool
from cbtool.report.html.page import sweep_page, traffic_page

GOLDEN = Path(__file__).parent.parent.parent / "golden" / "report"
UPDATE = bool(os.environ.get("CBTOOL_UPDATE_GOLDEN"))
BLOCKS = {"h1", "h2", "h3", "p", "li", "tr", "dt", "figcaption", "summary", "caption", "pre"}
PASSED_OVER = {"style", "script", "svg", "title"}
PAGES = {
    "recommended": lambda: traffic_page(page_cases.document()),
    "refused": lambda: traffic_page(page_cases.document(page_cases.refused())),
    "sweep": lambda: sweep_page(sweep_cases.document()),
}


class Text(HTMLParser):
    """The page's text, a block a line, the cells of a row apart."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found = ""
        self._inside = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._inside += tag in PASSED_OVER
        if tag in BLOCKS:
            self.found += "\n" + ("\n" if tag in {"h2", "h3"} else "")
        elif tag in {"td", "th", "dd", "small"}:
            self.found += " | "
        elif tag == "br":
            self.found += " / "

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag in PASSED_OVER

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.found += " ".join(data.split()) and re.sub(r"\s+", " ", data)

    def lines(self) -> list[str]:
        told = re.sub(r"\n\n+", "\n\n", self.found).split("\n")
        return [line.strip().removeprefix("| ") for line in told]


@pytest.mark.parametrize("name", PAGES)
def test_the_page_reads_as_it_did(name: str) -> None:
    page = PAGES[name]()
    # The tables of a figure's numbers are held by other tests, and long.
    page = re.sub(r"<table data-figure.*?</table>", "", page, flags=re.DOTALL)
    page = re.sub(r'<section aria-labelledby="use">.*?</section>', "", page, flags=re.DOTALL)
    text = "\n".join(Text(page).lines()).strip() + "\n"
    text = text.replace(f"cbtool {cbtool.__version__}", "cbtool VERSION")
    path = GOLDEN / f"{name}.txt"
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), "if this is meant, CBTOOL_UPDATE_GOLDEN=1 rewrites it"
