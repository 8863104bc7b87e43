"""A pattern's instructions as fewer steps: a line takes a third as long to go through.

What a step takes, the part that this begins or ends, and the literal behind it are one; jumps are gone; and
where a pattern has alternatives, the next byte often says which of them alone can lead on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.traffic.scanning import matching
from cbtool.traffic.scanning.matching import STEP, WAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from cbtool.traffic.scanning.matching import Program

# Sets of bytes are bits of a number here, and the line's end is one more.
_ALL = (1 << 256) - 1
_END = 1 << 256
_QUOTE, _BACKSLASH = 34, 92
_MARKS = (1 << 33) - 1 | 1 << _QUOTE | 1 << _BACKSLASH
_NEXT = STEP - 1
_TAKING = {matching.LITERAL, matching.RUN, matching.UNTIL, matching.ESCAPED, matching.TEXT}


class Instruction(NamedTuple):
    """What a pattern's compiler emits; `matching.py` says what they mean."""

    op: int
    a: int
    b: int
    c: int


class _Fuser:
    """Makes steps, each of which begins at an instruction, by whose number it goes until all have a place."""

    def __init__(self, code: Sequence[Instruction], sets: Sequence[int], literals: bytes) -> None:
        self.ahead: list[tuple[int, int]] = []
        self._code = code
        self._sets = sets
        self._begins = _beginnings(code, sets, literals)
        self._steps: list[list[int]] = []
        self._place: dict[int, int] = {}

    def fused(self) -> list[list[int]]:
        """Return the steps of all that the first instruction leads to."""
        waiting = [0]
        while waiting:
            at = _past(self._code, waiting.pop())
            # What follows stands behind it, if nothing that came before has it already.
            while at not in self._place:
                self._place[at] = len(self._steps)
                step = self._made(at)
                self._steps.append(step)
                at = step[_NEXT]
                waiting += step[2:3] if step[0] == matching.SPLIT else []
        return [self._placed(number, step) for number, step in enumerate(self._steps)]

    def _placed(self, number: int, step: list[int]) -> list[int]:
        """The step with places instead of instructions, −1 for the next one."""
        to = self._place[step[_NEXT]]
        other = self._place[_past(self._code, step[2])] * STEP if step[0] == matching.SPLIT else step[2]
        return [*step[:2], other, *step[3:_NEXT], -1 if to == number + 1 else to * STEP]

    def _made(self, at: int) -> list[int]:
        op, a, b, c = self._code[at]
        if op == matching.FITS:
            return [op, 0, 0, 0, -1, -1, 0, 0, at]
        if op == matching.SPLIT:
            self.ahead.append((self._begins[a], self._begins[b]))
            return [op, 0, b, len(self.ahead) - 1, -1, -1, 0, 0, _past(self._code, a)]
        opened = closed = -1
        behind = length = 0
        if op == matching.OPEN:
            opened, op = a, matching.PASS
            following = _past(self._code, at + 1)
            if self._code[following].op in _TAKING:
                at = following
                op, a, b, c = self._code[at]
        elif op == matching.CLOSE:
            closed, op = a, matching.PASS
        if op == matching.ESCAPED and not _ALL & ~self._sets[a] & ~_MARKS:
            op = matching.WORD
        at = _past(self._code, at + 1)
        if closed < 0 and self._code[at].op == matching.CLOSE:
            closed = self._code[at].a
            at = _past(self._code, at + 1)
        if self._code[at].op == matching.LITERAL:
            _, behind, length, _ = self._code[at]
            at = _past(self._code, at + 1)
        return [op, a, b, c, opened, closed, behind, length, at]


def _past(code: Sequence[Instruction], at: int) -> int:
    """What is gone on with at an instruction: itself, but for jumps."""
    while code[at].op == matching.JUMP:
        at = code[at].a
    return at


def _beginnings(code: Sequence[Instruction], sets: Sequence[int], literals: bytes) -> list[int]:
    """With which bytes, or at the line's end, what stands from each instruction on can lead on."""
    begins = [0] * len(code)
    changed = True
    while changed:
        changed = False
        for at in reversed(range(len(code))):
            found = _beginning(code[at], sets, literals, begins, at)
            changed = changed or found != begins[at]
            begins[at] = found
    return begins


def _beginning(
    instruction: Instruction, sets: Sequence[int], literals: bytes, begins: Sequence[int], at: int
) -> int:
    op, a, b, _ = instruction
    if op == matching.SPLIT:
        return begins[a] | begins[b]
    if op == matching.JUMP:
        return begins[a]
    if op == matching.LITERAL:
        return 1 << literals[a]
    if op == matching.END:
        return _END
    if op == matching.FITS:
        return _ALL | _END
    taken, some = 0, False
    if op == matching.RUN:
        taken, some = sets[a], b > 0
    elif op == matching.UNTIL:
        taken, some = _ALL & ~(1 << a), b > 0
    elif op == matching.ESCAPED:
        taken = sets[a] | 1 << _BACKSLASH
    elif op == matching.TEXT:
        taken = _ALL & ~(1 << _QUOTE)
    elif op == matching.FIND:
        taken, some = _ALL, a >= 0
    return taken if some else taken | begins[at + 1]


def fused(
    code: Sequence[Sequence[int]], sets: Sequence[frozenset[int]], literals: bytes, slots: Sequence[str]
) -> Program:
    """Return the program of some instructions, of which the first one begins it."""
    members = [sum(1 << byte for byte in each) for each in sets]
    fuser = _Fuser([Instruction(*each) for each in code], members, literals)
    steps = fuser.fused()
    first, second = ([each[way] for each in fuser.ahead] for way in (0, 1))
    return matching.Program(
        np.array(steps, np.int32).ravel(),
        _table(members, 256),
        _table(first, WAYS) | 2 * _table(second, WAYS),
        np.frombuffer(literals or b"\0", np.uint8),
        tuple(slots),
    )


def _table(sets: Sequence[int], width: int) -> NDArray[np.uint8]:
    """Which members each set has, one behind the other."""
    size = (width + 7) // 8
    packed = b"".join(each.to_bytes(size, "little") for each in sets) or bytes(size)
    bits = np.unpackbits(np.frombuffer(packed, np.uint8).reshape(-1, size), axis=1, bitorder="little")
    return np.ascontiguousarray(bits[:, :width]).ravel()
