"""Plain text blocks that every command's report is made of: aligned tables and labelled lines, 80 columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

WIDTH = 80
"""Columns that a report stays within, where its words allow."""

_GAP = "  "
_NARROWEST = 20  # columns; a narrower last column reads worse than a line that is too long


def clean(text: str) -> str:
    """Return `text` with every character that could control a terminal replaced; newlines and tabs stay."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)


def one_line(text: str) -> str:
    """Return `text` as one printable line; a line break in it is data, not layout."""
    return "".join(c if c.isprintable() else "�" for c in text)


def table(
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    right: Container[int] = (),
    width: int = WIDTH,
) -> str:
    """Return rows as aligned columns under their headers.

    Where the table would be wider than `width`, the last column's words wrap under themselves.

    Args:
        headers: one a column; empty for a table without headers.
        rows: cells, as many as columns.
        right: the columns, from 0, that are aligned to the right, such as numbers.
        width: the columns to stay within.

    Returns:
        The lines, without a trailing newline.
    """
    cells = [[one_line(cell) for cell in row] for row in (headers, *rows) if row]
    if not cells:
        return ""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    last = len(widths) - 1
    room = max(_NARROWEST, width - sum(widths[:-1]) - len(_GAP) * last)
    if last not in right and widths[last] > room:
        widths[last] = room
        cells = [line for row in cells for line in _wrapped(row, room)]
    return "\n".join(_aligned(row, widths, right) for row in cells)


def labelled(pairs: Sequence[tuple[str, str]], *, width: int = WIDTH) -> str:
    """Return label and value pairs, one a line, the values aligned and wrapped."""
    return table((), pairs, width=width)


def listed(sentences: Sequence[str], *, width: int = WIDTH) -> str:
    """Return sentences with a dash before each, wrapped."""
    return "\n".join(
        textwrap.fill(one_line(sentence), width, initial_indent="- ", subsequent_indent="  ")
        for sentence in sentences
    )


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun: `1 call`, `1,250 calls`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def setting_text(value: object) -> str:
    """Return the value of a setting as people write it."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def share(part: float, whole: float) -> str:
    """Return `part` as a percentage of `whole`, `-` where there is no whole."""
    if not whole:
        return "-"
    percent = 100.0 * part / whole
    return f"{percent:.0f} %" if percent in (0.0, 100.0) or percent >= 99.95 else f"{percent:.3g} %"


def _aligned(row: Sequence[str], widths: Sequence[int], right: Container[int]) -> str:
    fields = (
        cell.rjust(width) if index in right else cell.ljust(width)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return _GAP.join(fields).rstrip()


def _wrapped(row: list[str], room: int) -> list[list[str]]:
    """Return one row as several, whose last cells are the wrapped parts of its last cell."""
    parts = textwrap.wrap(row[-1], room, break_long_words=False) or [""]
    blank = [""] * (len(row) - 1)
    return [[*(row[:-1] if not index else blank), part] for index, part in enumerate(parts)]
