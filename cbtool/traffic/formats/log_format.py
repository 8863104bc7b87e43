"""What a log format is: one small value that says how lines become calls.

A format names a layout, which finds the parts of lines, says which parts are times, durations or paths, and
gives one polars expression over these fields for each column of a call. Everything else (blocks of lines,
counting what fails, deriving starts, sorting, merging) is the same for all of them and stands elsewhere.

An expression gives null where the text makes no sense, and the line is rejected.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import polars as pl

    from cbtool.traffic.formats.fields import Field
    from cbtool.traffic.scanning.lines import Lines, Spans

    Parts = Callable[[Lines], Mapping[str, Spans]]
    """Finds the parts of n lines; of lines that do not fit, all are absent."""


class Stamp(StrEnum):
    """Which moment of a request its time stamp is."""

    START = "start"
    END = "end"


class Layout(Protocol):
    """How lines come apart."""

    @property
    def header(self) -> bool:
        """Whether a file's first line describes the others instead of being a call."""

    def opened_by(self, sample: Sequence[str]) -> Parts | None:
        """Return how to take the file apart that begins with these lines; None if it is another kind."""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class LogFormat:
    """One kind of log.

    Attributes:
        name: what `--log-format` takes.
        summary: what it is, a phrase for lists.
        layout: finds the parts of lines.
        fields: by name, how fields that the expressions below speak of are made of parts; a part that none of
            these is named after is a field as it is, a word.
        time: Int64, Unix nanoseconds.
        duration: Int64, nanoseconds; `UNKNOWN_DURATION` where the line does not say.
        status: Int16, the HTTP status; 0 where there was no answer.
        error: UInt8, an `ErrorKind`; None: the format has none.
        method: String, or null.
        path: String, path and query, or null.
        host: String, the host that was asked for, or null.
        upstream: String, the group of servers that the call went to, or null.
        instance: String, which upstream instance answered.
        total: Float64, how many calls a line counts, for formats of counts; then `status` says nothing.
        failed: Float64, how many of them failed.
        interval: Int64, the nanoseconds they were counted in; `UNKNOWN_DURATION`: until the next line.
        cumulative: whether `total` and `failed` grow from line to line.
        skipped: Boolean, lines that are no calls and no mistakes either.
        part: Boolean, lines that are a part of another's call; it may look at the lines above.
        perhaps_part: Boolean, lines without which `part` need not be looked at.
        recognised: Boolean, what a line must also meet to speak for this format, where formats are alike.
        stamp: whether `time` is the request's start or its end.
        resolution_ns: the grain of `time`; calls with the same time are spread evenly over so long.
        detected: whether content can tell; otherwise only `--log-format` chooses it.
        directive: what a line begins with that says how those below it are read; empty: there are none.
        by_header: whether the first line alone tells, whatever stands below it.
        notes: what to tell the user of a log of this kind, a sentence each.
    """

    name: str
    summary: str
    layout: Layout
    time: pl.Expr
    status: pl.Expr
    fields: Mapping[str, Field] = field(default_factory=dict)
    duration: pl.Expr | None = None
    error: pl.Expr | None = None
    method: pl.Expr | None = None
    path: pl.Expr | None = None
    host: pl.Expr | None = None
    upstream: pl.Expr | None = None
    instance: pl.Expr | None = None
    total: pl.Expr | None = None
    failed: pl.Expr | None = None
    interval: pl.Expr | None = None
    cumulative: bool = False
    skipped: pl.Expr | None = None
    part: pl.Expr | None = None
    perhaps_part: pl.Expr | None = None
    recognised: pl.Expr | None = None
    stamp: Stamp = Stamp.START
    resolution_ns: int = 1
    detected: bool = True
    by_header: bool = False
    directive: str = ""
    notes: tuple[str, ...] = ()
