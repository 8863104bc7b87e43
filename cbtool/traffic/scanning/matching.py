"""A pattern's program, run over each line: one compiled loop for every pattern that there is.

It backtracks where a pattern has alternatives, and gives a line up when that goes on for long, so that no
line costs more than its length some times over. `patterns.py` says what the instructions come from, and
`fusing.py` makes the steps of them that are run here: a part may begin before what an instruction takes, and
end behind it, and a literal may follow. Where the loop is at must hang on as little as possible: what it
waits for is, at every step, where the next one is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled
from cbtool.traffic.scanning import memory
from cbtool.traffic.scanning.memory import byte, find, find_gap, find_mark, int64, number, put

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
WORD = 13
"""a: a set: what ESCAPED is where no set lacks other bytes than white space, quotes and backslashes."""
PASS = 14
"""Nothing."""

STEP = 9
"""Numbers of a step."""
WAYS = 257
"""For each byte, and the line's end, which ways of a SPLIT can lead on: 1, 2 or both."""

_CHOICES = 256  # remembered at once
_PATIENCE, _GRACE = 16, 4096  # times a line's bytes, and bytes, that may be gone over again


class Program(NamedTuple):
    """What a pattern becomes.

    Attributes:
        code: int32, `STEP` a step: which, a, b and c; the slot that begins before it, and the one that ends
            behind it, or −1; where in the literals the one behind is, and its length; and where the next step
            is, −1 for right behind. A SPLIT has in b where its second way is, and in c its number.
        sets: uint8, for each set 256 times whether a byte is in it.
        ahead: uint8, `WAYS` a SPLIT.
        literals: uint8.
        slots: the names of the parts that are taken, in the order of their numbers.
    """

    code: NDArray[np.int32]
    sets: NDArray[np.uint8]
    ahead: NDArray[np.uint8]
    literals: NDArray[np.uint8]
    slots: tuple[str, ...]


def matched(program: Program, lines: Lines) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.uint8]]:
    """Return where each slot starts and ends in each line, and whether it has escapes: slots × lines.

    All of a line that does not fit are `ABSENT`.
    """
    shape = len(program.slots), len(lines)
    start, end = np.full(shape, -1, np.int32), np.full(shape, -1, np.int32)
    escaped = np.zeros(shape, np.uint8)
    _match(lines.data, lines.start, lines.end, *program[:-1], start.ravel(), end.ravel(), escaped.ravel())
    return start, end, escaped


@compiled(memory)
def _match(  # one loop with a branch an instruction
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    code: NDArray[np.int32],
    sets: NDArray[np.uint8],
    ahead: NDArray[np.uint8],
    literals: NDArray[np.uint8],
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
    out_escaped: NDArray[np.uint8],
) -> None:
    lines = int64(len(starts))
    choices = np.empty((_CHOICES, 2), np.int64)
    for line in range(lines):
        pos, end = int64(starts[line]), int64(ends[line])
        patience = _PATIENCE * (end - pos) + _GRACE
        at, held, backslash = int64(0), int64(0), False
        fits, straight = False, True
        while not fits:
            op, a, b = number(code, at), number(code, at + 1), number(code, at + 2)
            slot = number(code, at + 4)
            good = True
            if slot >= 0:
                put(out_start, slot * lines + line, pos)
                backslash = False
            if op == UNTIL:
                first = pos
                pos = find(data, pos, end, a)
                good = pos - first >= b
            elif op == RUN:
                c = number(code, at + 3)
                first = pos
                last = end if c < 0 or pos + c > end else pos + c
                while pos < last and byte(sets, a * 256 + byte(data, pos)):
                    pos += 1
                good = pos - first >= b
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
            elif op == WORD or op == ESCAPED:
                while pos < end:
                    if op == WORD:
                        pos = find_gap(data, pos, end)
                        if pos == end:
                            break
                    if byte(sets, a * 256 + byte(data, pos)):
                        pos += 1
                    elif byte(data, pos) == 92 and pos + 1 < end:
                        backslash = True
                        pos += 2
                    else:
                        break
            elif op == SPLIT:
                ways = byte(ahead, number(code, at + 3) * WAYS + (byte(data, pos) if pos < end else 256))
                if ways == 2:
                    at = b
                    continue
                if ways == 0:
                    good = False
                elif ways == 3:
                    if held == _CHOICES:
                        patience = -1
                        good = False
                    else:
                        choices[held, 0] = b
                        choices[held, 1] = pos
                        held += 1
            elif op == LITERAL:
                if pos + b > end:
                    good = False
                else:
                    for i in range(b):
                        if byte(data, pos + i) != byte(literals, a + i):
                            good = False
                            break
                    pos += b
            elif op == END:
                good = pos == end
            elif op == CLEAR:
                for slot in range(a, b):
                    put(out_start, slot * lines + line, -1)
                    put(out_end, slot * lines + line, -1)
            elif op == FIND:
                if a >= 0:
                    pos = find(data, pos, end, a)
                    good = pos < end
                if good and pos < end:
                    if held == _CHOICES:
                        patience = -1
                        good = False
                    else:
                        choices[held, 0] = at
                        choices[held, 1] = pos + 1
                        held += 1
            elif op == FITS:
                fits = True
            if good:
                slot = number(code, at + 5)
                if slot >= 0:
                    put(out_end, slot * lines + line, pos)
                    out_escaped[slot * lines + line] = backslash
                length = number(code, at + 7)
                if length:
                    if pos + length > end:
                        good = False
                    else:
                        behind = number(code, at + 6)
                        for i in range(length):
                            if byte(data, pos + i) != byte(literals, behind + i):
                                good = False
                                break
                        pos += length
            if not good:
                if held == 0:
                    break
                straight = False
                held -= 1
                at = choices[held, 0]
                patience -= max(pos - choices[held, 1], 0) + 8
                pos = choices[held, 1]
                if patience < 0:
                    break
            elif number(code, at + 8) < 0:
                at += STEP
            else:
                at = number(code, at + 8)
        if fits and straight:
            continue
        for place in range(line, len(out_start), lines):
            # What was begun in a way that did not lead on has no end.
            if not fits or out_end[place] < out_start[place]:
                out_start[place] = -1
                out_end[place] = -1
