"""Formats that a user describes by naming columns: `--map timestamp=ts,status=code,duration_ms=took`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import polars as pl

from cbtool.errors import ConfigurationError
from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.guessing import BEFORE, guessed
from cbtool.traffic.formats.layouts import DelimitedRows, JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp
from cbtool.traffic.formats.patterns import PatternLines

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX = "map:"
"""What stands before such a description where a format's name is expected."""

_UNITS = {
    "s": fields.SECOND,
    "ms": fields.MILLISECOND,
    "us": fields.MICROSECOND,
    "ns": fields.NANOSECOND,
}
_DURATIONS: dict[str, int | None] = {f"duration_{name}": unit for name, unit in _UNITS.items()}
_DURATIONS |= {"duration": None}  # with its unit
_STARTS = {"timestamp": None} | {f"timestamp_{name}": unit for name, unit in _UNITS.items() if name != "s"}
_ENDS = {name.replace("timestamp", "ended"): unit for name, unit in _STARTS.items()}
_TIMES = _STARTS | _ENDS
_TEXTS = ("method", "path", "host", "upstream", "instance")
_CATEGORY, _PROBES = "category", "HealthProbeLog"  # Azure's Front Door, which asks by itself
_NO_ANSWER = "-1"  # as HAProxy has it
_REQUEST = "request"  # method and path together: `GET /a HTTP/1.1`
MEANINGS = (*_TIMES, "status", "error", *_DURATIONS, *_TEXTS, _REQUEST)
"""What a column can be."""

_DATED = (
    r"^[^=0-9]*(?<when>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+(?:Z|[-+][0-9]{2}:?[0-9]{2})?)"
    r"[^ ]*(?<pairs>.*)$"
)


def mapped_formats(text: str) -> tuple[LogFormat, ...]:
    """Return the formats of rows, JSON lines and `key=value` pairs in which columns have these meanings.

    Args:
        text: `meaning=column` pairs, separated by commas; a column of JSON is a key, `a.b` for one inside.

    Raises:
        ConfigurationError: it is malformed, or lacks a time, or both a status and an error.
    """
    given: dict[str, str] = {}
    for pair in text.split(","):
        meaning, equals, column = (part.strip() for part in pair.partition("="))
        if not equals or not column or meaning not in MEANINGS:
            raise ConfigurationError(
                f"--map {text}: {pair.strip()!r} must be MEANING=COLUMN; meanings are {', '.join(MEANINGS)}"
            )
        if meaning in given:
            raise ConfigurationError(f"--map {text}: {meaning} is named twice")
        given[meaning] = column
    starts, ends = given.keys() & _STARTS.keys(), given.keys() & _ENDS.keys()
    if len(starts) > 1 or len(ends) > 1 or not starts | ends or not given.keys() & {"status", "error"}:
        raise ConfigurationError(
            f"--map {text}: name one of {', '.join(_TIMES)}, or a start and an end;"
            " and status or error or both"
        )
    if len(given.keys() & _DURATIONS.keys()) > 1:
        raise ConfigurationError(f"--map {text}: name one duration")
    rows = {meaning: column.lower() for meaning, column in given.items()}
    required = tuple(frozenset({column}) for column in rows.values())
    return (
        _format(rows, DelimitedRows(tuple(dict.fromkeys(rows.values())), required)),
        _format(given, JsonLines(tuple(dict.fromkeys(given.values())), either=True)),
        _format(given, _pairs(given)),
    )


def guessed_format(lines: Sequence[str]) -> LogFormat | None:
    """Return the format in which the columns of these lines, the first of a file, mean what their names say.

    Lines without a status are no calls in it. None where the names do not tell enough.
    """
    guess = guessed(lines)
    if guess is None:
        return None
    formats = mapped_formats(guess.mapping)
    log_format = formats[("rows", "objects", "pairs").index(guess.kind)]
    told = guess.mapping.replace(BEFORE, "the date before them") if guess.dated else f"--map {guess.mapping}"
    layout, skipped = log_format.layout, ~pl.col("said")
    if isinstance(layout, JsonLines) and any(f'"{_CATEGORY}"' in line for line in lines):
        layout = replace(layout, keys=tuple(dict.fromkeys((*layout.keys, _CATEGORY))))
        skipped |= pl.col(_CATEGORY).str.ends_with(_PROBES).fill_null(value=False)
    return replace(
        log_format,
        name="guessed",
        layout=layout,
        fields={**log_format.fields, "said": fields.is_filled(_column(guess.mapping, "status"))},
        resolution_ns=1_000_000_000,  # unless they turn out to be finer
        skipped=None if guess.kind == "rows" else skipped,
        notes=(f"what the columns mean was taken from their names: {told}",),
    )


def _column(mapping: str, meaning: str) -> str:
    return dict(pair.split("=", 1) for pair in mapping.split(","))[meaning]


def _pairs(given: dict[str, str]) -> PatternLines:
    """Lines of pairs, perhaps with a time before them."""
    pairs = {column: (column,) for column in given.values() if column != BEFORE}
    return PatternLines(_DATED if BEFORE in given.values() else r"^(?<pairs>.*)$", pairs=pairs)


def _format(given: dict[str, str], layout: DelimitedRows | JsonLines | PatternLines) -> LogFormat:
    made = {name: fields.word(given[name]) for name in given}
    for name, unit in _TIMES.items():
        if name in given:
            of = "when" if given[name] == BEFORE else given[name]
            made[name] = fields.plain_time(of) if unit is None else fields.unix_time(of, unit)
    for name, unit in _DURATIONS.items():
        if name in given:
            of = given[name]
            made[name] = fields.timed(of) if unit is None else fields.duration(of, unit)
    if "path" in given:
        made["path"] = fields.path(given["path"])
        # Of a whole URL the host is known, too.
        made.setdefault("host", fields.host(given["path"]))
    elif _REQUEST in given:
        made["path"] = fields.request_path(given[_REQUEST])
        made.setdefault("method", fields.first_word(given[_REQUEST]))
    by = {meaning: pl.col(meaning) for meaning in made}
    start, end, duration = (
        next((pl.col(name) for name in names if name in given), None)
        for names in (_STARTS, _ENDS, _DURATIONS)
    )
    time = end if start is None else start
    assert time is not None  # noqa: S101  # `mapped_formats` has looked
    if duration is None and start is not None and end is not None:
        duration = columns.sane(end - start)
    status = _status(by)
    if "error" in by:
        status = columns.status_said(by["error"], status)
    texts: dict[str, Any] = {
        name: by[name] if name == "path" else columns.named(by[name]) for name in _TEXTS if name in by
    }
    return LogFormat(
        name="map",
        summary="the columns that --map names",
        layout=layout,
        fields=made,
        time=time,
        status=status,
        duration=duration,
        error=columns.error_kind(by["error"], status) if "error" in by else None,
        stamp=Stamp.END if start is None else Stamp.START,
        **texts,
    )


def _status(by: dict[str, pl.Expr]) -> pl.Expr:
    """The status; without one, a call that has an error was not answered, and the others were, well."""
    failed = columns.filled(by["error"]) if "error" in by else pl.lit(value=False)
    if "status" not in by:
        return pl.when(failed).then(pl.lit(0, pl.Int16)).otherwise(pl.lit(200, pl.Int16))
    text = by["status"]
    answered = columns.filled(text) & (text != _NO_ANSWER)
    return pl.when(answered).then(columns.code(text)).otherwise(pl.lit(0, pl.Int16))
