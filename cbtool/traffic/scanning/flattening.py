"""Objects of JSON over several lines each as one line each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.jit import compiled
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.lines import newlines
from cbtool.traffic.scanning.memory import byte, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Lines


class Flattening:
    """Writes objects, block by block.

    Args:
        numbered: whether each goes to the line at which it begins, if there is none yet; or one line each.
    """

    def __init__(self, *, numbered: bool) -> None:
        self._numbered = numbered
        self._line = 1  # that is written, where there may be an object already
        self._taken = False

    def behind(self, line: int) -> int:
        """Return how many lines are to be written before one."""
        return max(line - self._line, 0) if self._numbered else 0

    def ahead(self, lines: int) -> bytes:
        """Return empty lines."""
        self._line += lines
        self._taken = False
        return b"\n" * lines

    def written(self, objects: Lines, line: int) -> bytes:
        """Return some objects' lines, of which the last one has no end yet.

        Args:
            objects: n objects, of any lines each.
            line: at which their bytes begin.
        """
        # A line's end within an object becomes a space in it, and one behind it.
        ends = newlines(objects.data.data) if self._numbered else 0
        made = np.empty(len(objects.data) + len(objects) + ends + self.behind(line), np.uint8)
        size, self._line, self._taken = _written(
            *(objects.data, objects.start, objects.end, self._numbered, line, self._line, self._taken, made)
        )
        return made[:size].tobytes()


@compiled(memory)
def _written(
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    numbered: bool,
    number: int,
    line: int,
    taken: bool,
    made: NDArray[np.uint8],
) -> tuple[int, int, bool]:
    at, to = int64(0), int64(0)
    for index in range(len(starts)):
        first, behind = int64(starts[index]), int64(ends[index])
        if numbered:
            while at < first:
                number += byte(data, at) == 10
                at += 1
            while line < number:
                made[to] = 10
                to += 1
                line += 1
                taken = False
        if taken:
            made[to] = 10
            to += 1
            line += 1
        for at in range(first, behind):
            one = byte(data, at)
            number += one == 10
            made[to] = 32 if one == 10 or one == 13 else one
            to += 1
        at = behind
        taken = True
    return to, line, taken
