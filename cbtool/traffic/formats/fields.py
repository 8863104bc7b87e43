"""What the parts of a line are: how the text of a field becomes a column.

A format names those that are times, durations, paths and the like; every other field is a word. Of words
there are few different ones, so that what they mean, which the format says in an expression, is worked out
once for each of them rather than once a line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from cbtool.traffic.calls import UNKNOWN_DURATION
from cbtool.traffic.scanning import clocks, numbers, texts, urls
from cbtool.traffic.scanning.clocks import LATEST_SECOND
from cbtool.traffic.scanning.numbers import NONSENSE
from cbtool.traffic.scanning.words import told_apart

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Spans

LONGEST_CALL_NS = 24 * 3600 * 1_000_000_000
"""A day; a longer call is a mistake in the log."""

SECOND, MILLISECOND, MICROSECOND, NANOSECOND = 9, 6, 3, 0
"""Units, as the powers of ten that make nanoseconds of them."""

_GO_UNITS = {"s": 10**SECOND, "ms": 10**MILLISECOND, "µs": 10**MICROSECOND, "us": 10**MICROSECOND, "ns": 1}
_GO_UNITS |= {"msecs": 10**MILLISECOND, "micros": 10**MICROSECOND}  # uWSGI's
_EARLIEST_NS = 100_000_000 * 10**SECOND
"""The year 1973; what would be earlier is taken for another unit."""

_FEW, _SHORT = 64, 4096
"""Words of a block, and bytes of them in all, that are worth remembering."""

_LATEST_NS = LATEST_SECOND * 10**SECOND - 1


class Words(NamedTuple):
    """A column of few different values.

    Attributes:
        codes: uint32, length n, an index into the values.
        values: each once.
        usual: whether other blocks with the same values have this very series of them.
    """

    codes: NDArray[np.uint32]
    values: pl.Series
    usual: bool = False

    def series(self) -> pl.Series:
        """Return the column itself."""
        return gathered(self.values, self.codes)


def gathered(values: pl.Series, codes: NDArray[np.uint32]) -> pl.Series:
    """Return the value for each code; numpy is quicker with numbers, and there are many small blocks."""
    if values.dtype.is_numeric() and not values.null_count():
        return pl.Series(values.to_numpy()[codes])
    return values.gather(pl.Series(codes))


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """A column made of a part of each line.

    Attributes:
        of: the part, as the layout names it.
        read: makes the column, of the length of the spans.
    """

    of: str
    read: Callable[[Spans], pl.Series | Words]


def clf_time(of: str) -> Field:
    """Int64, Unix nanoseconds from `09/Oct/2025:10:53:20 +0200`, perhaps with a fraction or no zone (UTC)."""
    return Field(of, lambda spans: _numbers(clocks.clf_times(texts.plain(spans))))


def time_behind(of: str) -> Field:
    """Int64, the same with its zone, or ISO 8601, from a text that ends in it, perhaps in brackets."""

    def read(spans: Spans) -> pl.Series:
        spans = texts.plain(spans)
        times = clocks.clf_times(spans, last=True)
        missing = times == NONSENSE
        return _numbers(np.where(missing, clocks.iso_times_behind(spans), times) if missing.any() else times)

    return Field(of, read)


def iso_time(of: str) -> Field:
    """Int64, Unix nanoseconds from ISO 8601 (UTC unless it says else)."""
    return Field(of, lambda spans: _numbers(clocks.iso_times(texts.plain(spans))))


def unix_time(of: str, unit: int = SECOND) -> Field:
    """Int64, Unix nanoseconds from a number of units, exact to the nanosecond."""
    return Field(of, lambda spans: _numbers(numbers.scaled(texts.plain(spans), unit, _LATEST_NS)))


def plain_time(of: str, unit: int = SECOND) -> Field:
    """Int64, Unix nanoseconds from ISO 8601, Unix time, or the common log format's.

    Args:
        of: the part.
        unit: of most Unix times; what makes no sense in it is looked at in the other ones, too.
    """

    def read(spans: Spans) -> pl.Series:
        spans = texts.plain(spans)
        times = numbers.scaled(spans, unit, _LATEST_NS)
        for other in (SECOND, MILLISECOND, MICROSECOND, NANOSECOND):
            missing = times == NONSENSE
            if other != unit and missing.any():
                found = numbers.scaled(spans, other, _LATEST_NS)
                times = np.where(missing & (found >= _EARLIEST_NS), found, times)
        for dated in (clocks.iso_times, clocks.clf_times):
            missing = times == NONSENSE
            if missing.any():
                spans = texts.unboxed(spans)
                times = np.where(missing, dated(spans), times)
        return _numbers(times)

    return Field(of, read)


def timed(of: str) -> Field:
    """Int64, nanoseconds from a number and its unit, in Go's notation (`12ms`, `0.123s`, `1m2.5s`)."""

    def read(spans: Spans) -> pl.Series:
        spans = texts.plain(spans)
        taken = numbers.scaled(spans, SECOND, LONGEST_CALL_NS, blank=UNKNOWN_DURATION)
        missing = taken == NONSENSE
        return _numbers(
            np.where(missing, _go_durations(texts.series(spans)), taken) if missing.any() else taken
        )

    return Field(of, read)


def logged_duration(of: str) -> Field:
    """Int64, nanoseconds from seconds with a fraction, whole nanoseconds, or Go's notation (`1m2.5s`)."""

    def read(spans: Spans) -> pl.Series:
        spans = texts.plain(spans)
        taken = numbers.scaled(spans, SECOND, LONGEST_CALL_NS, blank=UNKNOWN_DURATION)
        words = texts.series(spans)
        whole = words.str.contains(r"^[0-9]+$").fill_null(value=False).to_numpy()
        if whole.any():
            taken = np.where(whole, numbers.scaled(spans, NANOSECOND, LONGEST_CALL_NS), taken)
        missing = taken == NONSENSE
        if missing.any():
            taken = np.where(missing, _go_durations(words), taken)
        return _numbers(taken)

    return Field(of, read)


def _go_durations(words: pl.Series) -> NDArray[np.int64]:
    parts = words.str.extract_groups(
        r"^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?) ?(s|ms|µs|us|ns|msecs|micros))?$"
    ).struct.unnest()
    hours, minutes, number = (parts.to_series(at).cast(pl.Float64, strict=False) for at in range(3))
    unit = parts.to_series(3).replace_strict(_GO_UNITS, default=0, return_dtype=pl.Int64)
    some = hours.is_not_null() | minutes.is_not_null() | number.is_not_null()
    minutes = minutes.fill_null(0) + 60 * hours.fill_null(0)
    taken = (minutes * 60 * 10**SECOND + number.fill_null(0) * unit).round()
    sane = some & taken.is_between(0, LONGEST_CALL_NS)
    return np.where(sane, taken.fill_null(0), NONSENSE).astype(np.int64)


def duration(of: str, unit: int, *, suffix: str = "", negative: int = NONSENSE) -> Field:
    """Int64, nanoseconds from a number of units; unknown where absent, empty or `-`, null if over a day.

    Args:
        of: the part.
        unit: `SECOND` or a smaller one.
        suffix: what stands behind the number.
        negative: what becomes of a number below 0, by default null.
    """

    def read(spans: Spans) -> pl.Series:
        spans = texts.plain(spans)
        if suffix:
            spans = spans._replace(end=np.where(spans.filled, spans.end - len(suffix), spans.end))
        return _numbers(
            numbers.scaled(spans, unit, LONGEST_CALL_NS, blank=UNKNOWN_DURATION, negative=negative)
        )

    return Field(of, read)


def fraction(of: str) -> Field:
    """Int64, nanoseconds from the digits behind a second's point, one to nine of them."""

    def read(spans: Spans) -> pl.Series:
        digits = texts.series(texts.plain(spans)).str.pad_end(9, "0").str.slice(0, 9)
        return digits.cast(pl.Int64, strict=False)

    return Field(of, read)


def durations(of: str) -> Field:
    """The same of the sum of `0.010, 0.020 : -`, in seconds, a value for each server that was tried."""
    return Field(
        of,
        lambda spans: _numbers(
            numbers.summed(texts.plain(spans), SECOND, LONGEST_CALL_NS, blank=UNKNOWN_DURATION)
        ),
    )


def path(of: str) -> Field:
    """String, path and query of a request target; a scheme and host before it are left out."""
    return Field(of, lambda spans: text_of(urls.part_of(texts.plain(spans), urls.PATH)))


def host(of: str) -> Field:
    """The host of an absolute URL, a word."""
    return Field(of, lambda spans: word_of(urls.part_of(texts.plain(spans), urls.HOST)))


def request_path(of: str) -> Field:
    """String, the same of `GET /a HTTP/1.1`."""
    return Field(of, lambda spans: text_of(urls.part_of(urls.second_word(spans), urls.PATH)))


def first_word(of: str) -> Field:
    """String, what stands before a text's first space."""
    return Field(of, lambda spans: word_of(urls.first_word(spans)))


def is_named(of: str) -> Field:
    """Boolean, whether a line has this part, if only to say null."""
    return Field(of, lambda spans: _truth(spans.named))


def is_filled(of: str) -> Field:
    """Boolean, whether there is anything."""
    return Field(of, lambda spans: _truth(spans.filled))


def text(of: str) -> Field:
    """String, any text."""
    return Field(of, text_of)


def word(of: str) -> Field:
    """String, a text of which few differ."""
    return Field(of, word_of)


def word_of(spans: Spans) -> pl.Series | Words:
    """Return words, or texts where too many differ."""
    found = told_apart(spans)
    if found is None:
        return texts.series(spans)
    start, end, escaped = found.words.start, found.words.end, found.words.escaped
    if len(start) > _FEW or (end - start).sum() > _SHORT or (escaped is not None and escaped.any()):
        return Words(found.codes, pl.concat([texts.series(found.words), pl.Series([None], dtype=pl.String)]))
    words = [spans.data[a:b].tobytes() for a, b in zip(start.tolist(), end.tolist(), strict=True)]
    ordered = sorted(words)
    places = np.array([*map(ordered.index, words), len(words)], np.uint32)
    return Words(places[found.codes], _usual(tuple(ordered)), usual=True)


@lru_cache(maxsize=256)
def _usual(words: tuple[bytes, ...]) -> pl.Series:
    """The words, and null: in most blocks they are those of the one before."""
    return pl.Series([*(word.decode() for word in words), None], dtype=pl.String)


def text_of(spans: Spans) -> pl.Series:
    """Return texts."""
    if (spans.start < 0).all():
        return pl.repeat(None, len(spans.start), dtype=pl.String, eager=True)
    return texts.series(spans)


_TRUTH = pl.Series([False, True])


def _truth(values: NDArray[np.bool_]) -> Words:
    return Words(values.astype(np.uint32), _TRUTH, usual=True)


def _numbers(values: NDArray[np.int64]) -> pl.Series:
    series = pl.Series(values)
    nonsense = values == NONSENSE
    return series.set(pl.Series(nonsense), None) if nonsense.any() else series
