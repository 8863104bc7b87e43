"""How values are laid out as text: YAML, JSON, properties and TOML, with a comment above each value."""

from __future__ import annotations

import json
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cbtool.toml.text import pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z_/][\w./-]*")
_YAML_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a snippet.

    Attributes:
        name: the library's own name of the setting.
        value: in native units.
        comment: why it has its value; empty: none.
    """

    name: str
    value: Any
    comment: str = ""


def comment_lines(text: str, mark: str = "#", indent: str = "") -> Iterator[str]:
    """Yield a text as comment lines; what it holds of line breaks and control characters becomes spaces."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    start = f"{indent}{mark} "
    yield from textwrap.wrap(
        " ".join(printable.split()),
        WIDTH,
        initial_indent=start,
        subsequent_indent=start,
        break_on_hyphens=False,
        break_long_words=False,
    )


def yaml_text(head: str, entries: Sequence[Entry], *, indent: str) -> str:
    """Return lines of YAML: `head`, and below it one mapping of the entries."""
    lines = [head] if head else []
    for entry in entries:
        lines += comment_lines(entry.comment, "#", indent)
        lines.append(f"{indent}{yaml_scalar(entry.name)}: {yaml_scalar(entry.value)}")
    return "\n".join(lines) + "\n"


def yaml_scalar(value: Any) -> str:
    """Return a value or a key that YAML reads back as it is."""
    if isinstance(value, str):
        duration = re.fullmatch(r"\d+(?:\.\d+)?[a-z]{1,2}", value)
        plain = duration or (_PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS)
        return value if plain else quoted(value)
    return json.dumps(value)


def quoted(text: str) -> str:
    """Return a text in double quotes, as JSON, YAML and most languages read it."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f").translate(_BREAKS)


_BREAKS = {code: f"\\u{code:04x}" for code in (*range(0x80, 0xA0), 0x2028, 0x2029, 0xFEFF)}


def json_text(path: Sequence[str], entries: Iterable[Entry], *, comments: bool = False) -> str:
    """Return a JSON document with the entries in a mapping below these keys; comments as .NET takes them."""
    depth = len(path) + 1
    lines = ["{", *(f"{'  ' * (n + 1)}{quoted(key)}: {{" for n, key in enumerate(path))]
    indent = "  " * depth
    body = list(entries)
    for index, entry in enumerate(body):
        if comments:
            lines += comment_lines(entry.comment, "//", indent)
        comma = "," if index < len(body) - 1 else ""
        value = quoted(entry.value) if isinstance(entry.value, str) else json.dumps(entry.value)
        lines.append(f"{indent}{quoted(entry.name)}: {value}{comma}")
    lines += [f"{'  ' * n}}}" for n in range(depth - 1, -1, -1)]
    return "\n".join(lines) + "\n"


def toml_text(path: Sequence[str], entries: Iterable[Entry]) -> str:
    """Return a TOML table of the entries."""
    lines = [f"[{'.'.join(map(_toml_key, path))}]"]
    for entry in entries:
        lines += comment_lines(entry.comment)
        value = "true" if entry.value is True else "false" if entry.value is False else None
        key = _toml_key(entry.name)
        lines.append(pair(key, entry.value) if value is None else f"{key} = {value}")
    return "\n".join(lines) + "\n"


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key)


def properties_text(prefix: str, entries: Iterable[Entry]) -> str:
    """Return lines of a .properties file."""
    lines: list[str] = []
    for entry in entries:
        lines += comment_lines(entry.comment)
        value = json.dumps(entry.value) if not isinstance(entry.value, str) else _escaped(entry.value, "")
        lines.append(f"{_escaped(prefix + entry.name, ' :=#!')}={value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str, special: str) -> str:
    out = []
    for c in text:
        if c == "\\" or c in special:
            out.append("\\" + c)
        elif c.isprintable() and c.isascii():
            out.append(c)
        else:
            units = c.encode("utf-16-be")
            out += [f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)]
    return "".join(out)
