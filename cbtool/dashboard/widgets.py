"""The drawn things: a gauge, a chart over time, a badge. Characters and style names, no more."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from cbtool.breaker import State
from cbtool.dashboard.line import Line, Span
from cbtool.report.blocks import block_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

STATE_NAMES = {State.CLOSED: "CLOSED", State.OPEN: "OPEN", State.HALF_OPEN: "HALF-OPEN"}
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_TRACK = "░"
_MARK = "│"


def gauge(share: float, width: int, style: str, *, mark: float | None = None) -> Line:
    """Return a horizontal bar of `width` columns.

    Args:
        share: how much of it is filled, 0 to 1; more is full.
        width: columns.
        style: of the filled part.
        mark: where a threshold stands, 0 to 1.
    """
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    if share > 0:
        eighths = max(eighths, 1)
    whole, part = divmod(eighths, 8)
    filled = "█" * whole + (_EIGHTHS[part] if part else "")
    bar = filled + _TRACK * (width - len(filled))
    if mark is None:
        return [Span(filled, style), Span(bar[len(filled) :], "track")]
    place = min(max(round(mark * width) - 1, 0), width - 1)
    pieces = [(bar[:place], 0), (_MARK, place), (bar[place + 1 :], place + 1)]
    line: Line = []
    for text, start in pieces:
        if text == _MARK and start == place:
            line.append(Span(text, "mark"))
            continue
        inside = max(0, min(len(filled) - start, len(text)))
        line += [Span(text[:inside], style), Span(text[inside:], "track")]
    return [span for span in line if span.text]


def chart(values: Sequence[float | None], height: int, styles: Sequence[str]) -> list[Line]:
    """Return columns of blocks, `height` rows high, one a value.

    Args:
        values: 0 to 1 each; None leaves a gap. What is above 0 shows at least the lowest block.
        height: rows.
        styles: one a value.
    """
    rows = block_rows(values, height)
    lengths = [(style, len(list(run))) for style, run in groupby(styles)]
    lines: list[Line] = []
    for row in rows:
        line, at = [], 0
        for style, length in lengths:
            line.append(Span(row[at : at + length], style))
            at += length
        lines.append(line)
    return lines


def badge(text: str, state: State, *, large: bool) -> list[Line]:
    """Return a state's name in its colour: one row, or three rows for the eyes of 3 a.m."""
    style = f"badge_{state.label}"
    if not large:
        return [[Span(f" {text} ", style)]]
    name = " ".join(text) if len(text) <= 6 else text
    middle = f"   {name}   "
    blank = " " * len(middle)
    return [[Span(blank, style)], [Span(middle, style)], [Span(blank, style)]]
