"""Lines that one pattern takes apart: its named groups are the parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cbtool.traffic.scanning.lines import Escapes, Spans
from cbtool.traffic.scanning.matching import matched
from cbtool.traffic.scanning.pairs import pairs_in
from cbtool.traffic.scanning.patterns import program

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbtool.traffic.formats.log_format import Parts
    from cbtool.traffic.scanning.lines import Lines

PAIRS = "pairs"
"""The part in which `key=value` pairs stand."""


@dataclass(frozen=True, slots=True)
class PatternLines:
    r"""One call a line, each part a named group `(?<name>...)`; all absent where the pattern does not fit.

    Attributes:
        pattern: as `cbtool.traffic.scanning.patterns` has them.
        pairs: by the name of a part, the keys of the pairs in the part `pairs` that it is the value of.
        lists: those of them that are lists of numbers.
    """

    pattern: str
    pairs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()

    @property
    def header(self) -> bool:
        """These files have none."""
        return False

    def opened_by(self, sample: Sequence[str]) -> Parts | None:  # noqa: ARG002  # no line tells by itself
        """Return what finds the parts; it fits any file."""
        return self._taken

    def _taken(self, lines: Lines) -> Mapping[str, Spans]:
        made = program(self.pattern)
        start, end, escaped = matched(made, lines)
        parts = {
            name: Spans(lines.data, start[slot], end[slot], escaped[slot], Escapes.BACKSLASHES)
            for slot, name in enumerate(made.slots)
        }
        return parts | pairs_in(parts[PAIRS], self.pairs, self.lists) if self.pairs else parts
