"""Parsing YAML, JSON, TOML and Java properties into nodes that know their line."""

from __future__ import annotations

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import TYPE_CHECKING, Any

from cbtool.errors import ConfigurationError
from cbtool.foreign.nodes import Node

if TYPE_CHECKING:
    from cbtool.toml.lines import KeyPath
    from cbtool.toml.tables import Source

_JSON_BLANK = re.compile(r"(?:\s|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_JSON_WORD = re.compile(r"true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_PAIR = re.compile(r"((?:\\.|[^\s:=\\])+)[ \t\f]*(?:[=:][ \t\f]*)?(.*)", re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_LONGEST_NUMBER = 40


class ParseError(ConfigurationError):
    """The text is not of the format it was taken for.

    Args:
        line: where it stops making sense.
        why: in words.
    """

    def __init__(self, line: int, why: str) -> None:
        super().__init__(f"line {line}: {why}")
        self.line = line
        self.why = why


def json_tree(text: str) -> Node:
    """Return a JSON document; comments and commas at the end are read over, as .NET does.

    Raises:
        ParseError: it is not JSON.
    """
    try:
        return _Json(text).document()
    except RecursionError:
        raise ParseError(1, "nested too deeply") from None


class _Json:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def document(self) -> Node:
        node = self._value()
        if self._next():
            raise self._error("more text after the end of the JSON document")
        return node

    def _error(self, why: str) -> ParseError:
        return ParseError(self._line(), why)

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1

    def _next(self) -> str:
        blank = _JSON_BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at
        return self._text[self._at : self._at + 1]

    def _value(self) -> Node:
        start = self._next()
        line = self._line()
        if start == "{":
            return Node(self._members(), line)
        if start == "[":
            return Node(self._array(), line)
        if start == '"':
            return Node(self._string(), line)
        word = _JSON_WORD.match(self._text, self._at)
        if word is None:
            raise self._error(f"not valid JSON: a value was expected, not {self._text[self._at :][:20]!r}")
        self._at = word.end()
        return Node(_WORDS[word[0]] if word[0] in _WORDS else _number(word[0]), line)

    def _string(self) -> str:
        try:
            value, self._at = scanstring(self._text, self._at + 1, True)
        except JSONDecodeError as error:
            raise ParseError(error.lineno, f"not valid JSON: {error.msg}") from None
        return str(value)

    def _members(self) -> dict[str, Node]:
        members: dict[str, Node] = {}
        self._at += 1
        while self._next() != "}":
            if self._next() != '"':
                raise self._error("not valid JSON: a name in quotes was expected")
            name = self._string()
            if self._next() != ":":
                raise self._error(f"not valid JSON: a colon was expected after {name[:40]!r}")
            self._at += 1
            members[name] = self._value()
            self._comma("}")
        self._at += 1
        return members

    def _array(self) -> list[Node]:
        elements = []
        self._at += 1
        while self._next() != "]":
            elements.append(self._value())
            self._comma("]")
        self._at += 1
        return elements

    def _comma(self, end: str) -> None:
        if self._next() == ",":
            self._at += 1
        elif self._next() != end:
            raise self._error(f"not valid JSON: a comma or {end} was expected")


def _number(text: str) -> int | float:
    if len(text) > _LONGEST_NUMBER:
        raise ConfigurationError(f"not a configuration: a number of {len(text)} digits")
    return float(text) if any(c in text for c in ".eE") else int(text)


def toml_tree(source: Source) -> Node:
    """Return a TOML document that has been parsed."""
    return _of_toml(source, source.data, ())


def _of_toml(source: Source, value: Any, path: KeyPath) -> Node:
    line = source.line_of(path) if path else 1
    if isinstance(value, dict):
        return Node({key: _of_toml(source, item, (*path, key)) for key, item in value.items()}, line)
    if isinstance(value, list):
        return Node([_of_toml(source, item, (*path, index)) for index, item in enumerate(value)], line)
    return Node(value if isinstance(value, (str, int, float, bool)) else str(value), line)


def properties_tree(text: str) -> Node:
    """Return a .properties file as one mapping, its keys as written; values are text."""
    entries: dict[str, Node] = {}
    lines = text.splitlines()
    index = 0
    while index < len(lines):
        number = index + 1
        line = lines[index].lstrip()
        index += 1
        if not line or line[0] in "#!":
            continue
        while _continues(line) and index < len(lines):
            line = line[:-1] + lines[index].lstrip()
            index += 1
        match = _PAIR.fullmatch(line)
        if match is None:
            raise ParseError(number, "not a property: name=value was expected")
        entries[_unescaped(match[1])] = Node(_unescaped(match[2]).strip(), number)
    return Node(entries)


def _continues(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) == 5:
            return chr(int(code[1:], 16))
        return {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}.get(code, code)

    return _ESCAPE.sub(character, text)
