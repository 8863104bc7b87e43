"""The words for a pull request that changes a breaker's settings, as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.report.html.shown import NOTHING, at, shown
from cbtool.report.html.words import headline, verdict
from cbtool.report.markdown import escaped
from cbtool.report.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DID = (
    ("trips", "/simulation/trips", "count"),
    ("false trips", "/judgement/false_trips", "count"),
    ("incidents caught", "/judgement/caught", "count"),
    ("opened after", "/judgement/detection_delay", "duration"),
    ("failing calls shed", "/failed_shed_percent", "percent"),
    ("healthy calls refused", "/healthy_refused_percent", "percent"),
    ("time open", "/time_open_percent", "percent"),
)


def pull_request(document: Mapping[str, Any], command: str) -> str:
    """Return the description; of a refusal, what is missing.

    Args:
        document: the page's.
        command: what finds the settings again.
    """
    answer = document["recommendation"]
    lines = [f"{verdict(document)} Traffic: {escaped(document['source'])}.", ""]
    if document["after"] is None:
        lines += [f"- needs {escaped(need)}" for need in answer["needs"]]
        return "\n".join(lines) + "\n"
    before = document["before"]
    rows = [
        [
            f"`{reason['setting']}`",
            _code(before["breaker"].get(reason["setting"])),
            _code(reason["value"]),
            escaped(reason["why"]),
        ]
        for reason in answer["reasons"]
    ]
    lines += _table(["setting", f"before ({escaped(before['title'])})", "after", "why"], rows)
    lines += ["", escaped(headline(document)), ""]
    lines += _table(["on these calls", "before", "after"], [_did(document, *row) for row in _DID])
    lines += ["", "Expected on traffic like this:", "", *(f"- {each}" for each in _expected(answer))]
    if answer["notes"]:
        lines += ["", "To know:", "", *(f"- {escaped(note)}" for note in answer["notes"])]
    lines += ["", f"Found by `{_plain(command)}` (cbtool {document['cbtool']}, seed {answer['seed']})."]
    return "\n".join(lines) + "\n"


def _did(document: Mapping[str, Any], name: str, pointer: str, way: str) -> list[str]:
    return [name, *(shown(at(document[role], pointer), way) for role in ("before", "after"))]


def _expected(answer: Mapping[str, Any]) -> list[str]:
    expected = answer["expected"]
    trips, delay = expected["false_trips_per_day"], expected["detection_delay_s"]
    shed = expected["bad_calls_shed_percent"]
    said = [f"false trips: {shown(trips['value'], 'often')} (up to {shown(trips['high'], 'often')})"]
    if delay["value"] is not None:
        span = f"{shown(delay['low'], 'duration')} to {shown(delay['high'], 'duration')}"
        said.append(f"opens after {shown(delay['value'], 'duration')} ({span})")
    if shed["value"] is not None:
        span = f"{shown(shed['low'], 'percent')} to {shown(shed['high'], 'percent')}"
        said.append(f"bad calls shed: {shown(shed['value'], 'percent')} ({span})")
    return said


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]


def _code(value: Any) -> str:
    return NOTHING if value is None else f"`{_plain(shown(value, 'setting'))}`"


def _plain(text: str) -> str:
    return one_line(text).replace("`", "'").replace("|", "\\|")
