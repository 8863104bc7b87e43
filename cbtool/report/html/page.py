"""The page: the document, its figures, and the template that says where everything stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from cbtool.report.html import theme, words
from cbtool.report.html.choices import choices_of
from cbtool.report.html.escaping import json_in_script, printable, value_element
from cbtool.report.html.shown import at, breakable, shown
from cbtool.report.recommendation import when

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HERE = Path(__file__).parent
_MOST_INCIDENTS = 40
_MOST_ROWS = 100


def traffic_page(document: Mapping[str, Any]) -> str:
    """Return the page of a document about traffic."""
    from cbtool.report.html.figures.front import front  # noqa: PLC0415  # matplotlib
    from cbtool.report.html.figures.impact import impact  # noqa: PLC0415
    from cbtool.report.html.figures.latency import latency  # noqa: PLC0415
    from cbtool.report.html.figures.loads import loads  # noqa: PLC0415
    from cbtool.report.html.figures.timeline import timeline  # noqa: PLC0415

    figures = {
        "timeline": timeline(document),
        "impact": impact(document),
        "front": front(document),
        "loads": loads(document),
        "latency": latency(document),
    }
    return _rendered(
        "traffic.html.j2",
        document,
        figures,
        rows=lambda pointer, columns: _rows(at(document, pointer), [key for _, key in columns]),
        incidents_shown=_incidents_shown(document),
        choices=choices_of(document["recommendation"]),
        parts_of=_parts_of,
        reasoned=_reasoned,
        when=when,
    )


def sweep_page(document: Mapping[str, Any]) -> str:
    """Return the page of a document about a sweep."""
    from cbtool.report.html.figures.scatter import CHOICES, scatter  # noqa: PLC0415  # matplotlib

    chosen = document["chosen"]
    return _rendered(
        "sweep.html.j2",
        document,
        {"scatter": scatter(document)},
        shown_rows=list(range(min(document["distinct_on_front"], _MOST_ROWS))),
        letter_of={chosen[name]: letter for letter, name in CHOICES},
    )


def _rendered(template: str, document: Mapping[str, Any], figures: Mapping[str, str], **further: Any) -> str:
    def number(pointer: str, way: str) -> Markup:
        value = at(document, pointer)
        return value_element(pointer, value, shown(value, way), way)

    return (
        _templates()
        .get_template(template)
        .render(
            document=document,
            figures={name: Markup(svg) for name, svg in figures.items()},  # noqa: S704  # drawn here, escaped
            n=number,
            words=words,
            shown=shown,
            breakable=breakable,
            data=json_in_script(document),
            style=Markup(_style()),  # noqa: S704  # our own file
            **further,
        )
    )


def _rows(table: Mapping[str, Any], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return columns of the document as rows, as long as the shortest of them that is longer by one."""
    return list(zip(*(at(table, f"/{column}") for column in columns), strict=False))


def _reasoned(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any] | None]]:
    """Return the recommended settings in a profile's order, each with its reason where it has one."""
    answer = document["recommendation"]
    reasons = {reason["setting"]: reason for reason in answer["reasons"]}
    return [(name, reasons.get(name)) for name in answer["breaker"]]


def _parts_of(validation: Mapping[str, Any]) -> list[tuple[Mapping[str, Any], str]]:
    """Return each part of a validation, and where it stands."""
    here = "/recommendation/validation"
    parts = [(part, f"{here}/parts/{number}") for number, part in enumerate(validation["parts"])]
    return [(validation["held_out"], f"{here}/held_out"), *parts]


def _incidents_shown(document: Mapping[str, Any]) -> list[int]:
    """Return which incidents are listed: those to act on first, then those in doubt; in the log's order."""
    found = document["recommendation"]["incidents"]

    def rank(number: int) -> tuple[bool, bool, int]:
        return not found[number]["actionable"], not found[number]["doubtful"], number

    chosen = sorted(range(len(found)), key=rank)[:_MOST_INCIDENTS]
    return sorted(chosen)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _style() -> str:
    """Return the style sheet, with the theme's colours for light, dark and print."""
    sheet = (_HERE / "style.css").read_text(encoding="utf-8")
    light, dark = theme.variables(dark=False), theme.variables(dark=True)
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{sheet}"
