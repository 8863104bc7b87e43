"""When calls started: ends moved back by durations, equal times spread, and the order of it all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from cbtool.jit import compiled
from cbtool.traffic.formats.log_format import Stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from cbtool.traffic.formats.log_format import LogFormat

PIECE = 1 << 18
"""Rows of a column that are put together at a time."""

_FAR = 3  # times as many rows put together as there are: then all are, once


class Elsewhere(NamedTuple):
    """Times that further lines of a file have, which are not at hand; arrays by time.

    Attributes:
        times: int64, increasing.
        before: int64, how many such lines stand above.
        all: int64, how many lines have the time, those at hand with them.
    """

    times: NDArray[np.int64]
    before: NDArray[np.int64]
    all: NDArray[np.int64]


def starts_of(
    log_format: LogFormat,
    times: NDArray[np.int64],
    durations: NDArray[np.int64],
    elsewhere: Elsewhere | None = None,
) -> NDArray[np.int64]:
    """Return the Unix nanoseconds at which calls started.

    Args:
        log_format: of the file.
        times: what its lines say, in their order; all lines of a time, or none, but for `elsewhere`.
        durations: nanoseconds, negative where unknown.
        elsewhere: what other parts of the file have; None: this is all of it.
    """
    placed = spread(times, log_format.resolution_ns)
    if elsewhere is not None and len(elsewhere.times):
        _spread_among(elsewhere, times, log_format.resolution_ns, placed)
    if log_format.stamp is Stamp.END:
        placed = np.subtract(placed, np.maximum(durations, 0), out=None if placed is times else placed)
    return placed


def spread(times: NDArray[np.int64], resolution_ns: int) -> NDArray[np.int64]:
    """Return the times with equal ones spread evenly over `resolution_ns`, in their order."""
    if resolution_ns == 1 or not len(times):
        return times
    placed = np.empty(len(times), np.int64)
    if not _spread(_fixed(times), resolution_ns, placed):  # they are not in order
        order = np.argsort(times, kind="stable")
        ordered = np.empty(len(times), np.int64)
        _spread(_fixed(times[order]), resolution_ns, ordered)
        placed[order] = ordered
    return placed


def _spread_among(
    elsewhere: Elsewhere, times: NDArray[np.int64], resolution_ns: int, placed: NDArray[np.int64]
) -> None:
    """Place those lines again that share their times with others elsewhere."""
    found = np.searchsorted(elsewhere.times, times)
    found[found == len(elsewhere.times)] = 0
    mine = np.flatnonzero(elsewhere.times[found] == times)
    which = found[mine]
    order = np.argsort(which, kind="stable")
    mine, which = mine[order], which[order]
    ranks = np.arange(len(mine)) - np.searchsorted(which, which) + elsewhere.before[which]
    placed[mine] = times[mine] + ranks * resolution_ns // elsewhere.all[which]


def _fixed(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the same as one kind of array, so that one compilation does for all."""
    fixed = np.ascontiguousarray(times).view()
    fixed.flags.writeable = False
    return fixed


def order_of(starts: NDArray[np.int64]) -> NDArray[np.uint32] | None:
    """Return the order by start, in which equal ones stand as they do; None: they are in it."""
    if (starts[1:] >= starts[:-1]).all():
        return None
    half = len(starts) // 2
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(_sorted, (starts[:half], starts[half:]))
    order = np.concatenate([first, second + np.uint32(half)])
    if half:
        # What is to be merged of two halves of a log is little: calls that others overtook at the cut.
        earliest, latest = starts[order[half]], starts[order[half - 1]]
        low = int(np.searchsorted(starts[first], earliest, "right"))
        high = half + int(np.searchsorted(starts[half:][second], latest, "left"))
        order[low:high] = order[low:high][np.argsort(starts[order[low:high]], kind="stable")]
    return order


def _sorted(starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    return np.argsort(starts, kind="stable").astype(np.uint32)


def in_order(parts: list[pl.Series], order: NDArray[np.uint32] | None) -> Iterator[pl.Series]:
    """Yield what stands in parts one behind the other in an order, in pieces of about `PIECE` rows.

    Only in one piece are rows quick to gather, and where the order moves them little, those that a piece
    needs are close together: so that not all are there twice, they are put together for each piece, and what
    no later piece needs is let go of.

    Args:
        parts: n rows in all; the list is emptied.
        order: length n; None: as they are.
    """
    chunks = [chunk for part in parts for chunk in part.get_chunks()]
    parts.clear()
    if order is None:
        chunks.reverse()
        while chunks:
            yield chunks.pop()
        return
    cuts = range(0, len(order), PIECE)
    last = [int(order[at : at + PIECE].max()) for at in cuts]
    first = [int(order[at : at + PIECE].min()) for at in cuts]
    needed = list(accumulate(reversed(first), min))[::-1]  # by this piece or a later one
    if sum(last) - sum(needed) > _FAR * len(order):
        chunks = [pl.concat(chunks).rechunk()]
    before = 0
    for at, low, high in zip(cuts, needed, last, strict=True):
        while before + len(chunks[0]) <= low:
            before += len(chunks.pop(0))
        rows = pl.concat(chunks).slice(low - before, high + 1 - low).rechunk()
        yield rows.gather(pl.Series(order[at : at + PIECE] - np.uint32(low)))


@compiled()
def _spread(times: NDArray[np.int64], resolution_ns: int, out: NDArray[np.int64]) -> bool:
    """Spread times; give whether they never decrease, as they must."""
    first, length = 0, len(times)
    while first < length:
        time, behind = times[first], first + 1
        while behind < length and times[behind] == time:
            behind += 1
        if behind < length and times[behind] < time:
            return False
        for at in range(first, behind):
            out[at] = time + (at - first) * resolution_ns // (behind - first)
        first = behind
    return True
