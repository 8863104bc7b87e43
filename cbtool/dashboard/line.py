"""Lines of styled text: the one thing that a frame is made of.

A line is a list of spans, each a text and the name of a style in `palette`. Every character is one column
wide, which `clean` sees to, so that columns can be counted with `len`.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ELLIPSIS = "…"


class Span(NamedTuple):
    """A piece of a line."""

    text: str
    style: str = ""


Line: TypeAlias = list[Span]


def clean(text: str) -> str:
    """Return text that fits one line and controls nothing: one printable, one-column character each."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if _is_plain(c) else "�" for c in text)


def width_of(line: Line) -> int:
    """Return how many columns a line takes."""
    return sum(len(span.text) for span in line)


def fit(line: Line, width: int) -> Line:
    """Return a line of exactly `width` columns: padded with spaces, or cut with an ellipsis."""
    room = width - width_of(line)
    if room == 0:
        return line
    if room > 0:
        return [*line, Span(" " * room)]
    return _cut(line, width)


def trimmed(line: Line) -> Line:
    """Return a line without the blanks at its end."""
    end = len(line)
    while end and not line[end - 1].style and not line[end - 1].text.strip():
        end -= 1
    return line[:end]


def justify(left: Line, right: Line, width: int) -> Line:
    """Return both ends in one line; the left one is cut first, then the right one left out."""
    room = width - width_of(right)
    if not right or room < 8:
        return fit(left, width)
    if width_of(left) > room - 1:
        left = _cut(left, room - 1)
    return [*left, Span(" " * (room - width_of(left))), *right]


def beside(columns: Sequence[Sequence[Line]], width: int, gap: int = 3) -> list[Line]:
    """Return blocks of lines side by side in columns of the same width."""
    each = (width - gap * (len(columns) - 1)) // len(columns)
    rows = max(map(len, columns))
    lines = []
    for row in range(rows):
        line: Line = []
        for block in columns:
            if line:
                line.append(Span(" " * gap))
            line.extend(fit(block[row] if row < len(block) else [], each))
        lines.append(line)
    return lines


def rule(titles: Iterable[str], width: int, gap: int = 3) -> Line:
    """Return a heading: a thin line with one title at the head of each of the columns below."""
    titles = list(titles)
    each = (width - gap * (len(titles) - 1)) // len(titles)
    line: Line = []
    for index, title in enumerate(titles):
        last = index == len(titles) - 1
        room = width - width_of(line) if last else each + gap
        line.append(Span(title[: room - 1] + " ", "heading"))
        dashes = room - len(line[-1].text) - (not last)
        line.append(Span("─" * dashes + " " * (not last), "faint"))
    return line


def _cut(line: Line, width: int) -> Line:
    if width <= 0:
        return []
    kept: Line = []
    left = width - 1
    for text, style in line:
        if len(text) > left:
            kept.append(Span(text[:left] + ELLIPSIS, style))
            return kept
        kept.append(Span(text, style))
        left -= len(text)
    return kept


def _is_plain(character: str) -> bool:
    return (
        character.isprintable()
        and unicodedata.east_asian_width(character) not in ("W", "F")
        and not unicodedata.combining(character)
    )
