"""Calls as columns: the one shape that logs, run records and scenarios all become."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.traffic.error_kind import ErrorKind

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

__all__ = ["UNKNOWN_DURATION", "Calls", "ErrorKind"]

UNKNOWN_DURATION = -1


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls in the order of their starts, one array an attribute, all of length n.

    Attributes:
        start_ns: int64, nanoseconds since the first call; never decreasing, the first is 0.
        duration_ns: int64, nanoseconds from start to completion; −1 where unknown.
        status: int16, the HTTP status; 0 where there was no answer.
        error: uint8, an `ErrorKind`.
        epoch: Unix seconds of the first call; 0.0 for generated calls.
        instance: int32, an index into `instances`; None where nobody said which served a call.
        instances: the upstream instances' names.
        method: the HTTP methods, where known.
        path: the path and query, where known.
        host: the hosts that were asked for, where known.
        upstream: the groups of servers that the calls went to, where known.
        position: whole numbers, where each call stood among its source's calls; None: they stood in order.
        log_format: the name of the format that they were read from; empty for generated and live ones.
        notes: what the source lacks or had wrong, a sentence each, for the user.
    """

    start_ns: NDArray[np.int64]
    duration_ns: NDArray[np.int64]
    status: NDArray[np.int16]
    error: NDArray[np.uint8]
    epoch: float = 0.0
    instance: NDArray[np.int32] | None = None
    instances: tuple[str, ...] = ()
    method: pl.Series | None = None
    path: pl.Series | None = None
    host: pl.Series | None = None
    upstream: pl.Series | None = None
    position: NDArray[np.int32] | NDArray[np.int64] | None = None
    log_format: str = ""
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.start_ns)

    @property
    def span(self) -> float:
        """Seconds from the first start to the last."""
        return float(self.start_ns[-1]) / 1e9 if len(self) else 0.0

    @property
    def rate(self) -> float:
        """Calls a second over the span; 0 with fewer than two calls."""
        return (len(self) - 1) / self.span if self.span else 0.0

    @property
    def knows_durations(self) -> bool:
        """Whether any call says how long it took."""
        return bool(len(self)) and bool((self.duration_ns >= 0).any())

    @property
    def end_ns(self) -> NDArray[np.int64]:
        """When each call completed; at its start where the duration is unknown."""
        return self.start_ns + np.maximum(self.duration_ns, 0)

    def frame(self) -> pl.DataFrame:
        """Return the calls as a table, a row a call, by start.

        The columns are `time` (Datetime, UTC, nanoseconds), `duration` (Float64, seconds; null where
        unknown), `status` (Int16), `error` (String; null where there was none), and those of `method`,
        `path`, `host`, `upstream` and `instance` that are known.
        """
        import polars as pl  # noqa: PLC0415  # only logs have texts, and only they have paid for polars

        start = pl.Series("time", self.start_ns + round(self.epoch * 1e6) * 1000)
        kinds = {int(kind): kind.label for kind in ErrorKind if kind}
        columns: dict[str, pl.Series] = {
            "time": start.cast(pl.Datetime("ns", "UTC")),
            "duration": pl.Series(np.where(self.duration_ns < 0, np.nan, self.duration_ns / 1e9)).fill_nan(
                None
            ),
            "status": pl.Series(self.status),
            "error": pl.Series(self.error).replace_strict(kinds, default=None, return_dtype=pl.String),
        }
        texts = {"method": self.method, "path": self.path, "host": self.host, "upstream": self.upstream}
        columns |= {name: text for name, text in texts.items() if text is not None}
        if self.instance is not None:
            columns["instance"] = pl.Series(self.instances).gather(self.instance)
        return pl.DataFrame(columns).with_columns(pl.col("duration").fill_nan(None))

    def noting(self, notes: tuple[str, ...]) -> Calls:
        """Return the same calls with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def in_one_order(self) -> NDArray[np.intp] | None:
        """Return an order of the calls that does not depend on how calls of equal start stand; None: this.

        A log's rows may come in any order, and what is worked out from them must not change with it. Sorted
        by their contents, the failures of one instant would be a run of failures; so these are hashed.
        """
        equal = np.diff(self.start_ns) == 0
        if not equal.any():
            return None
        shared = np.flatnonzero(np.append(equal, False) | np.insert(equal, 0, False))
        keys: list[NDArray[Any]] = [self.error, self.status, self.duration_ns, self.start_ns]
        if self.instance is not None:
            keys.insert(0, self.instance)
        order = np.arange(len(self))
        order[shared] = shared[_shuffled([key[shared] for key in keys])]
        return None if (np.diff(order) == 1).all() else order

    def reordered(self, order: NDArray[np.intp]) -> Calls:
        """Return the calls in another order of their equal starts."""
        texts = {name: getattr(self, name) for name in ("method", "path", "host", "upstream")}
        return replace(
            self,
            start_ns=self.start_ns[order],
            duration_ns=self.duration_ns[order],
            status=self.status[order],
            error=self.error[order],
            instance=None if self.instance is None else self.instance[order],
            position=None if self.position is None else self.position[order],
            **{name: text[order] for name, text in texts.items() if text is not None},
        )

    def take(self, keep: NDArray[np.bool_]) -> Calls:
        """Return the calls that the mask keeps, with times still counted from this first call."""
        import polars as pl  # noqa: PLC0415  # only logs have texts, and only they have paid for polars

        mask = pl.Series(keep)
        return replace(
            self,
            start_ns=self.start_ns[keep],
            duration_ns=self.duration_ns[keep],
            status=self.status[keep],
            error=self.error[keep],
            instance=None if self.instance is None else self.instance[keep],
            method=None if self.method is None else self.method.filter(mask),
            path=None if self.path is None else self.path.filter(mask),
            host=None if self.host is None else self.host.filter(mask),
            upstream=None if self.upstream is None else self.upstream.filter(mask),
            position=None if self.position is None else self.position[keep],
        )


def _shuffled(keys: list[NDArray[Any]]) -> NDArray[np.intp]:
    """Return the order of rows by the last key, those equal in it shuffled by a hash of their contents.

    Args:
        keys: columns of n values; rows that are equal in all of them keep their order.
    """
    start = keys[-1]
    mixed = np.zeros(len(start), np.uint64)
    for key in keys:
        mixed = _mixed(mixed ^ key.astype(np.int64).view(np.uint64))
    order = np.lexsort((mixed, start))
    mixed, start = mixed[order], start[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (mixed[1:] != mixed[:-1]) | (start[1:] != start[:-1])
    if new.all():
        return order
    row = np.cumsum(new) - 1
    copy = np.arange(len(order)) - np.flatnonzero(new)[row]
    placed = row[np.lexsort((_mixed(mixed ^ copy.astype(np.uint64)), start))]
    found = np.empty_like(order)
    found[np.argsort(placed, kind="stable")] = order
    return found


def _mixed(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the finaliser of SplitMix64 (Steele, Lea and Flood 2014), a bijection that mixes all bits."""
    x = x + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))
