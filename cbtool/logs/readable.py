"""Lines that are UTF-8, told from those that are not."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import numpy as np

from cbtool.traffic.scanning.lines import Lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PIECE = 1 << 20
_NOT_ASCII = 128


def readable(lines: Lines) -> Lines:
    """Return the lines, those that are not UTF-8 as if they were empty."""
    whole = lines.data[lines.start[0] : lines.end[-1]] if len(lines) else lines.data[:0]
    if not len(whole) or whole.max() < _NOT_ASCII or _is_utf8(whole):
        return lines
    sound = [_is_utf8(lines.data[a:b]) for a, b in zip(lines.start, lines.end, strict=True)]
    return Lines(lines.data, lines.start, np.where(sound, lines.end, lines.start))


def _is_utf8(text: NDArray[np.uint8]) -> bool:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        for at in range(0, len(text), _PIECE):
            decode(text[at : at + _PIECE].tobytes())
        decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
