"""Rows below `#Fields:` as IIS and CloudFront write them, of what others or other modules wrote differently.

IIS' Advanced Logging quotes values and names its columns otherwise; other servers pad them with spaces.
CloudFront's files lose their two lines of comments where somebody joined them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = 16 << 10
_DIRECTIVE = re.compile(rb"^#Fields:.*$", re.MULTILINE)
_NAMES = {
    b"date-local": b"date",
    b"time-local": b"time",
    b"TimeTakenMS": b"time-taken",
    b"cs(Host)": b"cs-host",
}
_CLOUDFRONT = re.compile(rb"\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d+(?:-[A-Z0-9]+)?\t\d+\t")
_CLOUDFRONT_COLUMNS = (
    b"date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer)"
    b" cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol"
    b" cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type"
    b" cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte"
    b" x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end"
).split()
_QUOTED = re.compile(rb'"((?:[^"\n]|"")*)"')
_PADDING = re.compile(rb" {2,}")
_FRACTION = re.compile(rb"^(\S+ \d\d:\d\d:\d\d)\.\d+", re.MULTILINE)
_LONGEST = 128 << 10


def directed_rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a stream's pieces; those of such a file as IIS would have written it."""
    first = next(pieces, b"")
    if _CLOUDFRONT.match(first):
        count = first.partition(b"\n")[0].count(b"\t") + 1
        yield b"#Fields: " + b" ".join(_CLOUDFRONT_COLUMNS[:count]) + b"\n"
    head = first[:_HEAD]
    found = _DIRECTIVE.search(head) if head.lstrip().startswith(b"#") else None
    if found is None or not _differs(found[0], head):
        yield first
        yield from pieces
        return
    held = first
    while held:
        end = held.rfind(b"\n") + 1
        piece = next(pieces, b"")
        if not piece or (not end and len(held) > _LONGEST):
            end = len(held)
        if end:
            yield _usual(held[:end])
        held = held[end:] + piece


def _differs(directive: bytes, head: bytes) -> bool:
    names = directive.split()
    return b"\t" not in head and (b'"' in head or b"  " in head or any(name in names for name in _NAMES))


def _usual(lines: bytes) -> bytes:
    """Values without quotes and spaces, one space between them, whole seconds, and the usual names."""
    lines = _QUOTED.sub(lambda found: found[1].strip().replace(b" ", b"+") or b"-", lines)
    lines = _FRACTION.sub(rb"\1", _PADDING.sub(b" ", lines))
    return _DIRECTIVE.sub(lambda found: b" ".join(_NAMES.get(name, name) for name in found[0].split()), lines)
