"""Settings in the files of nginx and HAProxy, which are lines and blocks of words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from cbtool.foreign.nodes import Found, Node
from cbtool.foreign.trees import ParseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_TOKEN = re.compile(r"""#[^\n]*|\s+|[{};]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|[^\s{};])+""", re.DOTALL)
_SECTION = re.compile(r"(global|defaults|frontend|backend|listen|peers|resolvers|userlist)\b\s*(\S*)")
_Upstream: TypeAlias = tuple[str, int, list[tuple[list[str], int]]]
"""A name, its line, and the words and line of each server."""
_Inherited: TypeAlias = tuple[dict[str, Node], bool]
"""The values of a default-server, and whether it has `check`."""
_NGINX = ("max_fails", "fail_timeout")
_PLUS = "slow_start"


def nginx_upstreams(text: str) -> list[Found]:
    """Return the checks of every upstream; servers that differ from its first are breakers of their own.

    A file in which a server starts slowly is NGINX Plus'.
    """
    found: list[Found] = []
    upstreams = list(_nginx_blocks(text))
    words_of_all = (word for _, _, servers in upstreams for words, _ in servers for word in words)
    plus = any(word.startswith(_PLUS) for word in words_of_all)
    known, library = ((*_NGINX, _PLUS), "nginx-plus") if plus else (_NGINX, "nginx")
    for name, line, servers in upstreams:
        if not servers:
            raise ParseError(line, f"upstream {name} has no server")
        seen: dict[tuple[tuple[str, str], ...], str] = {}
        for words, at in servers:
            values = dict(word.split("=", 1) for word in words[1:] if word.startswith(known) and "=" in word)
            key = tuple(sorted(values.items()))
            if key in seen:
                continue
            own = f"{name}-{words[0]}" if seen else name
            seen[key] = own
            nodes = {each: Node(_nginx_value(each, value), at) for each, value in values.items()}
            left_out = tuple(word for word in words[1:] if not word.startswith(known))
            found.append(Found(library, own, nodes, at, left_out))
    return found


def _nginx_value(name: str, text: str) -> str:
    """Return a time as the rest of cbtool writes it: without a unit it is seconds."""
    return f"{text}s" if name != "max_fails" and text.isdecimal() else text


def _nginx_blocks(text: str) -> Iterator[_Upstream]:
    upstream: _Upstream | None = None
    depth = inside = 0
    for words, end, line, begun in _nginx_statements(text):
        depth += {"{": 1, "}": -1}.get(end, 0)
        if depth < 0:
            raise ParseError(line, "not valid nginx: a } too many")
        if end == "{" and words[:1] == ["upstream"] and len(words) == 2:
            upstream, inside = (words[1], begun, []), depth
        elif end == "}" and upstream is not None and depth < inside:
            yield upstream
            upstream = None
        elif end == ";" and upstream is not None and words[:1] == ["server"] and len(words) > 1:
            upstream[2].append((words[1:], begun))
    if depth:
        raise ParseError(text.count("\n") + 1, "not valid nginx: a } is missing")


def _nginx_statements(text: str) -> Iterator[tuple[list[str], str, int, int]]:
    """Yield the words before each `;` or brace, which of them it was, its line and that of the first word."""
    words: list[str] = []
    begun = 1
    for word, line in _nginx_tokens(text):
        if word in {"{", "}", ";"}:
            if word == "}" and words:
                raise ParseError(line, f"not valid nginx: a ; is missing after {' '.join(words)[:60]!r}")
            yield words, word, line, begun
            words = []
        else:
            begun = begun if words else line
            words.append(word.strip("\"'"))


def _nginx_tokens(text: str) -> Iterator[tuple[str, int]]:
    line = 1
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token.strip() and not token.startswith("#"):
            yield token, line
        line += token.count("\n")


_HAPROXY_VALUED = ("inter", "rise", "fall", "error-limit", "on-error")
_HAPROXY_OTHERS = (
    "fastinter",
    "downinter",
    "observe",
    "slowstart",
    "maxconn",
    "weight",
    "port",
    "addr",
    "cookie",
    "check-sni",
    "sni",
    "ca-file",
)


def haproxy_backends(text: str) -> list[Found]:
    """Return the checks of every backend; servers that differ from its first are breakers of their own."""
    found: list[Found] = []
    section = ("", "")
    defaults: _Inherited = ({}, False)
    inherited: _Inherited = ({}, False)
    seen: set[tuple[tuple[str, str], ...]] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        header = _SECTION.fullmatch(" ".join(words[:2])) if not line[0].isspace() else None
        if header is not None:
            section = (header[1], header[2])
            inherited = ({}, False) if section[0] == "defaults" else defaults
            seen = set()
        elif words[0] == "default-server":
            values, checked, _ = _haproxy_words(words[1:], number)
            inherited = ({**inherited[0], **values}, inherited[1] or checked)
            if section[0] == "defaults":
                defaults = inherited
        elif words[0] in {"server", "server-template"} and section[0] in {"backend", "listen"}:
            values, checked, left_out = _haproxy_words(words[3:], number)
            both = {**inherited[0], **values}
            key = tuple(sorted((name, str(node.value)) for name, node in both.items()))
            if not both or key in seen or not (checked or inherited[1]):
                continue
            name = f"{section[1]}-{words[1]}" if seen else section[1]
            seen.add(key)
            found.append(Found("haproxy", name, both, number, left_out))
    return found


def _haproxy_words(words: Sequence[str], line: int) -> tuple[dict[str, Node], bool, tuple[str, ...]]:
    values: dict[str, Node] = {}
    left_out = []
    index, checked = 0, False
    while index < len(words):
        word = words[index]
        index += 1
        if word == "check":
            checked = True
        elif word in _HAPROXY_VALUED:
            if index == len(words):
                raise ParseError(line, f"{word} lacks its value")
            text = words[index]
            timed = word.endswith("inter") and text.isdecimal()
            values[word] = Node(f"{text}ms" if timed else text, line)
            index += 1
        else:
            valued = word in _HAPROXY_OTHERS and index < len(words)
            if word != "observe":
                left_out.append(f"{word} {words[index]}" if valued else word)
            index += valued
    return values, checked, tuple(left_out)
