r"""Patterns as programs: the part of regular expressions that describes a log's line.

Literals, `.`, classes, `\d \w \s \S \t`, groups `(?:…)` and `(?<name>…)`, alternatives, `? * + {m,n}`, `.*?`
before anything, and `^` and `$` around it all. Unlike elsewhere a repeated character gives none back: what
follows `[^ ]+` cannot be a part of it. `(?:[^"\\]|\\.)*`, with any class, is read as one: a text in which a
backslash protects what follows it. A pattern without `^` may begin anywhere in a line.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from cbtool.traffic.scanning import matching
from cbtool.traffic.scanning.fusing import fused

if TYPE_CHECKING:
    from cbtool.traffic.scanning.matching import Program

_ALL = frozenset(range(256))
_DIGITS = frozenset(range(48, 58))
_WORD = _DIGITS | frozenset(b"_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_BLANK = frozenset(b" \t\n\r\f\v")
_CLASSES = {"d": _DIGITS, "w": _WORD, "s": _BLANK, "S": _ALL - _BLANK}
_CONTROL = {"t": 9, "n": 10, "r": 13}
_QUOTE, _BACKSLASH = 34, 92
_REPEAT = re.compile(r"([?*+]|\{(\d+)(,?)(\d*)\})(\??)")
_NAME = re.compile(r"\?<(\w+)>")


class _Text(NamedTuple):
    text: bytes


class _Set(NamedTuple):
    bytes: frozenset[int]


class _Group(NamedTuple):
    name: str
    inner: _Node


class _Sequence(NamedTuple):
    parts: list[_Node]


class _Either(NamedTuple):
    ways: list[_Node]


class _Repeat(NamedTuple):
    inner: _Node
    least: int
    most: int | None
    lazy: bool


class _End(NamedTuple):
    pass


_Node = _Text | _Set | _Group | _Sequence | _Either | _Repeat | _End


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def either(self) -> _Node:
        ways = [self.sequence()]
        while self._take("|"):
            ways.append(self.sequence())
        return ways[0] if len(ways) == 1 else _Either(ways)

    def sequence(self) -> _Node:
        parts: list[_Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            part = self._atom()
            found = _REPEAT.match(self.pattern, self.at)
            if found is not None:
                self.at = found.end()
                part = _Repeat(part, *_bounds(found), lazy=bool(found[5]))
            if isinstance(part, _Text) and parts and isinstance(parts[-1], _Text):
                part = _Text(parts.pop().text + part.text)  # type: ignore[union-attr]
            parts.append(part)
        return parts[0] if len(parts) == 1 else _Sequence(parts)

    def _take(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.at)
        self.at += len(text) if found else 0
        return found

    def _next(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def _atom(self) -> _Node:
        character = self._next()
        if character == "(":
            return self._group()
        if character == "[":
            return _Set(self._class())
        if character == ".":
            return _Set(_ALL)
        if character == "$":
            return _End()
        if character == "\\":
            return _node(self._escape())
        return _Text(character.encode())

    def _group(self) -> _Node:
        named = _NAME.match(self.pattern, self.at)
        self.at = named.end() if named else self.at + len("?:")
        inner = self.either()
        self._next()
        return _Group(named[1], inner) if named else inner

    def _escape(self) -> frozenset[int]:
        character = self._next()
        if character in _CLASSES:
            return _CLASSES[character]
        return frozenset({_CONTROL.get(character, ord(character))})

    def _class(self) -> frozenset[int]:
        negated, members = self._take("^"), set[int]()
        while not self._take("]"):
            character = self._next()
            if character == "\\":
                members |= self._escape()
                continue
            first = last = character.encode()[0]
            if self.pattern[self.at] == "-" and self.pattern[self.at + 1] != "]":
                self.at += 1
                last = self._next().encode()[0]
            members |= set(range(first, last + 1))
        return _ALL - members if negated else frozenset(members)


def _node(members: frozenset[int]) -> _Node:
    return _Text(bytes(members)) if len(members) == 1 else _Set(members)


def _bounds(found: re.Match[str]) -> tuple[int, int | None]:
    if found[2] is None:
        return {"?": (0, 1), "*": (0, None), "+": (1, None)}[found[1]]
    least = int(found[2])
    return (least, int(found[4]) if found[4] else None) if found[3] else (least, least)


class _Compiler:
    """Writes the instructions."""

    def __init__(self) -> None:
        self.code: list[list[int]] = []
        self.literals = b""
        self.sets: list[frozenset[int]] = []
        self.slots: list[str] = []

    def emit(self, op: int, a: int = 0, b: int = 0, c: int = 0) -> int:
        self.code.append([op, a, b, c])
        return len(self.code) - 1

    def node(self, node: _Node, behind: list[_Node]) -> None:
        """Write what a node means; `behind` is what follows it."""
        match node:
            case _Text(text):
                self.emit(matching.LITERAL, len(self.literals), len(text))
                self.literals += text
            case _Set(members):
                self.emit(matching.RUN, self._set(members), 1, 1)
            case _Group(name, inner):
                slot = self._slot(name)
                self.emit(matching.OPEN, slot)
                self.node(inner, behind)
                self.emit(matching.CLOSE, slot)
            case _Sequence(parts):
                for index, part in enumerate(parts):
                    self.node(part, [*parts[index + 1 :], *behind])
            case _Either(ways):
                self._either(ways, behind)
            case _Repeat():
                self._repeat(node, behind)
            case _End():
                self.emit(matching.END)

    def _slot(self, name: str) -> int:
        if name not in self.slots:
            self.slots.append(name)
        return self.slots.index(name)

    def _set(self, members: frozenset[int]) -> int:
        if members not in self.sets:
            self.sets.append(members)
        return self.sets.index(members)

    def _either(self, ways: list[_Node], behind: list[_Node]) -> None:
        ends = []
        for way in ways[:-1]:
            split = self.emit(matching.SPLIT, len(self.code) + 1)
            self.node(way, behind)
            ends.append(self.emit(matching.JUMP))
            self.code[split][2] = len(self.code)
            self._clear(split)
        self.node(ways[-1], behind)
        for end in ends:
            self.code[end][1] = len(self.code)

    def _clear(self, since: int) -> None:
        """Forget what a way that failed has taken."""
        for slot in sorted({a for op, a, _, _ in self.code[since:] if op == matching.OPEN}):
            self.emit(matching.CLEAR, slot, slot + 1)

    def _repeat(self, node: _Repeat, behind: list[_Node]) -> None:
        inner, least, most, lazy = node
        if isinstance(inner, _Text) and len(inner.text) == 1:
            inner = _Set(frozenset(inner.text))
        if isinstance(inner, _Set):
            self._run(inner.bytes, least, most, behind, lazy=lazy)
            return
        protected = _protected(inner)
        if protected is not None and (least, most) == (0, None):
            usual = protected == _ALL - {_QUOTE, _BACKSLASH}
            self.emit(matching.TEXT if usual else matching.ESCAPED, 0 if usual else self._set(protected))
            return
        for _ in range(least):
            self.node(inner, behind)
        if most is None:
            start = self.emit(matching.SPLIT, len(self.code) + 1)
            self.node(inner, behind)
            self.emit(matching.JUMP, start)
            self.code[start][2] = len(self.code)
            if lazy:
                self.code[start][1:3] = reversed(self.code[start][1:3])
            return
        splits = []
        for _ in range(most - least):
            splits.append(self.emit(matching.SPLIT, len(self.code) + 1))
            self.node(inner, behind)
        end = len(self.code)
        for split in splits:
            self.code[split][2] = end
            if lazy:
                self.code[split][1:3] = reversed(self.code[split][1:3])
        if most == 1 and not lazy and any(op == matching.OPEN for op, *_ in self.code[splits[0] :]):
            jump = self.emit(matching.JUMP)
            self.code[splits[0]][2] = len(self.code)
            self._clear(splits[0])
            self.code[jump][1] = len(self.code)

    def _run(
        self, members: frozenset[int], least: int, most: int | None, behind: list[_Node], *, lazy: bool
    ) -> None:
        rest = _ALL - members
        if lazy:
            self.emit(matching.FIND, _first(behind))
        elif most is None and len(rest) == 1:
            self.emit(matching.UNTIL, next(iter(rest)), least)
        else:
            self.emit(matching.RUN, self._set(members), least, -1 if most is None else most)


def _protected(node: _Node) -> frozenset[int] | None:
    r"""The class in `[^"\\]|\\.`, if that is what this is."""
    match node:
        case _Either([_Set(members), _Sequence([_Text(b"\\"), _Set(after)])]):
            return members if after == _ALL and _BACKSLASH not in members else None
    return None


def _first(behind: list[_Node]) -> int:
    """The byte that what follows begins with; −1 where that may be several."""
    match behind:
        case [_Text(text), *_]:
            return text[0]
        case [_Group(_, inner), *rest]:
            return _first([inner, *rest])
        case [_Sequence(parts), *rest] if parts:
            return _first([*parts, *rest])
    return -1


@cache
def program(pattern: str) -> Program:
    """Return the program for a pattern."""
    compiler = _Compiler()
    if pattern.startswith("^"):
        parsed = _Parser(pattern[1:]).either()
    else:
        parsed = _Parser(f".*?(?:{pattern})").either()
    compiler.node(parsed, [])
    compiler.emit(matching.FITS)
    return fused(compiler.code, compiler.sets, compiler.literals, compiler.slots)
