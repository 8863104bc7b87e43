"""What stands around the lines of a log that another program passed on, taken off; UTF-16 as UTF-8.

Container runtimes put a time, a stream's name or the container's name before each line, or make a JSON
object of it; syslog puts its own header before it. Which of these a file has, its beginning tells. Sources:
Kubernetes' CRI logging format, Docker's json-file driver and compose, kubectl logs --prefix, RFC 3164 and
RFC 5424.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TOLD_BY = 40  # lines at the beginning
_MOST = 0.6  # of them must have what is taken off
_LONGEST = 128 << 10  # bytes; a longer line is passed on as it is
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
_ISO = rb"\d{4}-\d\d-\d\dT\S{8,30}"
_PREFIXES = tuple(
    re.compile(rb"^" + prefix, re.MULTILINE)
    for prefix in (
        _ISO + rb" (?:stdout|stderr) [FP](?::\w+)? ",
        rb"[\w.-]+ +\| ",
        rb"\[pod/[\w./-]+\] ",
        # Formats of text have their own way with these; what follows must be one that has not.
        rb"(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ [^\s:\[{]{1,64}(?:\[\d+\])?: ?(?=[{\[])",
        rb"<\d{1,3}>1 " + _ISO + rb" \S+ (?!heroku )\S+ \S+ \S+ (?:-|\[[^\]]*\]) (?:\xef\xbb\xbf)?",
    )
)
_DOCKER = re.compile(rb'^\{"log": ?"', re.MULTILINE)


class _Logged(msgspec.Struct):
    """A line of Docker's json-file driver."""

    log: str


def plain_text(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a stream's pieces without what stands around each line."""
    pieces = _as_utf8(pieces)
    first = next(pieces, b"")
    head = b"".join(first.splitlines(keepends=True)[:_TOLD_BY])
    bare = _bare(head)
    if bare is None:
        yield first
        yield from pieces
    else:
        yield from _changed(bare, first, pieces)


def _as_utf8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    first = next(pieces, b"")
    encoding = _UTF16.get(first[:2])
    if encoding is None:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from pieces
        return
    decode = codecs.getincrementaldecoder(encoding)("replace").decode
    yield decode(first[2:]).encode("utf-8", "replace")
    for piece in pieces:
        yield decode(piece).encode("utf-8", "replace")


def _bare(head: bytes) -> Callable[[bytes], bytes] | None:
    """Return what takes off what most of the first lines have around them; None if they have nothing."""
    wanted = max(1, _MOST * head.count(b"\n"))
    if head.startswith(b"{"):
        return _undocked if len(_DOCKER.findall(head)) >= wanted else None
    for prefix in _PREFIXES:
        if len(prefix.findall(head)) >= wanted:
            return lambda lines, prefix=prefix: prefix.sub(b"", lines)  # type: ignore[misc]
    return None


def _undocked(lines: bytes) -> bytes:
    decode = msgspec.json.Decoder(_Logged).decode
    found = []
    for line in lines.splitlines(keepends=True):
        try:
            text = decode(line).log
        except msgspec.MsgspecError:
            found.append(line)
        else:
            found.append(text.encode("utf-8", "replace").rstrip(b"\n") + b"\n")
    return b"".join(found)


def _changed(bare: Callable[[bytes], bytes], first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield whole lines, each without what stands around it."""
    held = first
    while held:
        end = held.rfind(b"\n") + 1
        piece = next(pieces, b"")
        if not piece or (not end and len(held) > _LONGEST):
            end = len(held)
        if end:
            yield bare(held[:end])
        held = held[end:] + piece
