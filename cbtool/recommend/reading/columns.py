"""Columns that are looked at in pieces, so that they may be arrays, or too long for that and on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

PIECE = 1 << 20
"""Values in memory at a time."""

_BINS = 1 << 16


class Column(Protocol):
    """An array, or what gives arrays for its slices."""

    def __len__(self) -> int: ...

    def __getitem__(self, where: Any, /) -> Any: ...


class TraceColumns(Protocol):
    """The columns of a `Trace`, each an array or longer."""

    @property
    def start(self) -> Column:
        """Nanoseconds from the log's first call."""

    @property
    def duration(self) -> Column:
        """Nanoseconds; 0 where unknown."""

    @property
    def failed(self) -> Column:
        """By the outcome rules."""

    @property
    def knows_durations(self) -> bool:
        """Whether durations mean anything."""

    @property
    def span(self) -> float:
        """Seconds from the first start to the last."""

    def __len__(self) -> int: ...

    def slower_than(self, seconds: float) -> Column:
        """Return which calls took longer."""


def pieces(*columns: Column, first: int = 0, behind: int | None = None) -> Iterator[tuple[NDArray[Any], ...]]:
    """Yield columns of one length, or a part of them, in pieces."""
    last = len(columns[0]) if behind is None else behind
    for at in range(first, last, PIECE):
        yield tuple(column[at : min(at + PIECE, last)] for column in columns)


def count(column: Column, first: int = 0, behind: int | None = None) -> int:
    """Return how many values of a part are true."""
    return sum(int(np.count_nonzero(piece)) for (piece,) in pieces(column, first=first, behind=behind))


def median_of(column: Column) -> float:
    """Return `numpy.median` of whole numbers from 0 on, at least one; bit for bit, in a few passes.

    Each pass counts 16 bits of those values that agree with the median in all higher ones.
    """
    n = len(column)
    ends = [_ranked(column, place) for place in sorted({(n - 1) // 2, n // 2})]
    return float(np.median(np.array(ends, np.int64)))


def _ranked(column: Column, place: int) -> int:
    """Return the value that so many are before in order."""
    known = 0
    for shift in (48, 32, 16, 0):
        counts = np.zeros(_BINS, np.int64)
        for (piece,) in pieces(column):
            mine = piece[piece >> (shift + 16) == known] if shift < 48 else piece
            counts += np.bincount((mine >> shift) & (_BINS - 1), minlength=_BINS)
        up_to = np.cumsum(counts)
        digit = int(np.searchsorted(up_to, place, side="right"))
        place -= int(up_to[digit] - counts[digit])
        known = known << 16 | digit
    return known


def even(n: int, parts: int) -> list[int]:
    """Return the sizes of the parts that `numpy.array_split` makes of n values."""
    return [n // parts + (part < n % parts) for part in range(parts)]


def regrouped(arrays: Iterable[NDArray[Any]], sizes: Sequence[int]) -> Iterator[NDArray[Any]]:
    """Yield the same values in arrays of other sizes, which have the same sum."""
    held: list[NDArray[Any]] = []
    length = 0
    incoming = iter(arrays)
    for size in sizes:
        while length < size:
            held.append(next(incoming))
            length += len(held[-1])
        joined = held[0] if len(held) == 1 else np.concatenate(held or [np.zeros(0)])
        yield joined[:size]
        held, length = [joined[size:]], length - size


def quantile(arrays: Iterable[NDArray[Any]], n: int, q: float) -> float:
    """Return `numpy.quantile` of n values that come in pieces, bit for bit; it holds a few times n(1 − q)."""
    place = (n - 1) * q
    below = int(np.floor(place))
    most = n - below  # the two values that it lies between are the lowest of so many
    held = np.zeros(0)
    for array in arrays:
        held = array if not len(held) else np.concatenate((held, array))
        if len(held) > 2 * most:  # seldom enough that short pieces cost little
            held = _highest(held, most)
    held = _highest(held, most)
    lowest = np.partition(held, 1)[:2] if len(held) > 1 else held
    return float(np.quantile(lowest, place - below if len(lowest) > 1 else 0.0))


def _highest(values: NDArray[Any], most: int) -> NDArray[Any]:
    return np.partition(values, len(values) - most)[len(values) - most :] if len(values) > most else values
