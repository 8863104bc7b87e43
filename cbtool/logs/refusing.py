"""What is said of a file that is no log that can be read, and of lines that did not parse."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cbtool.errors import WrongFormatError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.traffic.formats import LogFormat

_SHOWN = 60
_LONGEST = 600  # characters of advice
_DATED_WITHIN = 4096  # characters of a line in which its time is looked for


class RejectedLine(NamedTuple):
    """A line that did not parse: where it is, and how it begins, with control characters replaced."""

    file: str
    line: int
    text: str


_ADVICE = (
    "a log's lines have a time and a status of HTTP: say what these have with --log-format (a name, such as"
    " combined, or the server's own format string: see docs/formats.md), or with --map what columns mean"
)

_KNOWN_OTHERS = {
    r"Type,Name,Request Count": "Locust's summary, which has no times (its …_stats_history.csv has them)",
    r"Method,Name,Error,Occurrences": "Locust's failures, which are sums (its …_stats_history.csv has times)",
    r"(?:.*\]: )?Connect from \S+ to \S+ \(": "HAProxy's default log, which says nothing of answers"
    " (option httplog or tcplog does)",
    r'INFO: +\S+:\d+ - "[A-Z]+ ': "uvicorn's log as it is by default, which has no times",
    r"[A-Z]{3,7} \S+ \d{3} [\d.]+ ms": "morgan's tiny or dev format, which has no times (combined has)",
    r"\S+ - [A-Z]{3,7} \S+ HTTP/\S+ \d{3} ": "morgan's short format, which has no times (combined has)",
    r"\d\d:\d\d:\d\d \| +\d{3} \|[^|]*\|[^|]*\|[^|]*\| /": "Fiber's log as it is by default, which has no"
    " dates (TimeFormat gives them)",
    r"(?:info|warn|fail|dbug): Microsoft\.AspNetCore": "ASP.NET Core's console log as it is by default, which"
    " has no times (TimestampFormat gives them)",
    r"\[\d\d:\d\d:\d\d [A-Z]{3}\] ": "Serilog's console log as it is by default, which has no dates"
    " (outputTemplate gives them)",
    r'\{.{0,2000}?"category": ?"FrontDoorHealthProbeLog"': "Front Door's health probes, which are not what"
    " clients asked (its FrontDoorAccessLog has that)",
    r"Summary:\s*$": "hey's or oha's summary, which has no single calls"
    " (hey -o csv, oha --output-format csv)",
    r"Running \S+ test @ ": "a summary of wrk or autocannon, which has no single calls",
    r"This is ApacheBench": "ApacheBench's summary, which has no single calls",
    r"Bombarding ": "bombardier's summary, which has no single calls",
}
"""By how they begin, files of programs whose other files can be read."""

_NAMED_COLUMNS = {
    "#separator ": ("#fields", {"status_code"}, "a Zeek log without statuses (its http.log has them)"),
    "#": (
        "#Fields:",
        {"date", "time", "sc-status", "cs-uri-stem"},
        "a W3C log without sc-status, cs-uri-stem or a date and time",
    ),
}
"""By how they begin, files of which a line names the columns: what it begins with, and what must be there."""

_DIRECTED = re.compile(r"#(?:separator |(?:Software|Version|Fields):)")

_YEARS = re.compile(r"\b\d\d/[A-Z][a-z]{2}/(\d{4}):\d\d:\d\d:\d\d|\b(\d{4})-\d\d-\d\d[T ]\d\d:\d\d:\d\d")
_SANE_YEARS = range(1970, 2200)


def is_other(lines: Sequence[str]) -> bool:
    """Return whether a file that begins with these lines is of a program whose other files can be read."""
    return bool(_DIRECTED.match(lines[0])) or any(re.match(begins, lines[0]) for begins in _KNOWN_OTHERS)


def problem_of(chosen: Sequence[LogFormat], lines: Sequence[str]) -> str:
    """Return why a file is not read that begins with these lines; none of the formats `chosen` fits it."""
    other = next((what for begins, what in _KNOWN_OTHERS.items() if re.match(begins, lines[0])), None)
    if not chosen and _DIRECTED.match(lines[0]):
        other = _directed(lines)
    if other is not None and not chosen:
        return other
    for dated in filter(None, (_YEARS.search(line[:_DATED_WITHIN]) for line in lines)):
        if int(dated[1] or dated[2]) not in _SANE_YEARS:
            return f"the time {dated[0]} is not between {_SANE_YEARS[0]} and {_SANE_YEARS[-1]}"
    if not chosen:
        return "no known log format"
    return f"not {chosen[0].name}" if len(chosen) == 1 else "without the columns that --map names"


def _directed(lines: Sequence[str]) -> str:
    """Return why a file is not read in which a line names the columns."""
    directive, needed, lacks = next(
        what for begins, what in _NAMED_COLUMNS.items() if lines[0].startswith(begins)
    )
    named = next((line.split() for line in lines if line.startswith(directive)), None)
    if named is None:
        return f"a log without its line {directive}, which names the columns"
    return f"no row fits the columns that {directive} names" if needed.issubset(named) else lacks


def wrong_format(where: RejectedLine, problem: str, advice: str | None = None) -> WrongFormatError:
    """Return what to raise: what is wrong, where, and how to go on.

    Args:
        where: the line that tells.
        problem: what is wrong.
        advice: what was seen in the file and what to do; None: nothing of a log was.
    """
    told = None if advice is None else f"{shown(advice, _LONGEST)}; or name one of docs/formats.md"
    return WrongFormatError(
        f"{where.file}:{where.line}: {problem}: '{shown(where.text)}'\n" + (told or _ADVICE)
    )


def shown(text: str, most: int = _SHOWN) -> str:
    """The beginning of a text, with everything that could act on a terminal replaced."""
    clean = "".join(c if c.isprintable() else "\ufffd" for c in text[:most])
    return clean + "…" if len(text) > most else clean
