"""Expressions that give a call's columns; each gives null where the text makes no sense."""

from __future__ import annotations

import polars as pl

from cbtool.traffic.error_kind import ErrorKind
from cbtool.traffic.formats.fields import LONGEST_CALL_NS

_TIMEOUT = "(?i)timed?[ _-]?out|deadline"
_CLIENT_LEFT = "(?i)client[ _-]?(?:disconnect|timed|time[ _-]?out|closed|cancel|left)"
_GAVE_UP = 499


def code(text: pl.Expr) -> pl.Expr:
    """Int16 status from its text; null unless a whole number from 100 to 999, or 0."""
    number = text.str.strip_chars().cast(pl.Float64, strict=False)
    sane = (number.is_between(100, 999) & (number == number.floor())) | (number == 0)
    return pl.when(sane).then(number).cast(pl.Int16)


def filled(text: pl.Expr) -> pl.Expr:
    """Whether there is any text."""
    return (text.str.strip_chars() != "").fill_null(value=False)


def error_kind(error: pl.Expr, status: pl.Expr) -> pl.Expr:
    """UInt8 `ErrorKind` from the words of an error.

    What speaks of a timeout is one; any other words are a connection error where there was no answer.
    """
    timed_out = error.str.contains(_TIMEOUT).fill_null(value=False) & ~_client_left(error)
    broken = (error == ErrorKind.CONNECTION_ERROR.label).fill_null(value=False) | (
        filled(error) & (status == 0)
    )
    return kind_of(timed_out, broken)


def status_said(error: pl.Expr, status: pl.Expr) -> pl.Expr:
    """The status; 499 where there was none and the words of an error say that the client left."""
    left = (status == 0) & _client_left(error)
    return pl.when(left).then(pl.lit(_GAVE_UP, pl.Int16)).otherwise(status)


def _client_left(error: pl.Expr) -> pl.Expr:
    return error.str.contains(_CLIENT_LEFT).fill_null(value=False)


def broken_off(error: pl.Expr) -> pl.Expr:
    """UInt8 `ErrorKind` from the words of what ended a call, whatever its status was."""
    return kind_of(error.str.contains(_TIMEOUT).fill_null(value=False), filled(error))


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


def sane(nanoseconds: pl.Expr) -> pl.Expr:
    """A duration, null if negative or over a day."""
    return pl.when(nanoseconds.is_between(0, LONGEST_CALL_NS)).then(nanoseconds)
