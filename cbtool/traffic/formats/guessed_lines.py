"""Access lines in an order of somebody's own: a time, a quoted request, its status, and perhaps a duration.

nginx and the servers after it let users choose what a line says, and in which order. Where the file's first
lines have these parts, they are read; of the values behind the status, one that has a point in it on every
line is taken for the seconds that the request took: the one that a word names, or else the largest. What is
in quotes with more than a number is a client's, and is not looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.dated import DatedLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.moments import PARTS
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.traffic.formats.fields import Field

_TOLD = "the lines' parts were told by what they look like: a time, a request, its status, and "
_CERTAIN = "; --log-format with the server's own notation says it for certain"
_LINES = 100
_MOST = 0.6  # of the lines must look so
_NEARLY_ALL = 0.9  # of their values must be numbers
_FURTHEST = 8  # values from the end, and from the status
_SECOND_NS = 1_000_000_000
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_TIMES = {
    "clf": rf"[0-9]{{2}}/[A-Z][a-z]{{2}}/[0-9]{{4}}:{_CLOCK}(?:\.[0-9]+)?(?: [-+][0-9]{{4}})?",
    "iso": rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_CLOCK}(?:[.,][0-9]+)?(?: ?[-+][0-9]{{2}}:?[0-9]{{2}}|Z)?",
    "parts": rf"[0-9]{{2}}/[A-Z][a-z]{{2}}/[0-9]{{4}} {_CLOCK}",
}
_TEXT = r'(?:[^"\\]|\\.)*'
_REQUEST = rf'"(?:(?<method>[A-Z]+) (?<target>(?:[^ "\\]|\\.)*){_TEXT}|{_TEXT})" (?<status>[0-9]{{3}})'
_ASKED = re.compile(r'"[A-Z]{3,10} (?:[^ "\\]|\\.)*(?:[^"\\]|\\.)*" \d{3}(?= |$)')
_SECONDS = r"[0-9]+\.[0-9]+|-"
_OPENS, _CLOSES = r'["\[(]?', r'["\]),;]?'
_NAMED = re.compile(
    r"\b(request_time|request-time|req_time|rt|response_time|total_time|duration|took|elapsed)"
    r"[=: ]{1,2}[\"\[]?\d+\.\d"
)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_VALUE = rf'(?: (?:"{_TEXT}"|[^ ]+))'
_PLACE = re.compile(r'^["\[(]?(\d+\.\d{1,6}|-)["\]),;]?$')


class _Duration(NamedTuple):
    """Where it stands: the pattern of what is behind the status, and the same in words."""

    pattern: str
    words: str


def guessed_lines(lines: Sequence[str], *, timed: bool) -> LogFormat | None:
    """Return the format of such lines, the first of a file; None if they are of another kind.

    Args:
        lines: n of them.
        timed: only if there is a duration.
    """
    lines = lines[:_LINES]
    kind = next((kind for kind in _TIMES if len(_rests(lines, kind)) >= _MOST * len(lines)), None)
    if kind is None or not lines:
        return None
    duration = _duration(_rests(lines, kind))
    if timed and duration is None:
        return None
    pattern = rf"^.*?{_left(lines, kind)}{_time(kind)}.*?{_REQUEST}"
    layout = PatternLines(pattern + (duration.pattern if duration else r"(?: .*)?") + "$")
    made: dict[str, Field] = {
        "time": {"clf": fields.clf_time, "iso": fields.iso_time}.get(kind, fields.iso_time)(
            "moment" if kind == "parts" else "when"
        ),
        "path": fields.path("target"),
    }
    if duration:
        made["duration"] = fields.duration("seconds", fields.SECOND)
    found = f"durations from {duration.words}" if duration else "no duration"
    return LogFormat(
        name="guessed",
        summary="access lines whose parts were told by what they look like",
        layout=DatedLines(layout) if kind == "parts" else layout,
        fields=made,
        time=pl.col("time"),
        duration=pl.col("duration") if duration else None,
        status=columns.code(pl.col("status")),
        method=columns.http_method(pl.col("method")),
        path=pl.col("path"),
        stamp=Stamp.END,
        resolution_ns=_SECOND_NS,
        notes=(f"{_TOLD}{found}{_CERTAIN}",),
    )


def _rests(lines: Sequence[str], kind: str) -> list[str]:
    """What is behind the status, of the lines that have a time of this kind, a request and a status."""
    found = []
    time = re.compile(_TIMES[kind])
    for line in lines:
        dated = time.search(line)
        asked = _ASKED.search(line, dated.end()) if dated else None
        if asked is not None:
            found.append(line[asked.end() :])
    return found


def _left(lines: Sequence[str], kind: str) -> str:
    """The character that stands before most lines' time."""
    starts = [found.start() for line in lines if (found := re.search(_TIMES[kind], line))]
    before = Counter(line[at - 1 : at] for line, at in zip(lines, starts, strict=False))
    return re.escape(before.most_common(1)[0][0])


def _time(kind: str) -> str:
    if kind != "parts":
        return f"(?<when>{_TIMES[kind]})"
    parts = {name: f"(?<{name}>{PARTS[name]})" for name in PARTS}
    return "{day}/{month_name}/{year} {hour}:{minute}:{second}".format(**parts)


def _bare(rest: str) -> str:
    """A line's rest, with one word in the place of each text."""
    return _QUOTED.sub(lambda found: found[0] if _PLACE.match(found[1]) else '"Q"', rest)


def _duration(rests: Sequence[str]) -> _Duration | None:
    rests = [_bare(rest) for rest in rests]
    named = Counter(found[1] for rest in rests for found in _NAMED.finditer(rest))
    if named and named.most_common(1)[0][1] >= _MOST * len(rests):
        name = min((n for n, count in named.items() if count >= _MOST * len(rests)), key=_rank)
        return _Duration(rf'.*?[^\w]{name}[=: ]+["\[]?(?<seconds>{_SECONDS}).*', f"what is called {name}")
    found: list[tuple[float, int, _Duration]] = []
    for place in range(_FURTHEST):
        end = _sum(rests, -1 - place)
        if end is not None:
            words = "the last value" if not place else f"value {place + 1} from the end"
            pattern = rf".*? {_OPENS}(?<seconds>{_SECONDS}){_CLOSES}" + _VALUE * place
            found.append((end, -place, _Duration(pattern, words)))
        start = _sum(rests, place + 1)
        if start is not None and not end:
            pattern = _VALUE * place + rf" {_OPENS}(?<seconds>{_SECONDS}){_CLOSES}(?: .*)?"
            found.append(
                (start, -_FURTHEST - place, _Duration(pattern, f"value {place + 1} behind the status"))
            )
    return max(found)[2] if found else None


def _rank(name: str) -> int:
    """The whole request's time before an upstream's."""
    return 0 if name.startswith(("req", "rt")) else 1


def _sum(rests: Sequence[str], at: int) -> float | None:
    """The sum of the values at one place, if nearly all lines have a number there."""
    numbers, there = 0.0, 0
    decimals = 0
    for rest in rests:
        values = rest.split(" ")
        found = _PLACE.match(values[at]) if -len(values) <= at < len(values) else None
        if found is not None:
            there += 1
            decimals += found[1] != "-"
            numbers += float(found[1]) if found[1] != "-" else 0.0
    return numbers if there >= _NEARLY_ALL * len(rests) and decimals * 2 >= len(rests) > 0 else None
