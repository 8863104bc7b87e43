"""Rails' log as it is by default, several lines a request, as one line each.

`Started GET "/a" for 10.0.0.1 at …` and `Completed 200 OK in 12ms` of one request belong together: by the
tags before them, or the process, or else as they follow each other. Other lines become empty ones, so that
numbers of lines stay right. Source: Rails' ActionController::LogSubscriber and Rails::Rack::Logger.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.logs.whole_lines import whole_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

_STARTED = re.compile(
    rb'Started ([A-Z]+) "([^"\n]*)" for \S+ at (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?: [-+]\d{4}| UTC)?)'
)
_COMPLETED = re.compile(rb"Completed (\d{3}|)[^\n]*? in (\d+(?:\.\d+)?)ms")
_NO_ROUTE = re.compile(rb"ActionController::RoutingError")
_FINER = re.compile(rb"\[\d{4}-\d\d-\d\dT\d\d:\d\d:(\d\d\.\d+) ")
_PROCESS = re.compile(rb"#\d+\]")
_TAGS = re.compile(rb"((?:\[[^\]]*\] ?)+)$")
_HEAD = 64 << 10
_OPEN = 10_000  # requests; the oldest of more will not end
_LEAST = 2

HEADER = b'{"rails": 1}\n'
"""The line that tells what follows."""


def rails_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a stream's pieces, those of Rails' log as a header and a line a request."""
    first = next(pieces, b"")
    head = first[:_HEAD]
    if min(len(_STARTED.findall(head)), len(_COMPLETED.findall(head)) + 1) < _LEAST:
        yield first
        yield from pieces
        return
    yield HEADER
    requests = _Requests()
    for lines in whole_lines(first, pieces):
        yield b"".join(map(requests.line_of, lines.splitlines()))


class _Requests:
    """Requests that have started and not ended yet, by what tells whose lines are whose."""

    def __init__(self) -> None:
        self._open: dict[bytes, dict[str, Any]] = {}

    def line_of(self, line: bytes) -> bytes:
        """Return the request that ends with a line as a line; an empty one where none does."""
        started = _STARTED.search(line)
        if started is not None:
            before = line[: started.start()]
            method, path, at = (each.decode("utf-8", "replace") for each in started.groups())
            lost = self._open.pop(_whose(before), None)
            self._open[_whose(before)] = {"timestamp": _finer(at, before), "method": method, "path": path}
            if len(self._open) > _OPEN:
                self._open.pop(next(iter(self._open)))
            return b"\n" if lost is None else msgspec.json.encode(lost) + b"\n"
        completed = _COMPLETED.search(line)
        if completed is not None:
            status, took = completed[1].decode() or "0", completed[2].decode()
            return self._ended(line[: completed.start()], {"status": status, "duration_ms": took})
        lost_way = _NO_ROUTE.search(line)
        return b"\n" if lost_way is None else self._ended(line[: lost_way.start()], {"status": "404"})

    def _ended(self, before: bytes, how: dict[str, str]) -> bytes:
        request = self._open.pop(_whose(before), None)
        return b"\n" if request is None else msgspec.json.encode(request | how) + b"\n"


def _whose(before: bytes) -> bytes:
    """The tags that end what stands before a line's words, or else the process in it."""
    tags = _TAGS.search(before.rstrip() + b" " if before.rstrip().endswith(b"]") else b"")
    if tags is not None:
        return tags[1]
    process = _PROCESS.search(before)
    return process[0] if process else b""


def _finer(at: str, before: bytes) -> str:
    """A time with the fraction that the logger put before the line, if that is of the same second."""
    found = _FINER.search(before)
    if found is None or found[1][:2] != at[17:19].encode():
        return at
    return f"{at[:17]}{found[1].decode()}{at[19:]}"
