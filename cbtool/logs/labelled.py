"""Lines of labelled values (LTSV, and the same with bars for tabs) as JSON objects, whose columns have names.

Source: ltsv.org, by which `host` is the client's and `vhost` the one that was asked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cbtool.logs.whole_lines import whole_lines
from cbtool.traffic.scanning.labels import objects_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = 64 << 10
_MOST = 0.6
_LABELLED = {
    delimiter: re.compile(
        rb"^[A-Za-z_][\w.-]*:[^%b\n]*(?:%b[A-Za-z_][\w.-]*:[^%b\n]*){2,}\r?$" % ((delimiter,) * 3),
        re.MULTILINE,
    )
    for delimiter in (rb"\t", rb"\|")
}


def labelled_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a stream's pieces, those of LTSV as lines of objects."""
    first = next(pieces, b"")
    head = first[:_HEAD]
    for delimiter, labelled in _LABELLED.items():
        if len(labelled.findall(head)) > _MOST * max(head.count(b"\n"), 1):
            bar = delimiter != rb"\t"
            for lines in whole_lines(first, pieces):
                yield objects_of(lines.replace(b"|", b"\t") if bar else lines)
            return
    yield first
    yield from pieces
