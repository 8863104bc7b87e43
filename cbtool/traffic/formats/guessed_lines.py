"""Access lines in an order of somebody's own: a time, a request, its status, and perhaps a duration.

Servers let users choose what a line says, and in which order, and frameworks have orders of their own. Where
the file's first lines have these parts, they are read: the request quoted or not, the status behind it, the
duration where `durations.py` finds it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.dated import DatedLines
from cbtool.traffic.formats.durations import MOST, Duration, duration_in
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.moments import PARTS
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.traffic.formats.fields import Field

_TOLD = "the lines' parts were told by what they look like: a time, a request, its status, and "
_CERTAIN = "; --log-format with the server's own notation says it for certain"
_AMONG = "most lines are of other kinds: they were passed over, whatever they say"
_LINES = 100
_FEWEST, _AMONG_OTHERS = 3, 0.1  # lines that must look so among others
_SECOND_NS = 1_000_000_000
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_DAY = "[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}"
_PARTED = {
    "parts": (
        "{day}/{month_name}/{year} {hour}:{minute}:{second}",
        rf"[0-9]{{2}}/[A-Z][a-z]{{2}}/[0-9]{{4}} {_CLOCK}",
    ),
    "ctime": (
        "{month_name} {day} {hour}:{minute}:{second} {year}",
        rf"[A-Z][a-z]{{2}} [ 0-9][0-9] {_CLOCK} [0-9]{{4}}",
    ),
    "short": ("{years}{month}{day} {hour}:{minute}:{second}", rf"[0-9]{{6}} {_CLOCK}"),
}
_TIMES = {
    "clf": rf"[0-9]{{2}}/[A-Z][a-z]{{2}}/[0-9]{{4}}:{_CLOCK}(?:\.[0-9]+)?(?: [-+][0-9]{{4}})?",
    "iso": rf"{_DAY}[T ]{_CLOCK}(?:[.,][0-9]+)?(?: ?[-+][0-9]{{2}}:?[0-9]{{2}}|Z)?",
    **{kind: looks for kind, (_, looks) in _PARTED.items()},
}
_TEXT = r'(?:[^"\\]|\\.)*'
_METHODS = "(?:GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|CONNECT|TRACE|PROPFIND|REPORT)"


class _Shape(NamedTuple):
    """A request and its status: how to tell them, and the pattern that takes them apart."""

    told_by: re.Pattern[str]
    pattern: str
    duration: Duration | None = None  # that is a part of it


def _quoted(behind: str) -> _Shape:
    """What is quoted is the request; the status stands behind it and a text."""
    return _Shape(
        re.compile(rf'"[A-Z]{{3,10}} (?:[^ "\\]|\\.)*{_TEXT}"{behind}\d{{3}}(?=[ |,;]|$)'),
        rf'"(?:(?<method>[A-Z]+) (?<target>(?:[^ "\\]|\\.)*){_TEXT}|{_TEXT})"{behind}(?<status>[0-9]{{3}})',
    )


def _bare(between: str, pattern: str) -> _Shape:
    """The request is not quoted, and begins with a method that there is."""
    return _Shape(
        re.compile(rf"(?<![\w\"]){_METHODS} (?:/|https?:)[^ ]*{between}\d{{3}}(?=[ |,;]|$)"),
        rf"(?<method>{_METHODS}) (?<target>[^ ]+){pattern}(?<status>[0-9]{{3}})",
    )


def _uwsgis() -> _Shape:
    """UWSGI's own lines, which have the duration before the status."""
    found, behind = "=> generated [0-9]+ bytes in ", r"[^(]*\(HTTP/[^ ]+ "
    return _Shape(
        re.compile(rf"{_METHODS} [^ ]+ {found}\d+ (?:msecs|micros){behind}\d{{3}}(?=\))"),
        rf"(?<method>{_METHODS}) (?<target>[^ ]+) {found}(?<took>[0-9]+ (?:msecs|micros)){behind}"
        r"(?<status>[0-9]{3})",
        Duration(r"\).*", fields.timed("took"), "the value before msecs or micros", begun=True),
    )


_SHAPES = (
    _quoted(" "),
    _quoted(".*?status[:=] ?"),
    _quoted(" from [^ ]+ - "),
    _quoted(r' \| "[^"]*" "[^"]*" \| '),
    _bare(r" HTTP/\d(?:\.\d)? ", r" HTTP/[0-9.]+ "),
    _bare(" ", " "),
    _bare(" responded ", " responded "),
    _Shape(
        re.compile(rf"(?<=\s)\d{{3}} {_METHODS} (?:/|https?:)[^ ]*"),
        rf" (?<status>[0-9]{{3}}) (?<method>{_METHODS}) (?<target>[^ ]+)",
    ),
    _Shape(
        re.compile(rf"(?<=\[)\d{{3}}\]: {_METHODS} (?:/|https?:)[^ ]*"),
        rf"\[(?<status>[0-9]{{3}})\]: (?<method>{_METHODS}) (?<target>[^ ]+)",
    ),
    _Shape(
        re.compile(rf"\| *\d{{3}} \| *[\d.a-zµ]+ *\|[^|]*\| *{_METHODS} *\| *(?:/|https?:)[^ ]*"),
        r"\| *(?<status>[0-9]{3}) \| *(?<took>[0-9][^ |]*) *\|[^|]*\| *"
        rf"(?<method>{_METHODS}) *\| *(?<target>[^ ]+)",
        Duration(".*", fields.timed("took"), "the value behind the status"),
    ),
    _uwsgis(),
)


def guessed_lines(lines: Sequence[str], *, timed: bool) -> LogFormat | None:
    """Return the format of such lines, the first of a file; None if they are of another kind.

    Args:
        lines: n of them.
        timed: only if there is a duration.
    """
    lines = lines[:_LINES]
    found = _found(lines)
    if found is None:
        return None
    kind, shape, rests = found
    among = len(rests) < MOST * len(lines)
    duration = shape.duration or duration_in(rests)
    if timed and (duration is None or among):
        return None
    pattern = rf".*?{_left(lines, kind)}{_time(kind)}.*?{shape.pattern}"
    pattern += duration.pattern if duration else r"(?:[^0-9].*)?"
    layout = PatternLines(rf"^(?:{pattern}|(?<other>.*))$" if among else f"^{pattern}$")
    parted = kind in _PARTED
    made: dict[str, Field] = {
        "time": (fields.clf_time if kind == "clf" else fields.iso_time)("moment" if parted else "when"),
        "path": fields.path("target"),
    }
    if duration:
        made["duration"] = duration.field
    if among:
        made["other"] = fields.is_named("other")
    told = f"durations from {duration.words}" if duration else "no duration"
    return LogFormat(
        name="guessed",
        summary="access lines whose parts were told by what they look like",
        layout=DatedLines(layout) if parted else layout,
        fields=made,
        time=pl.col("time"),
        duration=pl.col("duration") if duration else None,
        status=columns.code(pl.col("status")),
        method=columns.http_method(pl.col("method")),
        path=pl.col("path"),
        skipped=pl.col("other") if among else None,
        stamp=Stamp.START if duration is not None and duration.begun else Stamp.END,
        resolution_ns=_SECOND_NS,
        notes=(f"{_TOLD}{told}{_CERTAIN}", *((_AMONG,) if among else ())),
    )


def _found(lines: Sequence[str]) -> tuple[str, _Shape, list[str]] | None:
    """Return which time and which shape most lines have, or enough of them, and what is behind the status."""
    best, most = None, max(_FEWEST, _AMONG_OTHERS * len(lines)) - 1
    for shape in _SHAPES:
        for kind in _TIMES:
            rests = _rests(lines, kind, shape)
            if len(rests) > most or len(rests) >= max(1, MOST * len(lines)):
                best, most = (kind, shape, rests), len(rests)
            if len(rests) >= MOST * len(lines):
                return best
    return best


def _rests(lines: Sequence[str], kind: str, shape: _Shape) -> list[str]:
    """What is behind the status, of the lines that have a time of this kind, a request and a status."""
    found = []
    time = re.compile(_TIMES[kind])
    for line in lines:
        dated = time.search(line)
        asked = shape.told_by.search(line, dated.end()) if dated else None
        if asked is not None:
            found.append(line[asked.end() :])
    return found


def _left(lines: Sequence[str], kind: str) -> str:
    """The character that stands before most lines' time."""
    starts = [found.start() for line in lines if (found := re.search(_TIMES[kind], line))]
    before = Counter(line[at - 1 : at] for line, at in zip(lines, starts, strict=False))
    return re.escape(before.most_common(1)[0][0])


def _time(kind: str) -> str:
    if kind not in _PARTED:
        return f"(?<when>{_TIMES[kind]})"
    parts = {name: f"(?<{name}>{PARTS[name]})" for name in PARTS}
    if kind == "short":
        parts |= {name: f"(?<{name}>[0-9]{{2}})" for name in ("month", "day")}
    return _PARTED[kind][0].format(**parts)
