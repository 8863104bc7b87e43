"""On which line each key of a TOML text stands: what a parser forgets and an error message needs.

The scanner walks a text that a parser has already accepted, so it looks only for where keys, headers and
array elements begin, and never judges.
"""

from __future__ import annotations

import re
from typing import TypeAlias

import tomli

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys from the top level down; an array's element is its index, counted from 0."""

_BLANK = re.compile(r"(?:[\s]|#[^\n]*)*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED_KEY = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'')
_VALUE = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}'
    r"|'''.*?'{3,5}"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'"
    r"|[^,\]}#\n]+",  # a number, a boolean or a date, which may hold a space
    re.DOTALL,
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, counted from 1, of every key, table header and array element of a valid TOML text.

    A table that several lines speak of stands where its own header is, else where it is named first.
    """
    return _Scanner(text).scan()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted_to = 0
        self._lines: dict[KeyPath, int] = {}
        self._lengths: dict[KeyPath, int] = {}  # of the arrays of tables met so far

    def scan(self) -> dict[KeyPath, int]:
        header: KeyPath = ()
        while self._skip_blank():
            if self._text[self._at] == "[":
                header = self._header()
            else:
                self._pair(header)
        return self._lines

    def _skip_blank(self) -> bool:
        """Skip spaces, newlines and comments; say whether anything follows."""
        blank = _BLANK.match(self._text, self._at)
        assert blank is not None  # noqa: S101  # the pattern matches nothing, too
        self._at = blank.end()
        return self._at < len(self._text)

    def _here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        assert match is not None  # noqa: S101  # the parser has accepted this text
        self._at = match.end()
        return match.group()

    def _header(self) -> KeyPath:
        line = self._here()
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        path: KeyPath = ()
        *parents, last = self._key()
        for name in parents:
            path = self._newest((*path, name))
            self._lines.setdefault(path, line)
        path = (*path, last)
        if brackets == 2:
            self._lines.setdefault(path, line)
            self._lengths[path] = self._lengths.get(path, 0) + 1
        path = self._newest(path)
        self._lines[path] = line
        self._at += brackets
        return path

    def _newest(self, path: KeyPath) -> KeyPath:
        """Return the path of what a header means by `path`: of an array of tables, the last so far."""
        return (*path, self._lengths[path] - 1) if path in self._lengths else path

    def _key(self) -> list[str]:
        """Take a dotted key and the blanks after it; stand on what follows."""
        names = []
        while True:
            self._skip_blank()
            if self._text[self._at] in "\"'":
                names.append(next(iter(tomli.loads(self._take(_QUOTED_KEY) + "=0"))))
            else:
                names.append(self._take(_BARE_KEY))
            self._skip_blank()
            if self._text[self._at] != ".":
                return names
            self._at += 1

    def _pair(self, parent: KeyPath) -> None:
        line = self._here()
        path = parent
        for name in self._key():
            path = (*path, name)
            self._lines.setdefault(path, line)
        self._at += 1  # the equals sign
        self._skip_blank()
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        if self._text[self._at] == "[":
            self._elements("]", path)
        elif self._text[self._at] == "{":
            self._elements("}", path)
        else:
            self._take(_VALUE)

    def _elements(self, end: str, path: KeyPath) -> None:
        """Walk an array's values or an inline table's pairs."""
        self._at += 1
        index = 0
        while self._skip_blank() and self._text[self._at] != end:
            if self._text[self._at] == ",":
                self._at += 1
                index += 1
            elif end == "}":
                self._pair(path)
            else:
                element = (*path, index)
                self._lines[element] = self._here()
                self._value(element)
        self._at += 1
