"""Calls that do not fit in memory: their columns on disk, by start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from cbtool.logs.text_codes import Decoded
from cbtool.scratch import Scratch
from cbtool.traffic.calls import Calls
from cbtool.traffic.parts import PART, LongCalls
from cbtool.traffic.thinning import share_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from numpy.typing import NDArray

    from cbtool.logs.asked import Asked
    from cbtool.logs.text_codes import TextCodes

_COLUMNS: dict[str, Any] = {
    "start_ns": np.int64,
    "duration_ns": np.int64,
    "status": np.int16,
    "error": np.uint8,
    "position": np.int64,
}


class NumberedCalls(LongCalls, Protocol):
    """Calls in parts, with the numbers of texts."""

    @property
    def codes(self) -> Mapping[str, TextCodes]:
        """What numbers their texts, by name."""

    def numbered(
        self, size: int = PART, names: Collection[str] | None = None
    ) -> Iterator[tuple[Calls, dict[str, NDArray[np.int32]]]]:
        """Yield all, at most `size` at a time, without texts, each with its numbers; see `StoredCalls`."""

    def like(self, epoch: float) -> StoredCalls:
        """Return room on this machine's disk for some of these calls."""


class StoredCalls:
    """Calls on disk; see `cbtool.traffic.parts.LongCalls`. Its files vanish when it does.

    Args:
        epoch: Unix seconds of time 0.
        codes: what numbers their texts, by name; None: no texts are kept.
        requests: what each asked for; None: that is not kept.

    Attributes:
        notes: what the source lacks or had wrong, a sentence each.
        log_format: the name of the format that they were read from.
    """

    def __init__(
        self,
        epoch: float,
        codes: Mapping[str, TextCodes] | None = None,
        requests: Asked | None = None,
    ) -> None:
        self._requests = requests
        self.epoch = epoch
        self.notes: tuple[str, ...] = ()
        self.log_format = ""
        self.span = 0.0
        self.knows_durations = False
        self.codes = codes or {}
        self._columns = {name: Scratch(dtype) for name, dtype in _COLUMNS.items()}
        self._texts = {name: _Texts(code) for name, code in self.codes.items() if code.known}

    def __len__(self) -> int:
        return len(self._columns["start_ns"])

    @property
    def rate(self) -> float:
        """Calls a second over the span; 0 with fewer than two calls."""
        return (len(self) - 1) / self.span if self.span else 0.0

    def append(self, calls: Calls, numbers: Mapping[str, NDArray[np.int32]] | None = None) -> None:
        """Add calls that start no earlier than those before; they must have a `position`.

        Args:
            calls: n calls.
            numbers: of their texts, by name.
        """
        if len(calls):
            for name, column in self._columns.items():
                column.append(getattr(calls, name))
            for name, texts in self._texts.items():
                texts.append((numbers or {})[name])
            self.span = calls.span
            self.knows_durations = self.knows_durations or calls.knows_durations

    def parts(self, size: int = PART, texts: Collection[str] = ()) -> Iterator[Calls]:
        """Yield all calls, at most `size` at a time, with those of `texts` that are kept."""
        for part, numbers in self.numbered(size, [name for name in texts if name in self._texts]):
            columns: dict[str, Any] = {}
            for name, own in numbers.items():
                columns |= self._texts[name].decoded.columns(own)
            yield replace(part, **columns)

    def numbered(
        self, size: int = PART, names: Collection[str] | None = None
    ) -> Iterator[tuple[Calls, dict[str, NDArray[np.int32]]]]:
        """Yield the same, without texts, each with the numbers of those that are named; None: of all."""
        wanted = [name for name in self._texts if names is None or name in names]
        for first in range(0, len(self), size):
            columns: dict[str, Any] = {
                name: column.read(first, first + size) for name, column in self._columns.items()
            }
            numbers = {name: self._texts[name].numbers.read(first, first + size) for name in wanted}
            yield Calls(**columns, epoch=self.epoch), numbers

    def asked(self, positions: NDArray[np.int64]) -> list[tuple[str, str]]:
        """Return the methods and paths of calls with these positions, where they are kept."""
        assert self._requests is not None  # noqa: S101  # who asks has said so when the log was read
        return self._requests.of(positions)

    def counts(self, name: str) -> dict[str, int]:
        """Return how many calls have each text; empty where it is not kept, or there were too many."""
        texts = self._texts.get(name)
        if texts is None or texts.code.full:
            return {}
        both = zip(texts.code.texts, texts.counts.tolist(), strict=True)
        return {text: count for text, count in both if count}

    def like(self, epoch: float) -> StoredCalls:
        """Return room for some of these calls.

        Args:
            epoch: Unix seconds of their time 0.
        """
        others = StoredCalls(epoch, self.codes, self._requests)
        others.notes, others.log_format = self.notes, self.log_format
        return others

    def noting(self, notes: tuple[str, ...]) -> StoredCalls:
        """Add notes, and return itself."""
        self.notes = (*self.notes, *notes)
        return self

    def close(self) -> None:
        """Give the disk's room back."""
        for column in (*self._columns.values(), *(texts.numbers for texts in self._texts.values())):
            column.close()


class _Texts:
    """The numbers of calls' texts on disk, and how many calls have each."""

    def __init__(self, code: TextCodes) -> None:
        self.code = code
        self.decoded = Decoded(code)
        self.numbers = Scratch(np.int32)
        self.counts = np.zeros(len(code.texts), np.int64)

    def append(self, numbers: NDArray[np.int32]) -> None:
        self.numbers.append(numbers)
        self.counts += np.bincount(numbers[numbers >= 0], minlength=len(self.counts))


def thinned(calls: NumberedCalls, load: float, seed: int) -> StoredCalls:
    """Return a random share of calls, the same as `cbtool.traffic.thinning.thin` chooses.

    Raises:
        InvalidSettingError: the share is not over 0 and at most 1.
    """
    chosen = calls.like(calls.epoch)
    numbered = calls.numbered()
    numbers: dict[str, NDArray[np.int32]] = {}

    def parts() -> Iterator[Calls]:
        for part, own in numbered:
            numbers.clear()
            numbers.update(own)
            yield part

    for part, keep in share_of(parts(), load, seed):
        chosen.append(part.take(keep), {name: own[keep] for name, own in numbers.items()})
    return chosen
