"""The lines of a run record. Field names are the file's keys; absent ones are left out."""

from __future__ import annotations

import msgspec

FORMAT = 1
"""The record's version; raised when a reader of older records would misread newer ones."""


class Header(msgspec.Struct, tag="header", kw_only=True):
    """The first line: what ran, against what, with which settings."""

    cbtool: str
    format: int = FORMAT
    command: str
    target: str
    started: str
    epoch: float
    clock: str = "monotonic"
    seed: int
    instances: int
    shadow: bool
    timeout: float
    profile: dict[str, object]
    outcomes: dict[str, list[str]]


class CallLine(msgspec.Struct, tag="call", omit_defaults=True):
    """One call. `t` is when it was due, in seconds since the start; `duration_ms` counts from the sending."""

    t: float
    lag_ms: float
    permitted: bool
    state: str
    instance: int
    method: str
    duration_ms: float | None = None
    status: int | None = None
    error: str | None = None
    outcome: str | None = None
    path: str | None = None
    redirected: bool | None = None


class TransitionLine(msgspec.Struct, tag="transition", rename={"source": "from", "target": "to"}):
    """One change of state."""

    t: float
    instance: int
    source: str
    target: str
    reason: str
    calls: int
    failures: int
    slow: int
    detail: str


class End(msgspec.Struct, tag="end"):
    """The last line; a record without it was cut short by a kill."""

    t: float
    interrupted: bool
    calls: int
    dropped: int
    lost: int = 0
    """Call lines that were left out because the disk could not follow."""


Line = Header | CallLine | TransitionLine | End
