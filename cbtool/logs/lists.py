"""JSON that is a list of objects, or objects over several lines each, as one object a line.

Consoles and APIs export lists, alone or within an object: CloudWatch (`events`), Azure Monitor (`records`),
Elasticsearch (`hits`), Google Cloud Logging (a list). `jq` writes objects over several lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.errors import WrongFormatError

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 512 << 20
"""Bytes of a list, which must be held whole."""

_KEYS = ("records", "Records", "events", "logEvents", "entries", "logs", "results", "data", "items", "rows")
_BEGINS = re.compile(
    rb'\s*(?:\[\s*\{\s*"|\{\s*"(?:' + "|".join(_KEYS).encode() + rb')"\s*:\s*\[\s*\{|\{\s*"took"\s*:\s*\d)'
)
_OPENS = re.compile(rb"\s*\{\r?\n")
_HEAD = 4 << 10
_LONGEST = 128 << 10  # bytes; a longer object is passed on in parts, and each is rejected
_CLOSES = re.compile(rb"^\}[ ,]*\r?$", re.MULTILINE)


def listed(pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    """Yield a stream's pieces, those of a list as lines of its objects.

    Raises:
        WrongFormatError: the list is damaged, or too large.
    """
    first = next(pieces, b"")
    head = first[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    if _BEGINS.match(head):
        yield from _lines(first.removeprefix(b"\xef\xbb\xbf"), pieces, name)
    elif _OPENS.match(head) and b"\n}" in first:
        yield from _joined(first.removeprefix(b"\xef\xbb\xbf"), pieces)
    else:
        yield first
        yield from pieces


def _lines(first: bytes, pieces: Iterator[bytes], name: str) -> Iterator[bytes]:
    data = bytearray(first)
    for piece in pieces:
        data += piece
        if len(data) > LARGEST:
            raise WrongFormatError(
                f"{name}: a list of over {LARGEST >> 20} MB, which must be held whole: make lines of it,"
                " such as with jq -c '.[]'"
            )
    try:
        found = msgspec.json.decode(bytes(data), type=list[msgspec.Raw] | dict[str, msgspec.Raw])
        objects = found if isinstance(found, list) else _within(found)
    except (msgspec.DecodeError, RecursionError) as error:
        if re.match(rb"\s*\{[^\n]*\}\s*\n\s*\{", data):  # an object with such a key a line
            yield bytes(data)
            return
        raise WrongFormatError(f"{name}: damaged: {error}") from None
    if objects is None:
        yield bytes(data)
        return
    for each in objects:
        line = bytes(each)
        yield (msgspec.json.format(line, indent=-1) if b"\n" in line else line) + b"\n"


def _within(found: dict[str, Any]) -> list[msgspec.Raw] | None:
    """Return the objects of the list within an object; None where there is none."""
    key = next((key for key in _KEYS if key in found), None)
    if key is not None:
        return msgspec.json.decode(found[key], type=list[msgspec.Raw])
    if "hits" not in found:
        return None
    hits = msgspec.json.decode(found["hits"], type=dict[str, msgspec.Raw])
    rows = msgspec.json.decode(hits.get("hits", b"[]"), type=list[dict[str, msgspec.Raw]])
    return [row.get("_source", msgspec.Raw(b"{}")) for row in rows]


def _joined(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield objects that end with a bracket alone on its line, each as a line, and empty lines below it."""
    held = first
    while held:
        piece = next(pieces, b"")
        end = 0
        for found in _CLOSES.finditer(held):
            if not piece or found.end() < len(held):
                whole = held[end : found.end()]
                text = whole.lstrip(b" \r\n")
                above = whole.count(b"\n") - text.count(b"\n")
                one = text.rstrip(b" ,\r").replace(b"\n", b" ").replace(b"\r", b"")
                yield b"\n" * above + one + b"\n" * text.count(b"\n")
                end = found.end()
        if not piece or len(held) - end > _LONGEST:
            yield held[end:]
            end = len(held)
        held = held[end:] + piece
