"""Counts instead of calls: how many there were in each interval, and how many failed.

Each interval becomes that many calls, spread evenly over it, with the failures at places drawn by a fixed
seed. What that loses is said in `NOTE`: within an interval, runs of failures are shorter and errors spread
more evenly than they may have been, so that breakers with windows shorter than the interval see less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from cbtool.errors import WrongFormatError
from cbtool.traffic.calls import UNKNOWN_DURATION
from cbtool.traffic.formats import fields
from cbtool.traffic.formats.layouts import DelimitedRows
from cbtool.traffic.formats.log_format import LogFormat, Stamp

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CALLS = 100_000_000
NOTE = (
    "the input is counts: calls were spread evenly over each interval and failures placed at random in it;"
    " runs of failures, slow calls and anything shorter than an interval are not in it"
)
_SECOND = 1_000_000_000
_MINUTE = 60 * _SECOND
_GAP = 1.5  # times the usual distance, from which on nothing was counted in between
_SEED = 20_240_917
_FAILED, _ANSWERED = 500, 200


def _count(text: pl.Expr) -> pl.Expr:
    number = text.str.strip_chars().cast(pl.Float64, strict=False)
    return pl.when(number.is_finite() & (number >= 0)).then(number)


_either = {"total": pl.coalesce("total", "requests", "count"), "errors": pl.coalesce("errors", "failures")}
COUNTS = LogFormat(
    name="counts",
    summary="calls and errors in each interval: timestamp, total, errors and perhaps interval (seconds)",
    layout=DelimitedRows(
        ("timestamp", "total", "requests", "count", "errors", "failures", "interval"),
        (
            frozenset({"timestamp"}),
            frozenset({"total", "requests", "count"}),
            frozenset({"errors", "failures"}),
        ),
    ),
    fields={
        "timestamp": fields.plain_time("timestamp"),
        "interval": fields.duration("interval", fields.SECOND),
    },
    time=pl.col("timestamp"),
    status=pl.when(_count(_either["errors"]).is_not_null()).then(pl.lit(_ANSWERED, pl.Int16)),
    total=_count(_either["total"]),
    failed=_count(_either["errors"]),
    interval=pl.col("interval"),
    stamp=Stamp.START,
    notes=(NOTE,),
)
LOCUST = LogFormat(
    name="locust",
    summary="Locust's history (--csv, …_stats_history.csv)",
    layout=DelimitedRows(
        ("timestamp", "name", "total request count", "total failure count"),
        (
            frozenset({"timestamp"}),
            frozenset({"user count"}),
            frozenset({"total request count"}),
            frozenset({"total failure count"}),
        ),
    ),
    fields={"timestamp": fields.plain_time("timestamp")},
    time=pl.col("timestamp"),
    status=pl.lit(_ANSWERED, pl.Int16),
    total=_count(pl.col("total request count")),
    failed=_count(pl.col("total failure count")),
    cumulative=True,
    # The sum of all stands beside each name's own.
    skipped=(pl.col("name") != "Aggregated").fill_null(value=False),
    stamp=Stamp.END,
    notes=(NOTE,),
)


def spread_counts(frame: pl.DataFrame, *, cumulative: bool) -> pl.DataFrame:
    """Return a call for each that was counted.

    Args:
        frame: of length n: `time` (Int64, where each interval begins, or, cumulative, ends), `total` and
            `failed` (Float64), and perhaps `interval` (Int64, nanoseconds; negative where not known).
        cumulative: whether the numbers only grow, from one row to the next.

    Returns:
        `time`, `duration`, `status` and `error`, as `parse_lines` gives them.

    Raises:
        WrongFormatError: there are more than `MOST_CALLS`.
    """
    frame = frame.sort("time", maintain_order=True)
    begins = frame["time"].to_numpy()
    total, failed = frame["total"].to_numpy(), frame["failed"].to_numpy()
    if cumulative:
        anew = np.diff(total) < 0  # the counters were set back
        total, failed = (np.where(anew, each[1:], np.diff(each)).clip(0) for each in (total, failed))
        lengths, begins = np.diff(begins), begins[:-1]
    else:
        lengths = _lengths(begins, frame["interval"].to_numpy() if "interval" in frame.columns else None)
    calls = _whole(total)
    errors = np.minimum(_whole(np.minimum(failed, total)), calls)
    if calls.sum() > MOST_CALLS:
        raise WrongFormatError(
            f"{int(calls.sum()):,} calls are counted; at most {MOST_CALLS:,} can be simulated"
        )
    row = np.repeat(np.arange(len(calls)), calls)
    rank = np.arange(len(row)) - np.repeat(np.cumsum(calls) - calls, calls)
    times = begins[row] + ((rank + 0.5) * (lengths / np.maximum(calls, 1))[row]).astype(np.int64)
    # The failures of a row are those of its calls that drew its smallest numbers.
    draws = np.random.default_rng(_SEED).random(len(row))
    order = np.lexsort((draws, row))
    bad = np.zeros(len(row), np.bool_)
    bad[order] = rank < errors[row]
    return pl.DataFrame(
        {
            "time": times,
            "duration": np.full(len(row), UNKNOWN_DURATION, np.int64),
            "status": np.where(bad, _FAILED, _ANSWERED).astype(np.int16),
            "error": np.zeros(len(row), np.uint8),
        }
    )


def _whole(amounts: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole numbers with the same sum: what a fraction leaves goes to a later row."""
    sums = np.floor(np.cumsum(amounts) + 1e-6).astype(np.int64)
    return np.diff(sums, prepend=0)


def _lengths(begins: NDArray[np.int64], given: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return how long each interval is: as given, or until the next, where that is not after a gap."""
    between = np.diff(begins)
    usual = int(np.median(between[between > 0])) if (between > 0).any() else _MINUTE
    until = np.append(between, usual)
    until = np.where((until > _GAP * usual) | (until <= 0), usual, until)
    return until if given is None else np.where(given > 0, given, until)
