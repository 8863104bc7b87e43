"""JMeter's results as XML: the places of what each sample says of a call, in one pass.

Counted is what JMeter's CSV would count: each request, and of a transaction its requests rather than itself.
What a request loaded on the way (redirects, images) stands within it and is a part of it. What is damaged is
not told from what is merely odd (comments, CDATA, names with colons): that is left to who reads it slowly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled, lean
from cbtool.traffic.scanning import jtl, markup, memory
from cbtool.traffic.scanning.jtl import (
    HTTP,
    LONGEST,
    OTHER,
    PLACES,
    SAID,
    SAMPLE,
    WHOLE,
    WORD,
    XMLNS,
    kind_of,
    said_by,
    same_name,
)
from cbtool.traffic.scanning.markup import behind_white, name_end, text_end, value_end
from cbtool.traffic.scanning.memory import byte, eight, int64

if TYPE_CHECKING:
    from numpy.typing import NDArray

UNFINISHED, ODD, FULL = range(3)
"""Why a scan ended: within an element, at one that is not read here, or for want of room."""

_DEEPEST = 64
_MOST = 64  # attributes of an element


class Rows(NamedTuple):
    """Room for samples.

    Attributes:
        first: int32, `PLACES` by n, where each of `TIME` to `WHOLE` begins; −1: nowhere.
        behind: int32, the same, where it ends.
        escaped: uint8, the same, whether it has escapes.
    """

    first: NDArray[np.int32]
    behind: NDArray[np.int32]
    escaped: NDArray[np.uint8]

    @staticmethod
    def room(most: int) -> Rows:
        """Return room for as many."""
        shape = PLACES, most
        return Rows(np.empty(shape, np.int32), np.empty(shape, np.int32), np.empty(shape, np.uint8))

    def only(self, count: int) -> Rows:
        """Return the first ones."""
        return Rows(self.first[:, :count], self.behind[:, :count], self.escaped[:, :count])

    def doubled(self) -> Rows:
        """Return twice the room, with the same samples."""
        return Rows(np.tile(self.first, 2), np.tile(self.behind, 2), np.tile(self.escaped, 2))


class Scanned(NamedTuple):
    """Where a scan ended: behind the last whole element; how many samples there are by then; and why."""

    at: int
    found: int
    why: int


def scanned(data: NDArray[np.uint8], at: int, end: int, rows: Rows, count: int) -> Scanned:
    """Take the samples of some elements that stand in the root.

    Args:
        data: valid UTF-8 from `at` to `end`, with `memory.WIDE` bytes more behind it.
        at: where to begin: in the root and in no element in it.
        end: where to end.
        rows: where to write them.
        count: how many there are already.
    """
    return Scanned(*map(int, _scan(data, at, end, *rows, count)))


@lean
def _commit(
    first: NDArray[np.int32],
    behind: NDArray[np.int32],
    escaped: NDArray[np.uint8],
    row: int,
    own: NDArray[np.int64],
    sample: int,
) -> None:
    """Write a sample that has said all but what its children do."""
    for said in range(SAID):
        first[said, row] = own[sample, said, 0]
        behind[said, row] = own[sample, said, 1]
        escaped[said, row] = own[sample, said, 2]
    for said in range(SAID, PLACES):
        first[said, row] = -1
        escaped[said, row] = 0
    first[WHOLE, row] = own[sample, SAID, 0]


@compiled(jtl, markup, memory)
def _scan(  # one loop with a branch a tag
    data: NDArray[np.uint8],
    at: int,
    end: int,
    out_first: NDArray[np.int32],
    out_behind: NDArray[np.int32],
    out_escaped: NDArray[np.uint8],
    row: int,
) -> tuple[int, int, int]:
    """Take the samples."""
    most = out_first.shape[1]
    names = np.empty(_DEEPEST, np.int64)  # by depth, where the name of the open element begins,
    lengths = np.empty(_DEEPEST, np.int64)  # how long it is,
    kinds = np.empty(_DEEPEST, np.int64)  # and what it is
    attributes = np.empty(_MOST, np.int64)  # where the names of an element's attributes begin,
    attribute_ends = np.empty(_MOST, np.int64)  # and end
    own = np.empty((_DEEPEST + 1, SAID + 1, 3), np.int64)  # by open sample, what it says of a call
    depth, requests, samples, counted = int64(0), int64(0), int64(0), int64(0)
    safe, safe_row = int64(at), int64(row)
    text = int64(-1)  # where the text of a child begins that is read
    why = UNFINISHED
    while True:
        at, escaped = text_end(data, at, end)
        if at < 0:
            why = ODD
            break
        if at + 1 >= end:
            break
        if byte(data, at + 1) == 47:
            if depth == 0:
                why = ODD
                break
            depth -= 1
            first, length = at + 2, lengths[depth]
            if first + length >= end:
                break
            behind = behind_white(data, first + length, end)
            if behind >= end:
                break
            if byte(data, behind) != 62 or not same_name(data, names[depth], first, length):
                why = ODD
                break
            kind = kinds[depth]
            if kind == OTHER:
                pass
            elif kind == HTTP:
                requests -= 1
                if requests == 0:
                    out_behind[WHOLE, row] = behind + 1
                    row += 1
            elif kind == SAMPLE:
                samples -= 1
                if samples < counted:
                    counted = samples
                elif requests == 0:
                    if row == most:
                        why = FULL
                        break
                    _commit(out_first, out_behind, out_escaped, row, own, samples)
                    out_behind[WHOLE, row] = behind + 1
                    row += 1
            elif text >= 0 and requests > 0:
                sound = at - text <= LONGEST
                for i in range(text, at if sound else text):
                    sound = sound and byte(data, i) >= 32
                if not sound:
                    why = ODD
                    break
                if requests == 1:
                    out_first[kind, row], out_behind[kind, row] = text, at
                    out_escaped[kind, row] = escaped
            text = int64(-1)
            at = behind + 1
            if depth == 0:
                safe, safe_row = at, row
            continue
        first = at + 1
        name_behind = name_end(data, first, end)
        if name_behind < 0:
            why = ODD
            break
        kind = kind_of(data, first, name_behind)
        says = kind == HTTP or kind == SAMPLE
        if says:
            for said in range(SAID):
                own[samples, said, 0] = -1
                own[samples, said, 2] = 0
            own[samples, SAID, 0] = at
        count, seen = int64(0), int64(0)
        behind = name_behind
        one = int64(0)
        sound = True
        while True:
            apart = behind
            behind = behind_white(data, behind, end)
            if behind >= end:
                break
            one = byte(data, behind)
            if one == 62 or one == 47:
                break
            name = behind
            behind = name_end(data, name, end)
            sound = behind >= 0 and name > apart and count < _MOST
            if not sound or behind >= end:
                break
            length = behind - name
            letters = eight(data, name)
            letters &= (int64(1) << 8 * length) - 1 if length < WORD else int64(-1)
            bit = int64(1) << ((letters * 0x2545F4914F6CDD1D + length) >> 58 & 63)
            if seen & bit:
                for i in range(count):
                    if attribute_ends[i] - attributes[i] == length:
                        sound = sound and not same_name(data, attributes[i], name, length)
            seen |= bit
            attributes[count], attribute_ends[count] = name, behind
            count += 1
            sound = sound and letters != XMLNS
            behind = behind_white(data, behind, end)
            if behind >= end:
                break
            sound = sound and byte(data, behind) == 61
            behind = behind_white(data, behind + 1, end)
            if behind >= end:
                break
            quote = byte(data, behind)
            sound = sound and (quote == 34 or quote == 39)
            if not sound:
                break
            value = behind + 1
            behind, escaped = value_end(data, value, end, quote)
            sound = behind >= 0
            if not sound or behind >= end:
                break
            if says and length <= 2:
                said = said_by(letters)
                if said >= 0:
                    own[samples, said, 0], own[samples, said, 1] = value, behind
                    own[samples, said, 2] = escaped
            behind += 1
        if not sound:
            why = ODD
            break
        empty = one == 47
        if behind + empty >= end:
            break
        if empty and byte(data, behind + 1) != 62:
            why = ODD
            break
        if kind == HTTP and requests == 0:
            if row == most:
                why = FULL
                break
            _commit(out_first, out_behind, out_escaped, row, own, samples)
            counted = samples
        at = behind + 1 + empty
        text = int64(-1)
        if not empty:
            if depth == _DEEPEST:
                why = ODD
                break
            names[depth], lengths[depth], kinds[depth] = first, name_behind - first, kind
            depth += 1
            if kind == HTTP:
                requests += 1
            elif kind == SAMPLE:
                samples += 1
            elif kind != OTHER:
                text = at
            continue
        if kind == OTHER:
            pass
        elif says:
            if requests == 0:
                if kind == SAMPLE:
                    if row == most:
                        why = FULL
                        break
                    _commit(out_first, out_behind, out_escaped, row, own, samples)
                out_behind[WHOLE, row] = at
                row += 1
        elif requests == 1:
            out_first[kind, row], out_behind[kind, row], out_escaped[kind, row] = behind, behind, 0
        if depth == 0:
            safe, safe_row = at, row
    return safe, safe_row, why
