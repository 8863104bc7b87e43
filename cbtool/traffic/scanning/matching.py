"""A pattern's program, run over each line: one compiled loop for every pattern that there is.

It backtracks where a pattern has alternatives, and gives a line up when that goes on for long, so that no
line costs more than its length some times over. `patterns.py` says what the instructions come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from cbtool.jit import compiled
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.memory import byte, find, find_mark, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Lines

FITS = 0
"""The line fits."""
LITERAL = 1
"""a: where in the literals, b: how many bytes: just these."""
RUN = 2
"""a: a set, b: at least, c: at most: as many bytes of the set as there are, and never fewer."""
UNTIL = 3
"""a: a byte, b: at least: all bytes before it."""
ESCAPED = 4
"""a: a set: bytes of it, and any pair that a backslash begins."""
TEXT = 12
"""All bytes before a quote, and any pair that a backslash begins: the most usual of these."""
OPEN = 5
"""a: a slot, which begins here."""
CLOSE = 6
"""a: a slot, which ends here."""
SPLIT = 7
"""a: where to go on, b: where if that fails."""
JUMP = 8
"""a: where to go on."""
END = 9
"""Nothing behind."""
CLEAR = 10
"""a, b: slots from a and before b are not there."""
FIND = 11
"""a: a byte, or −1 for any: on to the next one, and if what follows fails, to the one after it."""

_CHOICES = 256  # remembered at once
_PATIENCE, _GRACE = 16, 4096  # times a line's bytes, and bytes, that may be gone over again


class Program(NamedTuple):
    """What a pattern becomes.

    Attributes:
        code: int32, a row an instruction: which, and a, b, c.
        sets: bool, 256 a set.
        literals: uint8.
        slots: the names of the parts that are taken, in the order of their numbers.
    """

    code: NDArray[np.int32]
    sets: NDArray[np.bool_]
    literals: NDArray[np.uint8]
    slots: tuple[str, ...]


def matched(program: Program, lines: Lines) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    """Return where each slot starts and ends in each line, and whether it has escapes: slots × lines.

    All of a line that does not fit are `ABSENT`.
    """
    shape = len(program.slots), len(lines)
    start, end = np.empty(shape, np.int32), np.empty(shape, np.int32)
    escaped = np.empty(shape, np.uint8)
    _match(
        lines.data, lines.start, lines.end, program.code, program.sets, program.literals, start, end, escaped
    )
    return start, end, escaped


@compiled(memory)
def _match(  # one loop with a branch an instruction
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    code: NDArray[np.int32],
    sets: Any,
    literals: NDArray[np.uint8],
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
    out_escaped: NDArray[np.uint8],
) -> None:
    slots = out_start.shape[0]
    choices = np.empty((_CHOICES, 2), np.int64)
    for line in range(len(starts)):
        for slot in range(slots):
            out_start[slot, line] = -1
            out_end[slot, line] = -1
            out_escaped[slot, line] = 0
        pos, end = int64(starts[line]), int64(ends[line])
        patience = _PATIENCE * (end - pos) + _GRACE
        at, held, backslash = 0, 0, False
        fits = False
        while not fits:
            op, a, b, c = code[at, 0], code[at, 1], code[at, 2], code[at, 3]
            at += 1
            good = True
            if op == LITERAL:
                if pos + b > end:
                    good = False
                else:
                    for i in range(b):
                        if byte(data, pos + i) != byte(literals, a + i):
                            good = False
                            break
                    pos += b
            elif op == UNTIL:
                first = pos
                pos = find(data, pos, end, a)
                good = pos - first >= b
            elif op == RUN:
                first = pos
                last = end if c < 0 or pos + c > end else pos + c
                while pos < last and sets[a, byte(data, pos)]:
                    pos += 1
                good = pos - first >= b
            elif op == ESCAPED:
                while pos < end:
                    if sets[a, byte(data, pos)]:
                        pos += 1
                    elif byte(data, pos) == 92 and pos + 1 < end:
                        backslash = True
                        pos += 2
                    else:
                        break
            elif op == TEXT:
                while True:
                    pos = find_mark(data, pos, end)
                    if pos == end or byte(data, pos) == 34:
                        break
                    if byte(data, pos) != 92:
                        pos += 1
                    elif pos + 1 < end:
                        backslash = True
                        pos += 2
                    else:
                        break
            elif op == OPEN:
                out_start[a, line] = pos
                backslash = False
            elif op == CLOSE:
                out_end[a, line] = pos
                out_escaped[a, line] = backslash
            elif op == SPLIT:
                if held == _CHOICES:
                    patience = -1
                    good = False
                else:
                    choices[held, 0] = b
                    choices[held, 1] = pos
                    held += 1
                    at = a
            elif op == JUMP:
                at = a
            elif op == END:
                good = pos == end
            elif op == CLEAR:
                for slot in range(a, b):
                    out_start[slot, line] = -1
                    out_end[slot, line] = -1
            elif op == FIND:
                if a >= 0:
                    pos = find(data, pos, end, a)
                    good = pos < end
                if good and pos < end:
                    if held == _CHOICES:
                        patience = -1
                        good = False
                    else:
                        choices[held, 0] = at - 1
                        choices[held, 1] = pos + 1
                        held += 1
            else:  # FITS
                fits = True
            if not good:
                if held == 0:
                    break
                held -= 1
                at = choices[held, 0]
                patience -= max(pos - choices[held, 1], 0) + 8
                pos = choices[held, 1]
                if patience < 0:
                    break
        for slot in range(slots):
            # What was begun in a way that did not lead on has no end.
            if not fits or out_end[slot, line] < out_start[slot, line]:
                out_start[slot, line] = -1
                out_end[slot, line] = -1
