"""Formats from a server's own notation: nginx's, Apache's, Envoy's and HAProxy's.

Every field becomes a group of one pattern, and the text between them stands for itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.errors import ConfigurationError
from cbtool.traffic.calls import UNKNOWN_DURATION
from cbtool.traffic.formats import columns, fields, haproxy, proxies
from cbtool.traffic.formats.dated import MOMENT, DatedLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.moments import PARTS, is_moment
from cbtool.traffic.formats.notations import END, Notation, Piece, notation_of
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.traffic.formats.fields import Field

_TEXT = r'(?:[^"\\]|\\.)*'
_REQUEST = rf'(?<method>[A-Z]+) (?<target>(?:[^ "\\]|\\.)*){_TEXT}'
_CLF = r"[0-9]{2}/\w{3}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}"
_SECOND_NS = 1_000_000_000
_SHAPES = {
    **PARTS,
    "clf": rf"{_CLF} [-+][0-9]{{4}}",
    "clf_bare": rf"{_CLF}(?: [-+][0-9]{{4}})?",
    "clf_ms": rf"{_CLF}\.[0-9]{{3}}",
    "zone_name": r"[A-Za-z]+",
    "letters": r"[A-Za-z]+",
    "milli": r"[0-9]{3}",
    "micro": r"[0-9]{6}",
    "fraction": r"[0-9]{1,9}",
    "status": r"-?[0-9]{1,3}",
    **dict.fromkeys(("taken_us", "taken_ms", "taken_s"), r"[-+]?[0-9.]+|-"),
    "upstream_s": r"(?:[0-9.]+|-)(?:(?:, ?| : )(?:[0-9.]+|-))*",
}
"""By role, what a field looks like where it is always the same."""

_TIMES: dict[str, Callable[[str], Field]] = {
    "seconds": fields.unix_time,
    "milliseconds": lambda of: fields.unix_time(of, fields.MILLISECOND),
    "microseconds": lambda of: fields.unix_time(of, fields.MICROSECOND),
    "iso": fields.iso_time,
    "clf_ms": fields.clf_time,
    MOMENT: fields.iso_time,
    "clf_bare": fields.clf_time,
    "clf": fields.clf_time,
}
"""By the role of a field, how its text becomes Unix nanoseconds; the finest ones first."""
_WHOLE_SECONDS = ("iso", MOMENT, "clf", "clf_bare")
_FRACTIONS: dict[str, Callable[[str], Field]] = {
    "milli": lambda of: fields.duration(of, fields.MILLISECOND),
    "micro": lambda of: fields.duration(of, fields.MICROSECOND),
    "fraction": fields.fraction,
}
"""What stands behind the second, apart from it."""
_DURATIONS: dict[str, Callable[[str], Field]] = {
    "taken_us": lambda of: fields.duration(of, fields.MICROSECOND),
    "taken_ms": lambda of: fields.duration(of, fields.MILLISECOND, negative=UNKNOWN_DURATION),
    "taken_s": lambda of: fields.duration(of, fields.SECOND),
    # nginx lists the times of every server that it tried; the call took all of them.
    "upstream_s": fields.durations,
}
_NUMBERS = {"status": "the status", **dict.fromkeys(_DURATIONS, "the duration")}
_WANTED = {
    "nginx": {"time": "$time_local, $time_iso8601 or $msec", "status": "$status"},
    "Apache": {"time": "%t", "status": "%>s"},
    "Envoy": {"time": "%START_TIME%", "status": "%RESPONSE_CODE%"},
    "HAProxy": {"time": "%tr, %trg or %Ts", "status": "%ST"},
}


def template_format(text: str) -> LogFormat:
    """Return the format that a server's notation describes.

    Raises:
        ConfigurationError: it has no time, or no status.
    """
    notation = notation_of(text)
    whose = notation.whose
    pattern, roles = _pattern(notation.pieces, whose)
    dated = is_moment(roles)
    time = next((role for role in _TIMES if role in roles or (role == MOMENT and dated)), None)
    if time is None or "status" not in roles:
        missing = "time" if time is None else "status"
        raise ConfigurationError(
            f"the log format has no {missing}: it needs {_WANTED[whose][missing]} ({text!r})"
        )
    fraction = next((role for role in _FRACTIONS if role in roles), None) if time != "clf_ms" else None
    made = {"time": _TIMES[time](time)}
    if fraction is not None:
        made["fraction"] = _FRACTIONS[fraction](fraction)
    ended = whose == "nginx" or "%{end:" in text
    lines = PatternLines(pattern)
    return LogFormat(
        name="template",
        summary="a format in nginx's, Apache's, Envoy's or HAProxy's own notation",
        layout=DatedLines(lines) if dated else lines,
        time=pl.col("time") if fraction is None else pl.col("time") + pl.col("fraction"),
        stamp=Stamp.END if ended else Stamp.START,
        resolution_ns=_SECOND_NS if time in _WHOLE_SECONDS and fraction is None else 1,
        detected=False,
        notes=_notes(time, roles, notation),
        **_outcome(roles),
        **_asked(roles, made),
        fields=made,
    )


def _outcome(roles: set[str]) -> dict[str, Any]:
    if "flags" in roles:
        status, flags = pl.col("status"), pl.col("flags")
        return {"status": proxies.flagged_status(status, flags), "error": proxies.flagged_error(flags)}
    if "state" in roles:
        return {"status": haproxy.STATUS, "error": haproxy.ERROR}
    return {"status": columns.code(pl.col("status"))}


def _asked(roles: set[str], made: dict[str, Field]) -> dict[str, Any]:
    """Return the columns of what was asked, of whom, and how long it took; their fields go to `made`."""
    found: dict[str, Any] = {
        name: columns.named(pl.col(name)) for name in ("host", "upstream", "instance") if name in roles
    }
    duration = next((role for role in _DURATIONS if role in roles), None)
    if duration is not None:
        made["duration"] = _DURATIONS[duration](duration)
        found["duration"] = pl.col("duration")
    if duration is not None and duration != "upstream_s" and "upstream_s" in roles:
        made["within"] = fields.durations("upstream_s")
        known = pl.col("duration") != UNKNOWN_DURATION
        found["duration"] = pl.when(known).then(pl.col("duration")).otherwise(pl.col("within"))
    if "method" in roles:
        found["method"] = columns.http_method(pl.col("method"))
    if "target" in roles:
        made["path"] = fields.path("target")
        found["path"] = pl.col("path")
    return found


def _notes(time: str, roles: set[str], notation: Notation) -> tuple[str, ...]:
    notes = []
    if time in {"clf_ms", "clf_bare"} or (time == MOMENT and not {"zone", "zone_name"} & roles):
        notes.append("the log's times have no time zone: they were taken as UTC")
    elif time == MOMENT and "zone" not in roles:
        notes.append("the names of time zones are not looked at: times were taken as UTC")
    if notation.unknown:
        unknown = ", ".join(notation.unknown)
        notes.append(f"{unknown}: no directive that is known; what stands in its place was passed over")
    return tuple(notes)


def _pattern(pieces: list[Piece], whose: str) -> tuple[str, set[str]]:
    """Return the pattern, and the roles that it captures; of two with one role, the first.

    Raises:
        ConfigurationError: a number stands directly behind another field.
    """
    pattern, roles = "^" if whose != "HAProxy" else "", set[str]()
    for index, (text, role) in enumerate(pieces):
        own = text
        if role == "clf":
            own = own.removesuffix("[")
        if index and pieces[index - 1].role == "clf":
            own = own.removeprefix("]")
        pattern += re.escape(own)
        if role == END:
            break
        if index and not text and role in _NUMBERS and pieces[index - 1].role not in _SHAPES:
            raise ConfigurationError(
                "the log format is ambiguous: nothing tells where the field ends that stands directly before"
                f" {_NUMBERS[role]}"
            )
        if role == "request" and not {"method", "target"} & roles:
            pattern += f"(?:{_REQUEST}|{_TEXT})"
            roles |= {"method", "target"}
            continue
        value = _SHAPES.get(role) or _value(role, pieces[index + 1].text)
        named = role and role not in roles and role != "request"
        value = f"(?<{role}>{value})" if named else f"(?:{value})"
        # Apache's %t has its brackets with it, nginx's has not.
        pattern += rf"\[?{value}\]?" if role == "clf" else value
        roles |= {role} - {"", "request"}
    return pattern + r"\s*$", roles


def _value(role: str, behind: str) -> str:
    """Return what a field's value looks like: up to the character behind it, where that ends it."""
    if behind[:1] == '"':
        return _TEXT
    if role in {"", "instance", "upstream", "upstream_s"} or not behind:
        return ".*?"
    return f"[^{re.escape(behind[0])}]*"
