"""JSON that is a list of objects, or objects over several lines each, as one object a line.

Consoles and APIs export lists, alone or within an object: CloudWatch (`events`), Azure Monitor (`records`),
Elasticsearch (`hits`), Google Cloud Logging (a list). `jq` writes objects over several lines. No more is held
than an object and what was read with it.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING

from cbtool.logs.documents import is_document

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS = ("records", "Records", "events", "logEvents", "entries", "logs", "results", "data", "items", "rows")
_PLAIN_VALUE = rb'\s*"[^"\n]*"\s*:\s*(?:"[^"\n]*"|[\d.]+|null|true|false)\s*,'
_BEGINS = re.compile(
    rb"\s*(?:(?:\{(?:"
    + _PLAIN_VALUE
    + rb')*\s*"(?:'
    + "|".join(_KEYS).encode()
    + rb')"\s*:\s*)?\[\s*(?=\{\s*")'
    rb'|\{\s*"took"\s*:[^\[\]]{0,400}"hits"\s*:\s*\[\s*(?=\{))'
)
_LINES = re.compile(rb"[^\n]*\}\s*\n\s*\{")
_OPENS = re.compile(rb"\s*\{\r?\n")
_HEAD = 4 << 10
_LONGEST = 128 << 10  # bytes; a longer object is passed on in parts, and each is rejected
_CLOSES = re.compile(rb"^\}[ ,]*\r?$", re.MULTILINE)
_BETWEEN = re.compile(r"[\s,]*")
_SOURCE = "_source"  # what Elasticsearch was given


def listed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a stream's pieces, those of a list as lines of its objects."""
    first = next(pieces, b"")
    bare = first.removeprefix(codecs.BOM_UTF8)
    begins = _BEGINS.match(bare[:_HEAD])
    if begins and not _LINES.match(bare):
        yield from _of_list(bare[begins.end() :], pieces)
    elif _OPENS.match(bare[:_HEAD]) and b"\n}" in bare and not is_document(bare):
        yield from _joined(bare, pieces)
    else:
        yield first
        yield from pieces


def _of_list(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the objects of a list that has been opened; what is none, as it is."""
    decode = codecs.getincrementaldecoder("utf-8")("replace").decode
    parse = json.JSONDecoder().raw_decode
    held, piece = decode(first), first
    while piece:
        piece = next(pieces, b"")
        held += decode(piece, final=not piece)
        made, at = list[bytes](), 0
        while True:
            at = _BETWEEN.match(held, at).end()  # type: ignore[union-attr]  # it matches nothing, too
            if held.startswith("]", at):
                yield b"".join(made)
                return
            try:
                found, end = parse(held, at)
            except (ValueError, RecursionError):
                break
            text = (
                json.dumps(found[_SOURCE]) if isinstance(found, dict) and _SOURCE in found else held[at:end]
            )
            made.append(text.replace("\n", " ").replace("\r", " ").encode("utf-8", "replace") + b"\n")
            at = end
        yield b"".join(made)
        held = held[at:]
        if len(held) > _LONGEST:
            break
    # The list ends within an object, or is none.
    yield held[:_LONGEST].encode("utf-8", "replace")
    yield from pieces


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
