"""Names that are known, found at one place of a table that no two of them share."""

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
_PLACES = 1024
_GOLDEN = 0x9E3779B97F4A7C15  # 2 to the 64th by the golden ratio: its odd multiples spread well
_SHIFT = 54  # to the bits that all letters have a say in


class Names(NamedTuple):
    """Names by their place in a table.

    Attributes:
        factor: what makes a place of a name's letters.
        lengths: int64, by place, how many letters the name has that belongs there; −1: there is none.
        words: int64, by place, its first eight letters, its last eight, the second eight, the third.
        numbers: int64, by place, what stands for it.
    """

    factor: int
    lengths: NDArray[np.int64]
    words: NDArray[np.int64]
    numbers: NDArray[np.int64]


def known(numbers: Mapping[str, int]) -> Names:
    """Return a table of names of up to 32 letters and the number of each."""
    split = [_words(name.encode()) for name in numbers]
    lengths = [len(name) for name in numbers]
    for odd in range(1, 10_000, 2):
        factor = _signed(_GOLDEN * odd)
        places = [_place(words, length, factor) for words, length in zip(split, lengths, strict=True)]
        if len(set(places)) == len(places):
            break
    made = Names(
        factor, np.full(_PLACES, -1, np.int64), np.zeros((_PLACES, 4), np.int64), np.zeros(_PLACES, np.int64)
    )
    made.lengths[places], made.words[places], made.numbers[places] = lengths, split, list(numbers.values())
    return made


def _words(name: bytes) -> tuple[int, ...]:
    parts = name[:_WORD], name[-_WORD:] if len(name) > _WORD else b"", name[8:16], name[16:24]
    return tuple(int.from_bytes(part.ljust(_WORD, b"\0"), "little", signed=True) for part in parts)


def _signed(number: int) -> int:
    return (number + (1 << 63)) % (1 << 64) - (1 << 63)


def _place(words: tuple[int, ...], length: int, factor: int) -> int:
    return _signed((words[0] + 3 * words[1] + length) * factor) >> _SHIFT & _PLACES - 1


@lean
def number_of(data: NDArray[np.uint8], first: int, behind: int, names: Names) -> int:
    """The number of the name that stands there, or `UNKNOWN`; seven bytes must follow it in the data."""
    length = behind - first
    begins, ends = eight(data, first), int64(0)
    if length < _WORD:
        begins &= (int64(1) << 8 * length) - 1
    elif length > _WORD:
        ends = eight(data, behind - _WORD)
    # As `_place` does, where numbers wrap around by themselves.
    place = (begins + 3 * ends + length) * names.factor >> _SHIFT & _PLACES - 1
    if names.lengths[place] != length or names.words[place, 0] != begins or names.words[place, 1] != ends:
        return UNKNOWN
    if length > 2 * _WORD and names.words[place, 2] != eight(data, first + _WORD):
        return UNKNOWN
    if length > 3 * _WORD and names.words[place, 3] != eight(data, first + 2 * _WORD):
        return UNKNOWN
    return int64(names.numbers[place])
