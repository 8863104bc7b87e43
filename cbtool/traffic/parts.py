"""Calls that need not all be in memory: they are looked at part by part, in the order of their starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from cbtool.traffic.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Iterator

PART = 1 << 20
"""Calls of a part; a machine's memory holds many times so many."""


class LongCalls(Protocol):
    """Calls in parts."""

    @property
    def epoch(self) -> float:
        """Unix seconds of time 0; 0.0 for generated calls."""

    @property
    def span(self) -> float:
        """Seconds from the first start to the last."""

    @property
    def knows_durations(self) -> bool:
        """Whether any call says how long it took."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What the source lacks or had wrong, a sentence each."""

    @property
    def log_format(self) -> str:
        """The name of the format that they were read from."""

    def __len__(self) -> int: ...

    def parts(self, size: int = PART) -> Iterator[Calls]:
        """Yield all calls, at most `size` at a time; their times are counted from one time 0.

        Of the columns that not all calls have, they may have `position`.
        """


def ordered(calls: LongCalls) -> Iterator[Calls]:
    """Yield all calls in the order of `Calls.in_one_order`; those of equal start are in memory at once."""
    held: Calls | None = None
    for part in calls.parts(PART):
        joined = part if held is None else _joined(held, part)
        last = int(np.searchsorted(joined.start_ns, joined.start_ns[-1]))
        held = _slice(joined, last, len(joined))
        if last:
            yield _in_one_order(_slice(joined, 0, last))
    if held is not None:
        yield _in_one_order(held)


def _in_one_order(calls: Calls) -> Calls:
    order = calls.in_one_order()
    return calls if order is None else calls.reordered(order)


def _joined(first: Calls, second: Calls) -> Calls:
    return Calls(
        start_ns=np.concatenate((first.start_ns, second.start_ns)),
        duration_ns=np.concatenate((first.duration_ns, second.duration_ns)),
        status=np.concatenate((first.status, second.status)),
        error=np.concatenate((first.error, second.error)),
        epoch=first.epoch,
    )


class Held:
    """Calls in memory, in parts.

    Args:
        calls: all of them.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.epoch = calls.epoch
        self.span = calls.span
        self.knows_durations = calls.knows_durations
        self.notes = calls.notes
        self.log_format = calls.log_format

    def __len__(self) -> int:
        return len(self._calls)

    def parts(self, size: int = PART) -> Iterator[Calls]:
        """Yield slices; see `LongCalls`."""
        for first in range(0, len(self._calls), size):
            yield _slice(self._calls, first, first + size)


def _slice(calls: Calls, first: int, behind: int) -> Calls:
    return Calls(
        start_ns=calls.start_ns[first:behind],
        duration_ns=calls.duration_ns[first:behind],
        status=calls.status[first:behind],
        error=calls.error[first:behind],
        epoch=calls.epoch,
        position=None if calls.position is None else calls.position[first:behind],
    )
