"""Run records beyond their calls: what ran with which settings, and when its breakers changed state."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from cbtool.breaker import Reason, State, StateTransition
from cbtool.breaker.window import Snapshot
from cbtool.logs.streams import STDIN, opened
from cbtool.logs.tables import is_table, record_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER, _CALL = b'{"type":"header"', b'{"type":"call"'
_REFUSED = b'"permitted":false'
_CHANGE, _END = b'{"type":"transition"', b'{"type":"end"'


@dataclass(frozen=True)
class RunRecord:
    """What a record says beside its calls. Times are seconds from the run's start.

    Attributes:
        header: its first line: command, target, profile, outcomes, instances, shadow and the like.
        changes: which breaker, and its change of state, by time.
        arrived: calls that came to the breakers.
        refused: of these, not permitted.
        refused_failed: of those, the ones that are known to have failed; None where nobody knows.
        refused_healthy: the ones that are known to have succeeded.
        end: when the run ended; of a record that was cut short, its last change.
    """

    header: dict[str, Any]
    changes: tuple[tuple[int, StateTransition], ...]
    arrived: int
    refused: int
    refused_failed: int | None
    refused_healthy: int | None
    end: float


def read_record(source: str) -> RunRecord | None:
    """Return what a run record says beside its calls; None for standard input and for any other file.

    Raises:
        UnreachableError: the file cannot be read.
        WrongFormatError: it is damaged.
    """
    if source == STDIN or "://" in source:
        return None
    with opened(source) as stream:
        pieces = (piece for piece in stream.pieces() if isinstance(piece, bytes))
        lines = _split(record_rows(source) if is_table(source) else pieces)
        first = next(lines, b"")
        return _read(msgspec.json.decode(first), lines) if first.startswith(_HEADER) else None


def _split(pieces: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    yield rest


def _read(header: dict[str, Any], lines: Iterator[bytes]) -> RunRecord:
    changes: list[tuple[int, StateTransition]] = []
    refused: Counter[str | None] = Counter()
    arrived, end = 0, 0.0
    for line in lines:
        if line.startswith(_CALL):
            arrived += 1
            if _REFUSED in line:
                refused[_outcome(line)] += 1
        elif line.startswith(_CHANGE):
            found = _decoded(line)
            if found is not None:
                changes.append(_change(found))
        elif line.startswith(_END):
            end = (_decoded(line) or {}).get("t", end)
    known = bool(refused) and None not in refused
    return RunRecord(
        header=header,
        changes=tuple(changes),
        arrived=arrived,
        refused=refused.total(),
        refused_failed=refused["failure"] + refused["slow_failure"] if known or not refused else None,
        refused_healthy=refused["success"] + refused["slow_success"] if known or not refused else None,
        end=max([end, *(change.time for _, change in changes)]),
    )


def _outcome(line: bytes) -> str | None:
    outcome: str | None = (_decoded(line) or {}).get("outcome")
    return outcome


def _decoded(line: bytes) -> dict[str, Any] | None:
    """Return a line; None for the one in which a killed run's record ends."""
    try:
        found: dict[str, Any] = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    return found


def _change(line: dict[str, Any]) -> tuple[int, StateTransition]:
    counts = Snapshot(line["calls"], line["failures"], line["slow"], line["failures"])
    source, target = (State[line[key].upper()] for key in ("from", "to"))
    reason = Reason[line["reason"].upper()]
    return line["instance"], StateTransition(line["t"], source, target, reason, counts)
