"""JSON objects, one a line: checked as strictly as RFC 8259 has it, and the places of some keys' values.

Of a key that comes twice the last counts, as everywhere. `NaN` and `Infinity` are no JSON. Objects and lists
may stand `DEEPEST` deep in each other; deeper ones are rejected, as are characters below U+0020 in a text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from cbtool.jit import compiled, lean
from cbtool.traffic.scanning import memory, tokens
from cbtool.traffic.scanning.lines import Escapes, Spans
from cbtool.traffic.scanning.memory import byte, int64
from cbtool.traffic.scanning.tokens import behind_blanks, container_end, number_end, text_end, word_end

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from cbtool.traffic.scanning.lines import Lines

DEEPEST = 512

_KEY_OR_END, _KEY, _COLON, _VALUE_OR_END, _VALUE, _BEHIND = range(6)
_ROOT, _ELSEWHERE = -1, -2  # whose keys stand in an object: the line's own, or nobody's who is wanted
_ESCAPED = np.zeros(256, np.bool_)  # what may stand behind a backslash
# x is none of JSON's: nginx writes it where users forgot escape=json.
_ESCAPED[list(b'"\\/bfnrtux')] = True
_SINGLE_DOT = re.compile(r"(?<!\.)\.(?!\.)")
_LONG = 62  # letters of a key; longer ones count as of that length
_FAR = 64  # bytes of a key with escapes, of which more cannot be one that is wanted


class _Tree(NamedTuple):
    """The keys that are wanted, as a tree in which each key's own come right behind it.

    Attributes:
        names: uint8, all keys' letters.
        ends: int64, by key, where its letters end.
        behind: int32, by key, the number of the first key that is not within it.
        lengths: int64, the root's and then by key, a bit for each length that its own keys have.
        keys: by key, its whole path.
    """

    names: NDArray[np.uint8]
    ends: NDArray[np.int64]
    behind: NDArray[np.int32]
    lengths: NDArray[np.int64]
    keys: tuple[str, ...]


@dataclass
class _Node:
    own: dict[str, _Node] = field(default_factory=dict)


@cache
def _tree(keys: tuple[str, ...]) -> _Tree:
    root = _Node()
    for key in keys:
        node = root
        for part in _SINGLE_DOT.split(key):
            node = node.own.setdefault(part, _Node())
    names, behind, paths = list[bytes](), list[int](), list[str]()
    lengths = [_lengths(root)]

    def write(node: _Node, path: str) -> None:
        for name, inner in node.own.items():
            index = len(names)
            names.append(name.replace("..", ".").encode())
            paths.append(path + name)
            behind.append(0)
            lengths.append(_lengths(inner))
            write(inner, f"{path}{name}.")
            behind[index] = len(names)

    write(root, "")
    ends = np.cumsum([len(name) for name in names], dtype=np.int64)
    return _Tree(
        np.frombuffer(b"".join(names) or b"\0", np.uint8),
        ends,
        np.array(behind, np.int32),
        np.array(lengths, np.int64),
        tuple(paths),
    )


def _lengths(node: _Node) -> int:
    return sum({1 << min(len(name.replace("..", ".").encode()), _LONG) for name in node.own})


class Places(NamedTuple):
    """Where the values of keys are.

    Attributes:
        keys: those that were asked for, and the objects that they are in, in front of them.
        start: int32, keys by n lines, where each begins; `ABSENT` or `NULL`.
        end: int32, the same, behind it.
        escaped: uint8, the same, whether it has escapes in it.
    """

    keys: tuple[str, ...]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    escaped: NDArray[np.uint8]


def values_of(lines: Lines, keys: tuple[str, ...]) -> dict[str, Spans]:
    """Return each key's values; see `places_of`."""
    found = places_of(lines, keys)
    return {
        key: Spans(lines.data, found.start[slot], found.end[slot], found.escaped[slot], Escapes.JSON)
        for slot, key in enumerate(found.keys)
        if key in keys
    }


def places_of(lines: Lines, keys: tuple[str, ...], *, lax: bool = False) -> Places:
    """Return where each key's values are; all are absent of a line that is no object.

    Texts are without their quotes, and escaped; all else is JSON. A null has no value, but is there.

    Args:
        lines: n lines, or objects over several lines each.
        keys: `a.b` for `b` in the object `a`; `a..b` for one that has a dot in its own name.
        lax: do not look into objects and lists that are none of these, but for where they end; 32 bytes must
            follow the last line.
    """
    tree = _tree(keys)
    shape = len(tree.keys), len(lines)
    start, end, escaped = np.empty(shape, np.int32), np.empty(shape, np.int32), np.empty(shape, np.uint8)
    _read(
        *(lines.data, lines.start, lines.end, tree.names, tree.ends, tree.behind, tree.lengths),
        *(_ESCAPED, lax, start, end, escaped),
    )
    return Places(tree.keys, start, end, escaped)


@lean
def plain_key(data: NDArray[np.uint8], at: int, end: int, key: NDArray[np.uint8]) -> int:
    """Write a key without its escapes, and give its length; a character that is not ASCII fits nothing."""
    length = 0
    while at < end and length < len(key):
        one = byte(data, at)
        at += 1
        if one == 92:
            one = byte(data, at)
            at += 1
            if one == 117:
                one = int64(0)
                for i in range(4):
                    digit = byte(data, at + i)
                    one = one * 16 + (digit - 48 if digit <= 57 else (digit | 32) - 87)
                at += 4
                one = one if one < 128 else int64(0)
            elif one >= 97:  # a control character
                one = int64(0)
        key[length] = one
        length += 1
    return length


@lean
def _named(
    data: NDArray[np.uint8],
    at: int,
    end: int,
    owner: int,
    names: NDArray[np.uint8],
    ends: NDArray[np.int64],
    behind: NDArray[np.int32],
) -> int:
    """The number of the key within `owner` that these letters spell; −1: none."""
    last = len(ends) if owner == _ROOT else behind[owner]
    key = owner + 1
    while key < last:
        begin = ends[key - 1] if key else 0
        if ends[key] - begin == end - at:
            i = int64(0)
            while at + i < end and byte(names, begin + i) == byte(data, at + i):
                i += 1
            if at + i == end:
                return key
        key = int64(behind[key])
    return -1


@compiled(memory, tokens)
def _read(  # one loop with a branch a token
    data: NDArray[np.uint8],
    starts: NDArray[np.int32],
    line_ends: NDArray[np.int32],
    names: NDArray[np.uint8],
    ends: NDArray[np.int64],
    behind: NDArray[np.int32],
    lengths: NDArray[np.int64],
    simple: NDArray[np.bool_],
    lax: bool,
    out_start: NDArray[np.int32],
    out_end: NDArray[np.int32],
    out_escaped: NDArray[np.uint8],
) -> None:
    objects = np.zeros(DEEPEST + 1, np.bool_)  # by depth: an object, or else a list
    owners = np.zeros(DEEPEST + 1, np.int64)  # whose keys stand in it
    holders = np.zeros(DEEPEST + 1, np.int64)  # whose value it is; −1: nobody's who is wanted
    spelled = np.zeros(_FAR, np.uint8)
    for line in range(len(starts)):
        out_start[:, line] = -1
        at, end = int64(starts[line]), int64(line_ends[line])
        depth, key, state, sound = 0, int64(-1), _VALUE, True
        while True:
            at = behind_blanks(data, at, end)
            if at == end or (depth == 0 and state == _BEHIND):
                sound = at == end and depth == 0 and state == _BEHIND
                break
            one = byte(data, at)
            first, last, escaped = at, int64(-1), False
            if one == 34:
                last, escaped = text_end(data, at + 1, end, simple)
                sound = last >= 0 and depth > 0 and state != _BEHIND and state != _COLON
                at = last + 1
                if state <= _KEY and sound:
                    key, owner = int64(-1), owners[depth]
                    state = _COLON
                    if owner != _ELSEWHERE and escaped:
                        length = plain_key(data, first + 1, last, spelled)
                        key = _named(spelled, 0, length, owner, names, ends, behind)
                    elif (
                        owner != _ELSEWHERE and lengths[owner + 1] >> min(last - first - 1, int64(_LONG)) & 1
                    ):
                        key = _named(data, first + 1, last, owner, names, ends, behind)
                    if key >= 0:
                        out_start[key : behind[key], line] = -1
                    continue
                first += 1
            elif one == 58:
                sound = state == _COLON
                state = _VALUE
                at += 1
                if sound:
                    continue
            elif one == 44:
                sound = state == _BEHIND
                state = _KEY if objects[depth] else _VALUE
                key = int64(-1)
                at += 1
                if sound:
                    continue
            elif one == 123 or one == 91:
                sound = (state == _VALUE or state == _VALUE_OR_END) and depth < DEEPEST
                sound = sound and (depth > 0 or one == 123)
                if sound and lax and key < 0 and depth:
                    at = container_end(data, at + 1, end)
                    sound = at >= 0
                elif sound:
                    depth += 1
                    objects[depth] = one == 123
                    holders[depth] = key
                    owners[depth] = _ELSEWHERE
                    if one == 123 and (key >= 0 or depth == 1):
                        owners[depth] = key
                    if key >= 0:
                        out_start[key, line] = at
                        out_escaped[key, line] = 0
                    state = _KEY_OR_END if one == 123 else _VALUE_OR_END
                    key = int64(-1)
                    at += 1
                    continue
            elif one == 125 or one == 93:
                sound = state == _BEHIND or state == _KEY_OR_END or state == _VALUE_OR_END
                sound = sound and depth > 0 and objects[depth] == (one == 125)
                at += 1
                if sound:
                    if holders[depth] >= 0:
                        out_end[holders[depth], line] = at
                    depth -= 1
                    state = _BEHIND
                    continue
            else:
                last = number_end(data, at, end) if one <= 57 else word_end(data, at, end)
                sound = last >= 0 and (state == _VALUE or state == _VALUE_OR_END) and depth > 0
                at = last
                if one == 110:
                    first = int64(-2)
            if not sound:
                break
            if key >= 0:
                out_start[key, line] = first
                out_end[key, line] = last
                out_escaped[key, line] = escaped
            state = _BEHIND
        if not sound:
            out_start[:, line] = -1
