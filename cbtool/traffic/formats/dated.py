"""Lines of a pattern whose time is in several parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cbtool.traffic.formats.moments import moments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbtool.traffic.formats.log_format import Parts
    from cbtool.traffic.formats.patterns import PatternLines
    from cbtool.traffic.scanning.lines import Lines, Spans

MOMENT = "moment"
"""The part that is the whole time."""


@dataclass(frozen=True, slots=True)
class DatedLines:
    """Lines of a pattern, of whose parts some make a time, the part `moment`."""

    lines: PatternLines

    @property
    def header(self) -> bool:
        """These files have none."""
        return False

    def opened_by(self, sample: Sequence[str]) -> Parts | None:
        """Return what finds the parts; it fits any file."""
        taken = self.lines.opened_by(sample)
        return None if taken is None else lambda lines: self._dated(lines, taken)

    @staticmethod
    def _dated(lines: Lines, taken: Parts) -> Mapping[str, Spans]:
        parts = taken(lines)
        return {**parts, MOMENT: moments(parts)}
