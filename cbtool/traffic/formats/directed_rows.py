"""Rows below a line that names their columns: W3C's extended log format, and Zeek's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cbtool.traffic.scanning.lines import ABSENT, NULL, Spans
from cbtool.traffic.scanning.rows import split

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.traffic.formats.log_format import Parts
    from cbtool.traffic.scanning.lines import Lines

_COMMENT, _TAB, _DASH = b"#\t-"


@dataclass(frozen=True, slots=True)
class DirectedRows:
    """Rows whose columns a line such as `#Fields:` above them names, split at tabs or else at spaces.

    The parts are `columns`, absent where a row's directive lacks them, and null where the value is a dash;
    `comment`, on the lines that are one; and, of a date and a time in columns, `moment`: both together.

    Attributes:
        columns: the columns to take, as the directive spells them.
        required: columns without which it is another program's log.
        directive: what the line that names them begins with.
    """

    columns: tuple[str, ...]
    required: frozenset[str]
    directive: str = "#Fields:"

    @property
    def header(self) -> bool:
        """The directives stand among the rows."""
        return False

    def opened_by(self, sample: Sequence[str]) -> Parts | None:
        """Return what finds the parts; None if no line is a directive that names what is required."""
        names = next((self._named(line) for line in sample if line.startswith(self.directive)), [])
        if not self.required.issubset(names):
            return None
        return lambda lines: self._taken(lines, names)

    def _taken(self, lines: Lines, names: list[str]) -> dict[str, Spans]:
        """Take a block apart, each stretch below a directive by its own."""
        comments = lines.begin_with(_COMMENT)
        turns = [at for at in np.flatnonzero(comments).tolist() if lines.text(at).startswith(self.directive)]
        stretches, start = [], 0
        for turn in [*turns, len(lines)]:
            stretches.append(self._split(lines[start:turn], names))
            if turn < len(lines):
                names, start = self._named(lines.text(turn)), turn
        parts = {
            name: Spans(
                lines.data,
                np.concatenate([stretch[name].start for stretch in stretches]),
                np.concatenate([stretch[name].end for stretch in stretches]),
            )
            for name in self.columns
        }
        comment = np.where(comments, lines.start, ABSENT)
        parts["comment"] = Spans(lines.data, comment, lines.end)
        if "date" in parts:
            parts["moment"] = moment(parts["date"], parts["time"])
        return parts

    def _split(self, lines: Lines, names: list[str]) -> dict[str, Spans]:
        delimiter = "\t" if lines.contain(_TAB) else " "
        found = split(lines, delimiter, names, self.columns, quotes=False, exact=True)
        absent = Spans.nowhere(len(lines))
        return {name: _without_dash(found[name]) if name in found else absent for name in self.columns}

    def _named(self, line: str) -> list[str]:
        return line.removeprefix(self.directive).split()


def _without_dash(spans: Spans) -> Spans:
    dash = spans.filled & (spans.end - spans.start == 1)
    dash[dash] = spans.data[spans.start[dash]] == _DASH
    return spans._replace(start=np.where(dash, NULL, spans.start)) if dash.any() else spans


def moment(date: Spans, time: Spans) -> Spans:
    """Return a date and a time that stand in two columns, as one text."""
    sound = _long(date, len("2026-11-24")) & _long(time, len("10:00:00"))
    text = np.full((len(sound), len("2026-11-24 10:00:00")), ord(" "), np.uint8)
    for spans, place in ((date, 0), (time, len("2026-11-24 "))):
        size = min(text.shape[1] - place, len("2026-11-24"))
        text[sound, place : place + size] = spans.data[spans.start[sound, None] + np.arange(size)]
    start = np.arange(len(sound), dtype=np.int32) * np.int32(text.shape[1])
    text.flags.writeable = False  # as all other bytes are, so that one compilation does for both
    return Spans(text.ravel(), np.where(sound, start, ABSENT), start + np.int32(text.shape[1]))


def _long(spans: Spans, length: int) -> NDArray[np.bool_]:
    fits: NDArray[np.bool_] = (spans.start >= 0) & (spans.end - spans.start == length)
    return fits
