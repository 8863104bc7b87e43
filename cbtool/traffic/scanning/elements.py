"""The elements of a list that stands in a JSON document, cut apart while the document comes in pieces.

Only texts, brackets and the keys that lead to the list are looked at, 32 bytes at a time: whether an element
is sound is for those to say who read it. What stands around the list may come before or behind it, in any
order. Documents may follow one another. Of a text in an element that is longer than `LONGEST_TEXT` only as
much is kept, and of an element no more than `LARGEST`: memory is bounded whatever the document is like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled
from cbtool.traffic.scanning import memory, objects, tokens
from cbtool.traffic.scanning.memory import WIDE, byte, closes, find_mark, int64, lowest, ones, opens, same
from cbtool.traffic.scanning.objects import plain_key
from cbtool.traffic.scanning.tokens import escaped_by, within_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LONGEST_TEXT = 64 << 10
"""Bytes of a text; longer ones lose their ends, and are longer still."""

LARGEST = 64 << 20
"""Bytes of an element, without what longer texts lose; of a larger one the end is dropped: it is damaged."""

NOWHERE = -1

# Where the scanner is: between documents, in an object that leads to the list, in a key or another text, in
# what is passed over by counting brackets, in the list, or in a number or a word in it.
BETWEEN, _OBJECT, _KEY, _TEXT, _WITHIN, _LIST, _WORD, BROKEN, TWICE = range(9)
_MODE, _LEVEL, _DEPTH, _LISTS, _VALUE, _LEADS, _ESCAPE, _IN_TEXT = range(8)
_FIRST, _BEGAN, _BASE, _DROPPING, _SPELLED, _DOCUMENTS, _ALONE = range(8, 15)
_STATE = 15
_DROPS_TEXT, _DROPS_ALL = 1, 2
_FULL = (1 << WIDE) - 1
_FAR = 64  # bytes of a key as it is written, of which more cannot be one that is wanted
_UNICODE = 8  # bytes behind which none is a part of what a backslash before them began


class Cut(NamedTuple):
    """What a piece of a document came to.

    Attributes:
        start: int32, where elements begin that end in this piece, in what is kept.
        end: int32, behind each.
        kept: the piece without what is dropped of it.
    """

    start: NDArray[np.int32]
    end: NDArray[np.int32]
    kept: list[memoryview]


class Elements:
    """Cuts documents apart.

    Places are counted in what is kept of all pieces, from the last place that was given away.

    Args:
        path: the keys that lead to the list, from the document's own; None: the elements stand by themselves,
            and a bracket that begins a line ends one, so that one that is damaged costs few others.
    """

    def __init__(self, path: Sequence[str] | None) -> None:
        names = [name.encode() for name in path or ()]
        self._names = np.frombuffer(b"".join(names), np.uint8)
        self._name_ends = np.cumsum([len(name) for name in names], dtype=np.int64)
        self._state = np.zeros(_STATE, np.int64)
        self._state[[_MODE, _FIRST]] = BETWEEN if path is not None else _LIST, NOWHERE
        self._state[_ALONE] = path is None
        self._spelled, self._plain = np.zeros(_FAR + WIDE, np.uint8), np.zeros(_FAR, np.uint8)
        self._room = np.empty((4, 0), np.int32)

    @property
    def mode(self) -> int:
        """`BETWEEN` documents, `BROKEN` or within a second list (`TWICE`), where nothing is read any more."""
        return int(self._state[_MODE])

    @property
    def opened(self) -> int:
        """Where an element begins that has not ended yet; `NOWHERE`: there is none."""
        return int(self._state[_FIRST])

    @property
    def lists(self) -> int:
        """How many lists there were, but for those of this document's that came before."""
        return int(self._state[_LISTS] + self._state[_DOCUMENTS])

    def cut(self, piece: bytes | memoryview) -> Cut:
        """Go through a piece."""
        most = len(piece) + 1
        if self._room.shape[1] < most:
            self._room = np.empty((4, most), np.int32)
        start, end, dropped, until = self._room
        count, drops = _cut(
            np.frombuffer(piece, np.uint8),
            self._state,
            self._names,
            self._name_ends,
            self._spelled,
            self._plain,
            np.full(WIDE, 32, np.uint8),
            start,
            end,
            dropped,
            until,
        )
        view, kept, at = memoryview(piece), list[memoryview](), 0
        for first, behind in zip(dropped[:drops].tolist(), until[:drops].tolist(), strict=True):
            kept.append(view[at:first])
            at = behind
        kept.append(view[at:])
        return Cut(start[:count].copy(), end[:count].copy(), kept)

    def give_away(self, size: int) -> None:
        """Count from a place on, before which is nothing more that is wanted."""
        self._state[[_BASE, _BEGAN]] -= size
        if self._state[_FIRST] != NOWHERE:
            self._state[_FIRST] -= size


@compiled(memory, objects, tokens)
def _cut(  # one loop with a branch for each place where the scanner can be
    data: NDArray[np.uint8],
    state: NDArray[np.int64],
    names: NDArray[np.uint8],
    name_ends: NDArray[np.int64],
    spelled: NDArray[np.uint8],
    plain: NDArray[np.uint8],
    rest: NDArray[np.uint8],
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
    out_dropped: NDArray[np.int32],
    out_until: NDArray[np.int32],
) -> tuple[int, int]:
    """Return how many elements end in a piece, and how many of its parts are dropped."""
    at, end = int64(0), int64(len(data))
    mode, level, depth = int64(state[_MODE]), int64(state[_LEVEL]), int64(state[_DEPTH])
    escape, in_text, began = int64(state[_ESCAPE]), int64(state[_IN_TEXT]), int64(state[_BEGAN])
    base, first, dropping = int64(state[_BASE]), int64(state[_FIRST]), int64(state[_DROPPING])
    value, leads, length = int64(state[_VALUE]), int64(state[_LEADS]), int64(state[_SPELLED])
    deepest, alone = len(name_ends), state[_ALONE] != 0
    count, drops, left_out = int64(0), int64(0), int64(0)  # the last: from where on it is dropped
    if first != NOWHERE and base - first > LARGEST:
        dropping = int64(_DROPS_ALL)
    while at < end and mode < BROKEN:
        ended = False  # an element
        one = byte(data, at)
        blank = one == 32 or one == 10 or one == 13 or one == 9
        if mode == _WITHIN:
            size = min(int64(WIDE), end - at)
            if size == WIDE:
                quotes, slashes = same(data, at, 34), same(data, at, 92)
                opening, closing = opens(data, at), closes(data, at)
            else:
                for i in range(WIDE):
                    rest[i] = byte(data, at + i) if i < size else int64(32)
                quotes, slashes = same(rest, 0, 34), same(rest, 0, 92)
                opening, closing = opens(rest, 0), closes(rest, 0)
            escaped = escaped_by(slashes, escape)
            escape = escaped >> size & 1
            quotes &= ~escaped
            within = within_texts(quotes, in_text)
            in_text = within >> (size - 1) & 1
            if quotes:
                if dropping == _DROPS_TEXT:
                    behind = at + lowest(quotes)
                    out_dropped[drops], out_until[drops] = left_out, behind
                    drops += 1
                    base -= behind - left_out
                    dropping = int64(0)
                began = base + at + size
            elif (
                in_text
                and dropping == 0
                and first != NOWHERE
                and size == WIDE
                and base + at - began > LONGEST_TEXT
            ):
                # Not within an escape, nor within a character.
                ahead = escaped & (_FULL - 1)
                left_out = at + lowest(ahead) - 1 if ahead else at + _UNICODE
                for _ in range(3):
                    left_out += byte(data, left_out) >> 6 == 2
                dropping = int64(_DROPS_TEXT)
            forced = int64(WIDE)  # where it ends whatever is open
            if alone and closing:
                heads = (same(data, at, 10) if size == WIDE else same(rest, 0, 10)) << 1
                heads = (heads | int64(at > 0 and byte(data, at - 1) == 10)) & closing
                forced = lowest(heads) if heads else forced
            opening &= ~within
            closing &= ~within
            if depth > ones(closing) and forced == WIDE:
                depth += ones(opening) - ones(closing)
                at += size
                continue
            both = (opening | closing) & ((int64(1) << forced) - 1)
            while both and depth > 0:
                i = lowest(both)
                depth += 1 if opening >> i & 1 else -1
                both &= both - 1
                size = i + 1 if depth == 0 else size
            if depth > 0 and forced < WIDE:
                depth, size = int64(0), forced + 1
            at += size
            if depth == 0:
                in_text = escape = int64(0)
                mode = int64(_OBJECT)
                ended = first != NOWHERE
        elif mode == _KEY or mode == _TEXT:
            behind = at if escape else find_mark(data, at, end)
            one = byte(data, behind) if behind < end else int64(0)
            behind = min(behind + 1, end)
            while mode == _KEY and at < behind and length <= _FAR:
                spelled[length] = byte(data, at)
                length += 1
                at += 1
            at = behind
            if one != 34 or escape:
                escape = int64(one == 92 and not escape)
                continue
            if mode == _KEY and length <= _FAR:
                begin = name_ends[level - 2] if level > 1 else int64(0)
                size = name_ends[level - 1] - begin
                leads = int64(plain_key(spelled, 0, length - 1, plain) == size)
                for i in range(size):
                    leads &= plain[i] == names[begin + i]
            mode = int64(_OBJECT)
            ended = first != NOWHERE
        elif mode == _WORD and (blank or one == 44 or one == 93 or one == 125):
            ended = True
        else:
            at += 1
            if blank or mode == _WORD:
                pass
            elif mode == _LIST:
                if one == 93 and not alone:
                    mode = int64(_OBJECT) if level else int64(BETWEEN)
                elif one != 44:
                    first = base + at - 1
                    mode, depth = int64(_WORD), int64(0)
                    if one == 34:
                        mode = int64(_TEXT)
                    elif one == 123 or one == 91:
                        mode, depth = int64(_WITHIN), int64(1)
            elif mode == BETWEEN:
                mode = int64(BROKEN)
                if one == 123 and deepest:
                    mode, level = int64(_OBJECT), int64(1)
                elif one == 91 and not deepest:
                    mode = int64(_LIST)
                    state[_LISTS] += 1
            elif one == 34:
                mode = int64(_TEXT) if value else int64(_KEY)
                length, leads = int64(0), leads & value
            elif one == 58:
                value = int64(1)
                continue
            elif one == 125:
                level -= 1
                if level == 0:
                    mode = int64(BETWEEN)
                    state[_DOCUMENTS] += state[_LISTS]
                    state[_LISTS] = 0
            elif one == 123 and value and leads and level < deepest:
                level += 1
            elif one == 91 and value and leads and level == deepest:
                state[_LISTS] += 1
                mode = int64(_LIST) if state[_LISTS] == 1 else int64(TWICE)
            elif one == 123 or one == 91:
                mode, depth = (int64(_WITHIN) if value else int64(BROKEN)), int64(1)
            elif one == 93:
                mode = int64(BROKEN)
            value = value if blank else int64(0)
        if ended:
            if dropping:
                # With its end: so that it is not whole.
                out_dropped[drops], out_until[drops] = left_out, at
                drops += 1
                base -= at - left_out
                dropping = int64(0)
            out_start[count], out_end[count] = first, base + at
            count += 1
            first = int64(NOWHERE)
            mode = int64(_LIST)
    if dropping:
        out_dropped[drops], out_until[drops] = left_out, end
        drops += 1
        base -= end - left_out
    state[_MODE], state[_LEVEL], state[_DEPTH] = mode, level, depth
    state[_ESCAPE], state[_IN_TEXT], state[_BEGAN] = escape, in_text, began
    state[_BASE], state[_FIRST], state[_DROPPING] = base + end, first, dropping
    state[_VALUE], state[_LEADS], state[_SPELLED] = value, leads, length
    return count, drops
