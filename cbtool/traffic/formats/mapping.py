"""Formats that a user describes by naming columns: `--map timestamp=ts,status=code,duration_ms=took`."""

from __future__ import annotations

from typing import Any

import polars as pl

from cbtool.errors import ConfigurationError
from cbtool.traffic.formats import columns, fields
from cbtool.traffic.formats.layouts import DelimitedRows, JsonLines
from cbtool.traffic.formats.log_format import LogFormat, Stamp

PREFIX = "map:"
"""What stands before such a description where a format's name is expected."""

_UNITS = {
    "s": fields.SECOND,
    "ms": fields.MILLISECOND,
    "us": fields.MICROSECOND,
    "ns": fields.NANOSECOND,
}
_DURATIONS = {f"duration_{name}": unit for name, unit in _UNITS.items()}
_TIMES = {"timestamp": None} | {f"timestamp_{name}": unit for name, unit in _UNITS.items() if name != "s"}
_TEXTS = ("method", "path", "host", "upstream", "instance")
MEANINGS = (*_TIMES, "status", "error", *_DURATIONS, *_TEXTS)
"""What a column can be."""


def mapped_formats(text: str) -> tuple[LogFormat, LogFormat]:
    """Return the formats of rows under a header and of JSON lines in which columns have these meanings.

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
    if len(given.keys() & _TIMES.keys()) != 1 or not given.keys() & {"status", "error"}:
        raise ConfigurationError(
            f"--map {text}: name one of {', '.join(_TIMES)}, and status or error or both"
        )
    if len(given.keys() & _DURATIONS.keys()) > 1:
        raise ConfigurationError(f"--map {text}: name one duration")
    rows = {meaning: column.lower() for meaning, column in given.items()}
    required = tuple(frozenset({column}) for column in rows.values())
    return (
        _format(rows, DelimitedRows(tuple(dict.fromkeys(rows.values())), required)),
        _format(given, JsonLines(tuple(dict.fromkeys(given.values())))),
    )


def _format(given: dict[str, str], layout: DelimitedRows | JsonLines) -> LogFormat:
    time = next(name for name in _TIMES if name in given)
    unit = _TIMES[time]
    made = {name: fields.word(given[name]) for name in given}
    made[time] = fields.plain_time(given[time]) if unit is None else fields.unix_time(given[time], unit)
    duration = next((name for name in _DURATIONS if name in given), None)
    if duration is not None:
        made[duration] = fields.duration(given[duration], _DURATIONS[duration])
    if "path" in given:
        made["path"] = fields.path(given["path"])
    by = {meaning: pl.col(meaning) for meaning in given}
    status = _status(by)
    texts: dict[str, Any] = {
        name: by[name] if name == "path" else columns.named(by[name]) for name in _TEXTS if name in by
    }
    return LogFormat(
        name="map",
        summary="the columns that --map names",
        layout=layout,
        fields=made,
        time=by[time],
        status=status,
        duration=None if duration is None else by[duration],
        error=columns.error_kind(by["error"], status) if "error" in by else None,
        stamp=Stamp.START,
        **texts,
    )


def _status(by: dict[str, pl.Expr]) -> pl.Expr:
    """The status; without one, a call that has an error was not answered, and the others were, well."""
    failed = columns.filled(by["error"]) if "error" in by else pl.lit(value=False)
    if "status" not in by:
        return pl.when(failed).then(pl.lit(0, pl.Int16)).otherwise(pl.lit(200, pl.Int16))
    text = by["status"]
    return pl.when(columns.filled(text)).then(columns.code(text)).otherwise(pl.lit(0, pl.Int16))
