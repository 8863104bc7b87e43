"""The fault lab's access log: nginx's combined format with `$request_time` at the end of the line.

It is written as a gateway in front of the lab would write it, so that `recommend` and `simulate` read the
faults in it: 502 for a reset connection, 504 for a caller that left before the answer. A refused
connection never reached the lab, and is in no log.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TextIO

from cbtool.errors import UnreachableError

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp.web import BaseRequest

STATUS_OF_RESET = 502
STATUS_OF_ABANDONED = 504


class AccessLog:
    """A file that gets one line a request, and has it at once.

    Raises:
        UnreachableError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file: TextIO = path.open("a", buffering=1, encoding="utf-8")
        except OSError as error:
            raise UnreachableError.unwritable(path, error) from None
        self._second = 0
        self._stamp = ""

    def write(self, request: BaseRequest, status: int, size: int, seconds: float) -> None:
        """Write one line; the time in it is the request's end, as in nginx."""
        agent = _escaped(request.headers.get("User-Agent", "-"))
        line = f'"{request.method} {_escaped(request.raw_path)} HTTP/1.1" {status} {size} "-" "{agent}"'
        self._file.write(f"{request.remote or '-'} - - [{self._now()}] {line} {seconds:.3f}\n")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _now(self) -> str:
        second = int(time.time())
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(second))
        return self._stamp


def _escaped(text: str) -> str:
    """Return text as nginx escapes it: quotes, backslashes and control characters as hexadecimal bytes."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(
        c if c.isprintable() and c not in '"\\' else "".join(f"\\x{byte:02X}" for byte in _bytes(c))
        for c in text
    )


def _bytes(character: str) -> bytes:
    return character.encode("utf-8", "surrogateescape")
