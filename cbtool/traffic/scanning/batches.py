"""OTLP's batches of spans in JSON: the places of what each span says of a call, in one pass over a batch.

Most of what is damaged is not told from what is merely odd (a key that comes twice or has escapes, a number
where a text is usual): such a batch is left to who reads it slowly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled, lean
from cbtool.traffic.scanning import meanings, memory, names, otlp, tokens
from cbtool.traffic.scanning.memory import byte, int64
from cbtool.traffic.scanning.names import UNKNOWN, number_of
from cbtool.traffic.scanning.tokens import (
    behind_blanks,
    digits_of,
    has_surrogates,
    number_end,
    text_end,
    word_end,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Lines

DEEPEST = 512
"""How deep objects and lists may stand in each other."""

_ESCAPED = np.zeros(256, np.bool_)  # what may stand behind a backslash
_ESCAPED[list(b'"\\/bfnrtu')] = True

_DENSEST = 64  # bytes of a span in a batch: no real ones are shorter
_FEW = 16  # spans of a batch that may be
_DIGITS = 18  # of a whole number that every reader takes for one
_KEY_OR_END, _NEXT_KEY, _ELEMENT_OR_END, _NEXT, _BEHIND = range(5)


class Found(NamedTuple):
    """Spans, in the order of their batches.

    Attributes:
        first: int32, 13 by n, where each of `STATUS` to `WHOLE` begins; −1: nowhere.
        behind: int32, the same, where it ends.
        escaped: uint8, the same, whether it has escapes.
        kind: uint8, length n.
        until: int64, by batch, the number of spans up to its end.
        doubtful: bool, by batch, whether it could not be read here; then it has no spans.
    """

    first: NDArray[np.int32]
    behind: NDArray[np.int32]
    escaped: NDArray[np.uint8]
    kind: NDArray[np.uint8]
    until: NDArray[np.int64]
    doubtful: NDArray[np.bool_]


def spans_in(batches: Lines) -> Found:
    """Return the spans of some batches; one that says nothing for one that breaks off or is crowded.

    Args:
        batches: valid UTF-8, with eight bytes more behind the last one.
    """
    most = len(batches.data) // _DENSEST + _FEW * len(batches)
    first, behind = np.empty((otlp.PLACES, most), np.int32), np.empty((otlp.PLACES, most), np.int32)
    escaped, kind = np.empty((otlp.PLACES, most), np.uint8), np.empty(most, np.uint8)
    until, doubtful = np.empty(len(batches), np.int64), np.empty(len(batches), np.bool_)
    rows = _scan(batches.data, batches.start, batches.end, first, behind, escaped, kind, until, doubtful)
    return Found(first[:, :rows], behind[:, :rows], escaped[:, :rows], kind[:rows], until, doubtful)


@lean
def _begin(
    out_first: NDArray[np.int32],
    out_escaped: NDArray[np.uint8],
    out_kind: NDArray[np.uint8],
    row: int,
    at: int,
) -> None:
    """Write a span that says nothing yet."""
    for said in range(otlp.PLACES):
        out_first[said, row] = -1
        out_escaped[said, row] = 0
    out_first[otlp.WHOLE, row] = at
    out_kind[row] = otlp.UNSAID


@compiled(meanings, memory, names, otlp, tokens)
def _scan(  # one loop with a branch a token
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    out_first: NDArray[np.int32],
    out_behind: NDArray[np.int32],
    out_escaped: NDArray[np.uint8],
    out_kind: NDArray[np.uint8],
    out_until: NDArray[np.int64],
    out_doubtful: NDArray[np.bool_],
) -> int:
    """Take all batches' spans; give how many there are."""
    nodes = np.zeros(DEEPEST + 1, np.int64)  # by depth, what stands around
    seen = np.zeros(DEEPEST + 1, np.int64)  # by depth, a bit for each key that was there
    ranks = np.zeros(otlp.PLACES, np.int64)  # by what attributes say, of the one that counts so far
    row = int64(0)
    for line in range(len(starts)):
        at, end = int64(starts[line]), int64(ends[line])
        most = row + (end - at) // _DENSEST + _FEW
        depth, what, state, sound = 0, int64(meanings.BATCH), _NEXT, True
        first_row = resource_row = row
        instance_first, instance_behind, instance_escaped = int64(-1), int64(-1), False
        name, value_first, value_behind, value_escaped = int64(-1), int64(-1), int64(-1), False
        odd = False
        in_span, named = False, int64(0)
        while True:
            at = behind_blanks(data, at, end)
            if at >= end or (depth == 0 and state == _BEHIND):
                sound = at == end and depth == 0 and state == _BEHIND
                break
            one = byte(data, at)
            if one == 34:
                first = at + 1
                last, escaped = text_end(data, first, end, _ESCAPED)
                sound = last >= 0 and depth > 0 and state != _BEHIND
                if escaped and sound:
                    sound = not has_surrogates(data, first, last)
                if not sound:
                    break
                at = last + 1
                node = nodes[depth]
                is_key = state <= _NEXT_KEY
                number = int64(UNKNOWN)
                if (
                    node > meanings.ANY_LIST
                    if is_key
                    else what == meanings.KEY or what == meanings.KIND or what == meanings.CODE
                ):
                    if escaped:
                        sound = False
                        break
                    number = number_of(data, first, last, meanings.NAMES)
                if is_key:
                    what = int64(meanings.ANY)
                    if UNKNOWN > number > meanings.SAYS_FAILED:
                        what = meanings.BEHIND_KEY[node, UNKNOWN - 1 - number]
                    if what != meanings.ANY:
                        if seen[depth] >> what & 1:
                            sound = False
                            break
                        seen[depth] |= int64(1) << what
                    at = behind_blanks(data, at, end)
                    sound = at < end and byte(data, at) == 58
                    if not sound:
                        break
                    at += 1
                    state = _NEXT
                    continue
                if what == meanings.ANY:
                    pass
                elif what == meanings.KEY:
                    name = number
                elif meanings.STRING <= what <= meanings.BOOLEAN:
                    odd = odd or value_first >= 0
                    value_first, value_behind, value_escaped = first, last, escaped
                elif what == meanings.KIND:
                    out_kind[row] = (
                        otlp.SERVER
                        if number == meanings.SAYS_SERVER
                        else otlp.CLIENT
                        if number == meanings.SAYS_CLIENT
                        else otlp.OTHER
                    )
                elif what == meanings.CODE:
                    if number == meanings.SAYS_FAILED:
                        out_first[otlp.CODE, row], out_behind[otlp.CODE, row] = first, last
                elif what >= meanings.MESSAGE:
                    said = what - meanings.MESSAGE + otlp.MESSAGE
                    out_first[said, row], out_behind[said, row], out_escaped[said, row] = first, last, escaped
                else:
                    sound = False
                    break
            elif one == 123 or one == 91:
                sound = (state == _NEXT or state == _ELEMENT_OR_END) and depth < DEEPEST
                opened = int64(meanings.ANY_LIST) if one == 91 and what == meanings.ANY else what
                sound = sound and opened < meanings.KEY and (opened & 1) == (one == 91)
                if not sound:
                    break
                depth += 1
                nodes[depth] = opened
                seen[depth] = 0
                at += 1
                if one == 91:
                    state = _ELEMENT_OR_END
                    what = opened + 1 if opened > meanings.ANY_LIST else int64(meanings.ANY)
                    continue
                state = _KEY_OR_END
                if opened == meanings.ATTRIBUTE:
                    name, value_first, value_escaped, odd = int64(UNKNOWN), int64(-1), False, False
                elif opened == meanings.SPAN:
                    if row == most:
                        sound = False
                        break
                    _begin(out_first, out_escaped, out_kind, row, at - 1)
                    ranks[:] = meanings.RANKS
                    in_span = True
                elif opened == meanings.RESOURCE:
                    instance_first, instance_behind, instance_escaped = int64(-1), int64(-1), False
                    resource_row = row
                elif opened == meanings.SOURCE:
                    ranks[:] = meanings.RANKS
                    named = int64(0)
                continue
            elif one == 125 or one == 93:
                sound = state == _BEHIND or (state == _KEY_OR_END if one == 125 else state == _ELEMENT_OR_END)
                sound = sound and depth > 0 and (nodes[depth] & 1) == (one == 93)
                if not sound:
                    break
                at += 1
                node = nodes[depth]
                depth -= 1
                said, rank = name >> meanings.RANK_BITS, name & meanings.RANKS - 1
                if node <= meanings.ANY_LIST:
                    pass
                elif node == meanings.ATTRIBUTE and said >= 0 and (said == otlp.INSTANCE) != in_span:
                    if not in_span:
                        # Of a resource's that come twice the last one counts, of a span's the first.
                        sound = not named >> rank & 1
                        named |= int64(1) << rank
                    if rank < ranks[said]:
                        sound = sound and not odd and not (value_escaped and said == otlp.GRPC)
                        if value_first >= 0:
                            ranks[said] = rank
                            if in_span:
                                out_first[said, row], out_behind[said, row] = value_first, value_behind
                                out_escaped[said, row] = value_escaped
                            else:
                                instance_first, instance_behind = value_first, value_behind
                                instance_escaped = value_escaped
                    if not sound:
                        break
                elif node == meanings.SPAN:
                    out_behind[otlp.WHOLE, row] = at
                    row += 1
                    in_span = False
                elif node == meanings.RESOURCE:
                    for i in range(resource_row, row):
                        out_first[otlp.INSTANCE, i] = instance_first
                        out_behind[otlp.INSTANCE, i] = instance_behind
                        out_escaped[otlp.INSTANCE, i] = instance_escaped
            else:
                first = at
                sound = state == _NEXT or state == _ELEMENT_OR_END
                sound = sound and depth > 0
                at = number_end(data, first, end) if one <= 57 else word_end(data, first, end)
                if not sound or at < 0:
                    sound = False
                    break
                if what == meanings.ANY:
                    pass
                elif one <= 57:
                    digits = digits_of(data, first, at)
                    if meanings.STRING <= what <= meanings.BOOLEAN and digits >= 0:
                        odd = (
                            odd
                            or value_first >= 0
                            or what != meanings.INTEGER
                            or digits == 0
                            or digits > _DIGITS
                        )
                        value_first, value_behind = first, at
                    elif digits <= 0:
                        sound = False
                    elif what == meanings.KIND:
                        kind = byte(data, first) - 48 if digits == 1 else int64(otlp.OTHER)
                        out_kind[row] = kind if kind == otlp.SERVER or kind == otlp.CLIENT else otlp.OTHER
                    elif what == meanings.CODE:
                        if digits == 1 and byte(data, first) == 50:
                            out_first[otlp.CODE, row], out_behind[otlp.CODE, row] = first, at
                    elif what == meanings.BEGUN or what == meanings.ENDED:
                        said = what - meanings.MESSAGE + otlp.MESSAGE
                        out_first[said, row], out_behind[said, row] = first, at
                    else:
                        sound = False
                elif one == 110:
                    sound = meanings.NULLABLE[what]
                elif meanings.STRING <= what <= meanings.BOOLEAN:
                    odd = True
                    value_first = first
                else:
                    sound = False
                if not sound:
                    break
            state = _BEHIND
            at = behind_blanks(data, at, end)
            if at < end and byte(data, at) == 44 and depth > 0:
                at += 1
                node = nodes[depth]
                state = _NEXT if node & 1 else _NEXT_KEY
                what = node + 1 if node > meanings.ANY_LIST else int64(meanings.ANY)
        # What breaks off is damaged for every reader, and what has no end of empty spans for this one.
        damaged = not sound and (row == most or (at >= end and depth > 0))
        if not sound:
            row = first_row
        if damaged:
            _begin(out_first, out_escaped, out_kind, row, int64(starts[line]))
            out_behind[otlp.WHOLE, row] = end
            row += 1
        out_until[line] = row
        out_doubtful[line] = not sound and not damaged
    return row
