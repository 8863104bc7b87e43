"""Lines of labelled values (LTSV) as JSON objects, whose columns have names of their own then.

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
_LABELLED = re.compile(rb"^[A-Za-z_][\w.-]*:[^\t\n]*(?:\t[A-Za-z_][\w.-]*:[^\t\n]*){2,}\r?$", re.MULTILINE)


def labelled_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a stream's pieces, those of LTSV as lines of objects."""
    first = next(pieces, b"")
    head = first[:_HEAD]
    if len(_LABELLED.findall(head)) > _MOST * max(head.count(b"\n"), 1):
        yield from map(objects_of, whole_lines(first, pieces))
        return
    yield first
    yield from pieces
