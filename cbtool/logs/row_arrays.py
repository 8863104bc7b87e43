"""Rows of parsed blocks as arrays: what is kept of calls that do not fit in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from cbtool.traffic.calls import Calls
from cbtool.traffic.formats.assembly import CLIENT_GAVE_UP, NOBODY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from cbtool.logs.text_codes import TextCodes
    from cbtool.traffic.selection import Selection

ROW = np.dtype(
    [
        ("key", np.int64),  # its time while its file is read, then its start
        ("position", np.int64),
        ("duration", np.int64),
        ("status", np.int16),
        ("error", np.uint8),
        ("fits", np.bool_),
    ]
)
_ASKED = ("path", "host", "method", "upstream", "instance")


class Facts(NamedTuple):
    """What is known of rows beside the rows.

    Attributes:
        calls: how many there are.
        unknown: how many of them have no duration.
        gave_up: how many have status `CLIENT_GAVE_UP`.
        known: which texts any of them says.
    """

    calls: int = 0
    unknown: int = 0
    gave_up: int = 0
    known: frozenset[str] = frozenset()

    def and_of(self, others: Facts) -> Facts:
        """Return what is known of these rows and others."""
        return Facts(
            self.calls + others.calls,
            self.unknown + others.unknown,
            self.gave_up + others.gave_up,
            self.known | others.known,
        )


def row_of(codes: Mapping[str, TextCodes]) -> np.dtype[np.void]:
    """Return the fields of rows that have texts, too: a number each."""
    return np.dtype([*ROW.descr, *((name, np.int32) for name in codes)]) if codes else ROW


def rows_of(
    frame: pl.DataFrame, which: Selection, position: int, codes: Mapping[str, TextCodes] | None = None
) -> tuple[NDArray[np.void], Facts]:
    """Return a block as rows, their keys what the lines say.

    Args:
        frame: n calls in their lines' order.
        which: the calls that are wanted.
        position: where the first stands among its source's calls.
        codes: what numbers their texts, by name; None: these are not kept.
    """
    rows = np.empty(len(frame), row_of(codes or {}))
    for name, code in (codes or {}).items():
        rows[name] = code.of(frame)
    rows["key"], rows["duration"] = frame["time"].to_numpy(), frame["duration"].to_numpy()
    rows["status"], rows["error"] = frame["status"].to_numpy(), frame["error"].to_numpy()
    rows["position"] = np.arange(position, position + len(frame))
    rows["fits"], known = _fits(frame, which)
    unknown, gave_up = rows["duration"] < 0, rows["status"] == CLIENT_GAVE_UP
    return rows, Facts(len(frame), int(unknown.sum()), int(gave_up.sum()), known)


def columns_of(rows: NDArray[np.void], first: int) -> Calls:
    """Return rows in the order of their starts as calls, at times from `first`, in Unix nanoseconds."""
    return Calls(
        start_ns=rows["key"] - first,
        duration_ns=np.ascontiguousarray(rows["duration"]),
        status=np.ascontiguousarray(rows["status"]),
        error=np.ascontiguousarray(rows["error"]),
        epoch=first / 1e9,
        position=np.ascontiguousarray(rows["position"]),
    )


def check_known(which: Selection, facts: Facts) -> None:
    """Raise what `Selection` raises of calls that do not say what is asked for.

    Raises:
        ConfigurationError: no row says it.
    """
    nothing = np.zeros(0, np.int64)
    known: dict[str, Any] = {name: pl.Series([], dtype=pl.String) for name in facts.known - {"instance"}}
    served = nothing.astype(np.int32) if "instance" in facts.known else None
    status, error = nothing.astype(np.int16), nothing.astype(np.uint8)
    if which:
        which.fits(Calls(nothing, nothing, status, error, instance=served, **known))


def _fits(frame: pl.DataFrame, which: Selection) -> tuple[NDArray[np.bool_], frozenset[str]]:
    """Return which rows are what is asked for, and what they say; what this block does not, another may."""
    if not which:
        return np.ones(len(frame), np.bool_), frozenset()
    texts: dict[str, Any] = {}
    said = set()
    for name in _ASKED:
        known = name in frame.columns
        texts[name] = (
            frame[name] if known else pl.Series(name, [None], pl.String).new_from_index(0, len(frame))
        )
        if known and (name != "instance" or frame[name].null_count() < len(frame)):
            said.add(name)
    served = texts.pop("instance").cast(pl.String).fill_null(NOBODY)
    names = served.unique().sort()
    calls = Calls(
        start_ns=frame["time"].to_numpy(),
        duration_ns=frame["duration"].to_numpy(),
        status=frame["status"].to_numpy(),
        error=frame["error"].to_numpy(),
        instance=served.cast(pl.Enum(names)).to_physical().cast(pl.Int32).to_numpy(),
        instances=tuple(names),
        **texts,
    )
    return which.fits(calls), frozenset(said)
