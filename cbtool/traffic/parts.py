"""Calls that need not all be in memory: they are looked at part by part, in the order of their starts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cbtool.traffic.calls import Calls

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import polars as pl
    from numpy.typing import NDArray

PART = 1 << 20
"""Calls of a part; a machine's memory holds many times so many."""


_ARRAYS = ("start_ns", "duration_ns", "status", "error", "instance", "position")


class LongCalls(Protocol):
    """Calls in parts."""

    @property
    def epoch(self) -> float:
        """Unix seconds of time 0; 0.0 for generated calls."""

    @property
    def span(self) -> float:
        """Seconds from the first start to the last."""

    @property
    def rate(self) -> float:
        """Calls a second over the span; 0 with fewer than two calls."""

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

    def parts(self, size: int = PART, texts: Collection[str] = ()) -> Iterator[Calls]:
        """Yield all calls, at most `size` at a time; their times are counted from one time 0.

        Of the columns that not all calls have, they may have `position`, and those of `texts` that are known.
        """

    def counts(self, name: str) -> dict[str, int]:
        """Return how many calls have each `host` or `upstream`; empty where it is not known."""


def ordered(calls: LongCalls, texts: Collection[str] = ()) -> Iterator[Calls]:
    """Yield all calls in the order of `Calls.in_one_order`; those of equal start are in memory at once."""
    held: Calls | None = None
    for part in calls.parts(PART, texts):
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
        instance=(
            None
            if first.instance is None or second.instance is None
            else np.concatenate((first.instance, second.instance))
        ),
        instances=first.instances,
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
        self.rate = calls.rate
        self.knows_durations = calls.knows_durations
        self.notes = calls.notes
        self.log_format = calls.log_format

    def __len__(self) -> int:
        return len(self._calls)

    def parts(self, size: int = PART, _: Collection[str] = ()) -> Iterator[Calls]:
        """Yield slices; see `LongCalls`."""
        for first in range(0, len(self._calls), size):
            yield _slice(self._calls, first, first + size)

    def counts(self, name: str) -> dict[str, int]:
        """Return how many calls have each host or upstream."""
        texts: pl.Series | None = getattr(self._calls, name)
        if texts is None:
            return {}
        return {str(text): count for text, count in texts.drop_nulls().value_counts().iter_rows()}


class Between:
    """Those of some calls that start between two moments, at times from the first of them; see `LongCalls`.

    Args:
        calls: all of them; they are gone through once to find these, at least one.
        since: seconds from the first call of all.
        until: the same; calls that start then are left out, unless it is the end.
    """

    def __init__(self, calls: LongCalls, since: float, until: float) -> None:
        self._calls = calls
        self._bounds = since, until
        self._length = 0
        self.knows_durations = False
        first = last = None
        for part, keep in self._kept(PART, ()):
            mine = part.start_ns[keep]
            if len(mine):
                first, last = int(mine[0]) if first is None else first, int(mine[-1])
            self._length += len(mine)
            self.knows_durations = self.knows_durations or bool((part.duration_ns[keep] >= 0).any())
        self.shift = first or 0
        self.epoch = calls.epoch + self.shift / 1e9
        self.span = float((last or 0) - self.shift) / 1e9
        self.rate = (self._length - 1) / self.span if self.span else 0.0
        self.notes = calls.notes
        self.log_format = calls.log_format

    def __len__(self) -> int:
        return self._length

    def parts(self, size: int = PART, texts: Collection[str] = ()) -> Iterator[Calls]:
        """Yield them; see `LongCalls`."""
        for part, keep in self._kept(size, texts):
            if keep.any():
                chosen = part.take(keep)
                yield replace(chosen, start_ns=chosen.start_ns - self.shift, epoch=self.epoch)

    def counts(self, name: str) -> dict[str, int]:
        """Return how many of them have each host or upstream."""
        found: Counter[str] = Counter()
        for part in self.parts(PART, (name,)):
            found.update(Held(part).counts(name))
        return dict(found)

    def _kept(self, size: int, texts: Collection[str]) -> Iterator[tuple[Calls, NDArray[np.bool_]]]:
        since, until = self._bounds
        for part in self._calls.parts(size, texts):
            start = part.start_ns / 1e9
            yield part, (start >= since) & ((start < until) | (until >= self._calls.span))


def in_parts(calls: Calls | LongCalls) -> LongCalls:
    """Return calls to be gone through in parts, wherever they are."""
    return Held(calls) if isinstance(calls, Calls) else calls


def in_memory(calls: LongCalls, texts: Collection[str] = ()) -> Calls:
    """Return calls in memory, with those of `texts` that are known."""
    parts = list(calls.parts(PART, texts))
    joined = {name: [getattr(part, name) for part in parts] for name in _ARRAYS}
    columns: dict[str, Any] = {
        name: None if any(each is None for each in arrays) else np.concatenate(arrays)
        for name, arrays in joined.items()
    }
    for name in ("host", "upstream", "path"):
        series = [getattr(part, name) for part in parts if getattr(part, name) is not None]
        if series:
            columns[name] = series[0].clone()
            for each in series[1:]:
                columns[name].append(each)
    return Calls(
        **columns,
        epoch=calls.epoch,
        instances=parts[0].instances,
        log_format=calls.log_format,
        notes=calls.notes,
    )


def _slice(calls: Calls, first: int, behind: int) -> Calls:
    return Calls(
        start_ns=calls.start_ns[first:behind],
        duration_ns=calls.duration_ns[first:behind],
        status=calls.status[first:behind],
        error=calls.error[first:behind],
        epoch=calls.epoch,
        instance=None if calls.instance is None else calls.instance[first:behind],
        instances=calls.instances,
        position=None if calls.position is None else calls.position[first:behind],
    )
