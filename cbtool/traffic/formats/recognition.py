"""Which format a file has, from a sample of its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.traffic.formats.parsing import parse_lines
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cbtool.traffic.formats.log_format import LogFormat
    from cbtool.traffic.scanning.lines import Lines

MOST = 0.5
"""The share of the sample's lines above which a format is believed."""


def recognise(formats: Iterable[LogFormat], sample: Lines) -> LogFormat | None:
    """Return the format that most of the sample's lines have; None if there is none.

    Args:
        formats: the candidates; of equally good ones the first is taken.
        sample: the file's first lines that are not blank.
    """
    best, most = None, MOST
    texts = sample.texts()
    # Headers and JSON are told by the first line, patterns only by looking; none is better than all. What
    # says less fits more: Envoy's lines are common ones, too, whose durations would not be seen.
    for candidate in sorted(
        formats,
        key=lambda each: (
            pattern := isinstance(each.layout, PatternLines),
            pattern and each.duration is None,
        ),
    ):
        share = _share(candidate, sample, texts) if candidate.detected else 0.0
        if share > most:
            best, most = candidate, share
        if most == 1:
            break
    return best


def _share(candidate: LogFormat, sample: Lines, texts: Sequence[str]) -> float:
    """The share of the lines that are the candidate's; 1 for a header of its own with nothing below it."""
    parts = candidate.layout.opened_by(texts)
    if parts is None or candidate.by_header:
        return float(parts is not None)
    lines = sample[1:] if candidate.layout.header else sample
    if not len(lines):
        return 1.0
    parsed = parse_lines(candidate, parts, lines, texts=(), strict=True)
    return 1.0 - len(parsed.rejected) / parsed.lines if parsed.lines else 0.0
