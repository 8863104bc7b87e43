"""vegeta's results as `vegeta attack` writes them, a gob stream, as the lines of `vegeta encode`."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.logs import gob

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGINS = re.compile(rb".{2,6}\x03\x01[\x01\x02]\x06Result\x01", re.DOTALL)
"""What such a file begins with: the definition of a struct named Result."""

_SINCE_YEAR_1 = 62_135_596_800  # seconds until 1970
_TIME = struct.Struct(">xqi")  # of Go's time.Time, of which the zone follows
_PIECE = 1 << 16


def vegeta_lines(pieces: Iterator[bytes], _name: str) -> Iterator[bytes]:
    """Yield a line a result; at damage, a last one that is none."""
    lines = bytearray()
    try:
        for result in gob.values(pieces):
            lines += msgspec.json.encode(_line(result)) + b"\n"
            if len(lines) > _PIECE:
                yield bytes(lines)
                lines.clear()
    except gob.DamagedError:
        lines += b'{"damaged": 1}\n'
    yield bytes(lines)


def _line(result: dict[str, Any]) -> dict[str, Any]:
    return {
        "attack": result.get("Attack", ""),
        "seq": result.get("Seq", 0),
        "code": result.get("Code", 0),
        "timestamp": _unix_seconds(result.get("Timestamp", b"")),
        "latency": result.get("Latency", 0),
        "error": result.get("Error", ""),
        "method": result.get("Method", ""),
        "url": result.get("URL", ""),
    }


def _unix_seconds(time: bytes) -> str | None:
    """Unix seconds of Go's time, None if it is none."""
    if len(time) < _TIME.size:
        return None
    seconds, nanoseconds = _TIME.unpack(time[: _TIME.size])
    return f"{seconds - _SINCE_YEAR_1}.{nanoseconds:09d}"
