"""Lines of labelled values (LTSV) as JSON objects, whose columns have names of their own then.

Source: ltsv.org, by which `host` is the client's and `vhost` the one that was asked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from cbtool.logs.exports import whole_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = 64 << 10
_MOST = 0.6
_LABELLED = re.compile(rb"^[A-Za-z_][\w.-]*:[^\t\n]*(?:\t[A-Za-z_][\w.-]*:[^\t\n]*){2,}\r?$", re.MULTILINE)
_RENAMED = {"host": "client"}


def labelled_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a stream's pieces, those of LTSV as lines of objects."""
    first = next(pieces, b"")
    head = first[:_HEAD]
    if len(_LABELLED.findall(head)) > _MOST * max(head.count(b"\n"), 1):
        for lines in whole_lines(first, pieces):
            yield b"".join(map(_object, lines.splitlines(keepends=True)))
        return
    yield first
    yield from pieces


def _object(line: bytes) -> bytes:
    """Return a line as an object; what is not of labels stays as it is."""
    if not _LABELLED.match(line):
        return line
    pairs = (each.partition(":") for each in line.decode("utf-8", "replace").rstrip("\r\n").split("\t"))
    found = {_RENAMED.get(label, label): _value(value) for label, _, value in pairs}
    return msgspec.json.encode(found) + b"\n"


def _value(text: str) -> str | None:
    if text.startswith("[") and text.endswith("]"):
        return text[1:-1]
    return None if text == "-" else text
