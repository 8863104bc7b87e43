"""Rows below `#Fields:` as IIS and CloudFront write them, of what others or other modules wrote differently.

IIS' Advanced Logging quotes values and names its columns otherwise; other servers pad them with spaces.
CloudFront's files lose their two lines of comments where somebody joined them. Where rows have a time alone,
`#Date:` above them says the day (W3C working draft WD-logfile).
"""

from __future__ import annotations

import contextlib
import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from cbtool.logs.whole_lines import whole_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = 16 << 10
_DATE = re.compile(rb"^#Date: *(\d{4}-\d\d-\d\d|\d\d?-[A-Za-z]{3}-\d{4})", re.MULTILINE)
_HALF_A_DAY = 12
_DIRECTIVE = re.compile(rb"^#Fields:.*$", re.MULTILINE)
_NAMES = {
    b"date-local": b"date",
    b"time-local": b"time",
    b"TimeTakenMS": b"time-taken",
    b"cs(Host)": b"cs-host",
    b"cs-uri": b"cs-uri-stem",
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


def directed_rows(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a stream's pieces; those of such a file as IIS would have written it."""
    first = next(pieces, b"")
    if _undated(first[:_HEAD]):
        pieces = _dated(first, pieces)
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
    yield from map(_usual, whole_lines(first, pieces))


def _undated(head: bytes) -> bool:
    """Whether rows have times alone, on a day that a directive above them names."""
    found = _DIRECTIVE.search(head) if head.lstrip().startswith(b"#") else None
    names = found[0].split() if found else []
    return b"time" in names and b"date" not in names and bool(_DATE.search(head))


def _dated(first: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield whole lines, each row with its date before it: a day later where the clock has begun anew."""
    day, last, at = date(1970, 1, 1), b"", 0
    for lines in whole_lines(first, pieces):
        made = []
        for line in lines.splitlines(keepends=True):
            if line.startswith(b"#"):
                named = _DATE.match(line)
                if named:
                    day, last = _day(named), b""
                elif line.startswith(b"#Fields:"):
                    at = line.split().index(b"time") - 1 if b"time" in line.split() else 0
                    line = line.replace(b"#Fields:", b"#Fields: date", 1)  # noqa: PLW2901
            elif line.strip():
                words = line.split(None, at + 1)
                time = words[at] if len(words) > at else b""
                if time[:2].isdigit() and last[:2].isdigit() and int(time[:2]) + _HALF_A_DAY < int(last[:2]):
                    day += timedelta(days=1)
                last = time if time[:2].isdigit() else last
                line = day.isoformat().encode() + (b"\t" if b"\t" in line else b" ") + line  # noqa: PLW2901
            made.append(line)
        yield b"".join(made)


def _day(named: re.Match[bytes]) -> date:
    text = named[1].decode()
    for notation in ("%Y-%m-%d", "%d-%b-%Y"):
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, notation).date()  # noqa: DTZ007  # a day has no zone
    return date(1970, 1, 1)


def _differs(directive: bytes, head: bytes) -> bool:
    names = directive.split()
    return b"\t" not in head and (b'"' in head or b"  " in head or any(name in names for name in _NAMES))


def _usual(lines: bytes) -> bytes:
    """Values without quotes and spaces, one space between them, whole seconds, and the usual names."""
    lines = _QUOTED.sub(lambda found: found[1].strip().replace(b" ", b"+") or b"-", lines)
    lines = _FRACTION.sub(rb"\1", _PADDING.sub(b" ", lines))
    return _DIRECTIVE.sub(lambda found: b" ".join(_NAMES.get(name, name) for name in found[0].split()), lines)
