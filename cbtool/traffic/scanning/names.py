"""Names that are known, found by their length and eight letters at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import lean
from cbtool.traffic.scanning.memory import eight, int64

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

UNKNOWN = -1
"""What is found of a name that is not known."""

_LONGEST = 32
_WORD = 8


class Names(NamedTuple):
    """Names by their length.

    Attributes:
        letters: int64, by name, its letters, eight in each.
        numbers: int64, by name, what stands for it.
        begins: int64, by length, the first name of it, or the next longer one.
    """

    letters: NDArray[np.int64]
    numbers: NDArray[np.int64]
    begins: NDArray[np.int64]


def known(numbers: Mapping[str, int]) -> Names:
    """Return a table of names of up to 32 letters and the number of each."""
    names = sorted(numbers, key=len)
    letters = b"".join(name.encode().ljust(_LONGEST, b"\0") for name in names)
    lengths = np.array([len(name) for name in names])
    return Names(
        np.frombuffer(letters, np.int64).reshape(len(names), -1).copy(),
        np.array([numbers[name] for name in names], np.int64),
        np.searchsorted(lengths, np.arange(_LONGEST + 2)).astype(np.int64),
    )


@lean
def number_of(data: NDArray[np.uint8], first: int, behind: int, names: Names) -> int:
    """The number of the name that stands there, or `UNKNOWN`; seven bytes must follow it in the data."""
    length = behind - first
    if length > _LONGEST:
        return UNKNOWN
    for name in range(names.begins[length], names.begins[length + 1]):
        at = int64(0)
        while at < length:
            letters = eight(data, first + at)
            if length - at < _WORD:
                letters &= (int64(1) << 8 * (length - at)) - 1
            if letters != names.letters[name, at >> 3]:
                break
            at += _WORD
        if at >= length:
            return int64(names.numbers[name])
    return UNKNOWN
