"""Gatling's binary simulation.log (from 3.13) as the lines that older versions wrote.

Records follow a byte that says their kind; numbers are big-endian. A string is its length in bytes, the
bytes, and a byte that is 0 for Latin-1 and 1 for UTF-16 of the machine that wrote it; of names and messages
only the first of each is written out, behind a positive number, and later ones are that number negated.
Times are milliseconds since the run's start. Source: Gatling's LogFileDataWriter and LogFileReader, which
did not change from 3.13.0 to 3.15.1.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGINS = re.compile(rb"\0\0\0\0[\x03-\x20]\d+\.\d+")
"""What such a file begins with: a run record, and in it the version."""

_RUN, _REQUEST, _USER, _GROUP, _ERROR = range(5)
_AFTER_GROUPS = 13  # bytes of a group's record behind the names of its groups
_LONGEST = 1 << 20  # bytes of a string or a number of strings; more is damage
_PIECE = 1 << 16  # characters of lines at a time
_INT, _LONG, _TIMES = struct.Struct(">i"), struct.Struct(">q"), struct.Struct(">iib")


class _DamagedError(Exception):
    """What stands there is no record."""


class _Source:
    """Bytes as they are asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._data = b""
        self._at = 0

    def take(self, length: int) -> bytes:
        """Return so many bytes; `EOFError` where the file ends before."""
        if not 0 <= length <= _LONGEST:
            raise _DamagedError
        end = self._at + length
        while end > len(self._data):
            piece = next(self._pieces, b"")
            if not piece:
                raise EOFError
            self._data, self._at, end = self._data[self._at :] + piece, 0, length
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def whole(self) -> int:
        number: int = _INT.unpack(self.take(4))[0]
        return number

    def text(self) -> str:
        length = self.whole()
        if not length:
            return ""
        value = self.take(length)
        # Only Latin-1 is the same on every machine; the others are nearly all little-endian.
        found = value.decode("utf-16-le", "replace") if self.take(1)[0] else value.decode("latin-1")
        return re.sub(r"[\t\r\n]", " ", found)


class _Texts:
    """The names and messages that were written out once."""

    def __init__(self, source: _Source) -> None:
        self._source = source
        self._known: dict[int, str] = {}

    def next(self) -> str:
        number = self._source.whole()
        if number >= 0:
            self._known[number] = self._source.text()
        found = self._known.get(abs(number))
        if found is None:
            raise _DamagedError
        return found


def gatling_lines(pieces: Iterator[bytes], _name: str) -> Iterator[bytes]:
    """Yield a line for each record but those of users; at damage, a last line that is none."""
    source = _Source(pieces)
    lines, length, some = list[str](), 0, False
    try:
        for line in _lines(source):
            some = True
            lines.append(line)
            length += len(line)
            if length > _PIECE:
                yield "".join(lines).encode()
                lines, length = [], 0
    except (EOFError, _DamagedError) as ended:
        # It is still being written, or was cut off, unless there is nothing yet.
        if isinstance(ended, _DamagedError) or not some:
            lines.append("damaged\n")
    yield "".join(lines).encode()


def _lines(source: _Source) -> Iterator[str]:
    source.take(1)
    version, simulation = source.text(), source.text()
    begun: int = _LONG.unpack(source.take(8))[0]
    yield f"RUN\t{simulation}\t\t{begun}\t{source.text()}\t{version}\n"
    for _scenario in range(_several(source)):
        source.text()
    for _assertion in range(_several(source)):
        source.take(source.whole())
    texts = _Texts(source)
    while True:
        kind = source.take(1)[0]
        if kind == _REQUEST:
            groups = ",".join([texts.next() for _ in range(_several(source))])
            name = texts.next()
            start, end, passed = _TIMES.unpack(source.take(9))
            verdict = "OK" if passed else "KO"
            yield f"REQUEST\t{groups}\t{name}\t{begun + start}\t{begun + end}\t{verdict}\t{texts.next()}\n"
        elif kind == _USER:
            source.take(9)
        elif kind == _GROUP:
            groups = ",".join([texts.next() for _ in range(_several(source))])
            source.take(_AFTER_GROUPS)
            yield f"GROUP\t{groups}\n"
        elif kind == _ERROR:
            message = texts.next()
            yield f"ERROR\t{message}\t{begun + source.whole()}\n"
        else:
            raise _DamagedError


def _several(source: _Source) -> int:
    number = source.whole()
    if not 0 <= number <= _LONGEST:
        raise _DamagedError
    return number
