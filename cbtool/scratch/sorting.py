"""Rows in the order of a key, however many there are: sorted in runs on disk, and merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.errors import WrongFormatError
from cbtool.scratch.arrays import Scratch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

RUN = 1 << 20
"""Rows that are sorted in memory at a time."""

TIED = 8 * RUN
"""Rows that may come together because their keys are equal: that many calls at one moment are no log's."""

_SAMPLED = 1024  # rows of which one key stays in memory


class _Run:
    """Sorted rows in a scratch, and every so many of their keys."""

    def __init__(self, at: int, keys: NDArray[np.int64]) -> None:
        self.at = at
        self.length = len(keys)
        self.samples = samples_of(keys)


class Sorter:
    """Rows in the order of their `key`, and of their `position` where that is equal; any number of them.

    They are sorted a run at a time as they come, and merged by ranges of the key when they are asked for.

    Args:
        dtype: has the fields `key` and `position`, both int64.
    """

    def __init__(self, dtype: np.dtype[np.void]) -> None:
        self._dtype = dtype
        self._waiting: list[NDArray[np.void]] = []
        self._count = 0
        self._runs: list[_Run] = []
        self._rows: Scratch | None = None

    def add(self, rows: NDArray[np.void]) -> None:
        """Add rows, in any order."""
        self._waiting.append(rows)
        self._count += len(rows)
        if self._count >= RUN:
            self._store()

    def sorted(self) -> Iterator[NDArray[np.void]]:
        """Yield all rows in order, about `RUN` at a time; those of one key are never parted.

        Raises:
            WrongFormatError: more than `TIED` come together.
        """
        if self._rows is None:  # there are few
            if self._count:
                yield in_order(np.concatenate(self._waiting))
            return
        if self._count:
            self._store()
        places = [0] * len(self._runs)
        for high in [*cuts([run.samples for run in self._runs], RUN), None]:
            ends = [run.length if high is None else self._before(run, high) for run in self._runs]
            check_together(sum(ends) - sum(places))
            parts = [
                self._rows.read(run.at + place, run.at + end)
                for run, place, end in zip(self._runs, places, ends, strict=True)
                if end > place
            ]
            places = ends
            if parts:
                yield in_order(np.concatenate(parts))

    def close(self) -> None:
        """Give the room back."""
        self._waiting.clear()
        if self._rows is not None:
            self._rows.close()

    def _store(self) -> None:
        rows = in_order(np.concatenate(self._waiting))
        self._waiting, self._count = [], 0
        if self._rows is None:
            self._rows = Scratch(self._dtype)
        self._runs.append(_Run(len(self._rows), rows["key"]))
        self._rows.append(rows)

    def _before(self, run: _Run, key: int) -> int:
        """Return how many rows of a run have a smaller key."""
        sample = int(np.searchsorted(run.samples, key, side="left"))
        if sample == 0:
            return 0
        first = (sample - 1) * _SAMPLED
        assert self._rows is not None  # noqa: S101  # there is a run
        keys = self._rows.read(run.at + first, run.at + min(first + _SAMPLED, run.length))["key"]
        return first + int(np.searchsorted(keys, key, side="left"))


def samples_of(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return every so many of a run's keys; see `cuts`."""
    return keys[::_SAMPLED].copy()


def cuts(samples: Sequence[NDArray[np.int64]], size: int) -> list[int]:
    """Return increasing keys that part rows into ranges of about `size`.

    Args:
        samples: of each run's keys.
        size: rows.
    """
    joined = np.sort(np.concatenate(samples))
    step = max(1, size // _SAMPLED)
    return sorted({int(key) for key in joined[step::step]})


def check_together(count: int) -> None:
    """Refuse rows of one moment that memory is not meant to hold.

    Raises:
        WrongFormatError: there are more than `TIED`.
    """
    if count > TIED:
        raise WrongFormatError(
            f"more than {TIED:,} calls at one moment: such times do not say how calls follow one another;"
            " name the column with finer ones (--map), or fewer calls (--since, --until, --path)"
        )


def in_order(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Return rows in the order of their keys, and of their positions where these are equal."""
    for name in ("position", "key"):  # the second sort keeps what the first did
        column = np.ascontiguousarray(rows[name])
        if (column[1:] < column[:-1]).any():
            rows = rows[np.argsort(column, kind="stable")]
    return rows
