"""Expressions that turn text fields into a call's columns; each gives null where the text makes no sense."""

from __future__ import annotations

import polars as pl

from cbtool.traffic.calls import UNKNOWN_DURATION
from cbtool.traffic.error_kind import ErrorKind

LONGEST_CALL_NS = 24 * 3600 * 1_000_000_000
"""A day; a longer call is a mistake in the log."""

LATEST_SECOND = 7_258_118_400
"""The year 2200. Times before 1970 or from then on are mistakes, and could overflow nanoseconds."""

_NANOSECONDS = 1_000_000_000
_CLF_LENGTH = 26  # 09/Oct/2025:10:53:20 +0200
_ISO_LENGTH = 19  # 2025-10-09T10:53:20


def clf_time(head: pl.Expr) -> pl.Expr:
    """Unix nanoseconds from a text that ends in `[09/Oct/2025:10:53:20 +0200] `."""
    text = head.str.slice(-_CLF_LENGTH - 2, _CLF_LENGTH)
    return from_datetime(text.str.to_datetime("%d/%b/%Y:%H:%M:%S %z", strict=False, time_unit="us"))


def plain_time(text: pl.Expr) -> pl.Expr:
    """Unix nanoseconds from Unix seconds (exact to the nanosecond) or ISO 8601 (UTC unless it says else)."""
    return text.map_batches(_plain_times, return_dtype=pl.Int64)


def _plain_times(texts: pl.Series) -> pl.Series:
    """Look for ISO 8601 only where there is something that is no number: it costs four times as much."""
    text = texts.to_frame("text")
    numbers = text.select(unix_seconds(pl.col("text"))).to_series()
    if numbers.null_count() == texts.null_count():
        return numbers
    return text.select(pl.coalesce(numbers, iso_time(pl.col("text")))).to_series()


def unix_seconds(text: pl.Expr) -> pl.Expr:
    """Nanoseconds from a decimal number of seconds, without the rounding of a float."""
    exact = text.str.strip_chars().cast(pl.Decimal(38, 9), strict=False)
    within = pl.when((exact >= 0) & (exact < LATEST_SECOND)).then(exact)
    return (within * _NANOSECONDS).cast(pl.Int64, strict=False)


def iso_time(text: pl.Expr) -> pl.Expr:
    """Unix nanoseconds from ISO 8601, with `T` or a space, a fraction or none, a zone or none (UTC)."""
    trimmed = text.str.strip_chars()
    whole = trimmed.str.head(_ISO_LENGTH).str.replace("T", " ", literal=True)
    rest = trimmed.str.slice(_ISO_LENGTH)
    seconds = from_datetime(whole.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us"))
    fraction = rest.str.extract(r"^[.,](\d{1,9})\d*").str.pad_end(9, "0").cast(pl.Int64).fill_null(0)
    zone = rest.str.extract_groups(r"([+-])(\d\d):?(\d\d)$")
    minutes = zone.struct[1].cast(pl.Int64) * 60 + zone.struct[2].cast(pl.Int64)
    east = pl.when(zone.struct[0] == "-").then(-minutes).otherwise(minutes).fill_null(0)
    valid = rest.str.contains(r"^(?:[.,]\d+)? ?(?:[Zz]|[+-]\d\d:?\d\d)?$")
    return pl.when(valid).then(seconds + fraction - east * 60 * _NANOSECONDS)


def from_datetime(time: pl.Expr) -> pl.Expr:
    """Unix nanoseconds from a Datetime in microseconds, null outside the sane years."""
    micros = time.dt.timestamp("us")
    return pl.when((micros >= 0) & (micros < LATEST_SECOND * 1_000_000)).then(micros * 1000)


def duration(text: pl.Expr, unit_ns: int) -> pl.Expr:
    """Nanoseconds from a number of `unit_ns`; unknown where empty or `-`, null if negative or over a day."""
    trimmed = text.str.strip_chars()
    nothing = trimmed.is_null() | trimmed.is_in(["", "-"])
    return (
        pl.when(nothing)
        .then(pl.lit(UNKNOWN_DURATION, pl.Int64))
        .otherwise(span(trimmed.cast(pl.Float64, strict=False), unit_ns))
    )


def span(number: pl.Expr, unit_ns: int) -> pl.Expr:
    """Nanoseconds from a Float64 of `unit_ns`; null if negative or over a day."""
    nanoseconds = (number * unit_ns).round()
    sane = nanoseconds.is_between(0, LONGEST_CALL_NS)
    return pl.when(sane).then(nanoseconds).cast(pl.Int64)


def seconds_summed(text: pl.Expr) -> pl.Expr:
    """Float64 seconds from `0.010`, or the sum of `0.010, 0.020 : 0.005`, a value for each upstream tried."""
    several = pl.when(text.str.contains("[,:]")).then(text)
    total = several.str.extract_all(r"\d+(?:\.\d+)?").list.eval(pl.element().cast(pl.Float64)).list.sum()
    return pl.coalesce(text.cast(pl.Float64, strict=False), total)


def code(text: pl.Expr) -> pl.Expr:
    """Int16 status from its text; null unless a whole number from 0 to 999."""
    number = text.str.strip_chars().cast(pl.Float64, strict=False)
    sane = number.is_between(0, 999) & (number == number.floor())
    return pl.when(sane).then(number).cast(pl.Int16)


def three_digits(rest: pl.Expr) -> pl.Expr:
    """Int16 status from a text that begins with a space and three digits; quick, and null for all else."""
    # A fourth character that is not a space makes the number too large, or none.
    number = rest.str.slice(1, 4).str.strip_suffix(" ").cast(pl.Int16, strict=False)
    return pl.when(number.is_between(0, 999)).then(number)


def filled(text: pl.Expr) -> pl.Expr:
    """Whether there is any text."""
    return (text.str.strip_chars() != "").fill_null(value=False)


def error_kind(error: pl.Expr, status: pl.Expr) -> pl.Expr:
    """UInt8 `ErrorKind` from the words of an error.

    What speaks of a timeout is one; any other words are a connection error where there was no answer.
    """
    timed_out = error.str.contains("(?i)timed?[ _-]?out|deadline").fill_null(value=False)
    broken = (error == ErrorKind.CONNECTION_ERROR.label).fill_null(value=False) | (
        filled(error) & (status == 0)
    )
    return kind_of(timed_out, broken)


def kind_of(timed_out: pl.Expr, broken: pl.Expr) -> pl.Expr:
    """UInt8 `ErrorKind` from two conditions, of which null is none."""
    kind = pl.when(timed_out).then(ErrorKind.TIMEOUT.value).when(broken)
    return kind.then(ErrorKind.CONNECTION_ERROR.value).otherwise(0).cast(pl.UInt8)


def http_method(word: pl.Expr) -> pl.Expr:
    """The method, null where the request line is not HTTP's."""
    return pl.when(word.str.contains("^[A-Z]{1,20}$")).then(word)


def named(text: pl.Expr) -> pl.Expr:
    """The text, null where it is empty or a dash."""
    return pl.when(filled(text) & (text != "-")).then(text)


def host_of(url: pl.Expr) -> pl.Expr:
    """The host of an absolute URL."""
    return url.str.extract(r"^[a-zA-Z]+://([^/:]+)")


def path_of(target: pl.Expr) -> pl.Expr:
    """Path and query of a request target; a scheme and host before it are left out."""
    absolute = pl.when(target.str.contains("://", literal=True)).then(target)
    within = absolute.str.extract(r"^[a-zA-Z]+://[^/]*(/.*)$")
    return pl.when(target.str.starts_with("/")).then(target).otherwise(within)
