"""The one table from errors to exit status."""

from __future__ import annotations

from enum import IntEnum

from cbtool.errors import (
    CbtoolError,
    ConfigurationError,
    GateFailedError,
    InsufficientDataError,
    UnreachableError,
    WrongFormatError,
)


class ExitStatus(IntEnum):
    """What the shell sees; listed in `cbtool --help`."""

    DONE = 0
    GATE_FAILED = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    INTERRUPTED = 130


_STATUS_OF: tuple[tuple[type[CbtoolError], ExitStatus], ...] = (
    (GateFailedError, ExitStatus.GATE_FAILED),
    (ConfigurationError, ExitStatus.USAGE),
    (WrongFormatError, ExitStatus.USAGE),
    (InsufficientDataError, ExitStatus.REFUSED),
    (UnreachableError, ExitStatus.UNREACHABLE),
    (CbtoolError, ExitStatus.USAGE),
)


def exit_status_of(error: CbtoolError) -> ExitStatus:
    """Return the exit status that an error ends the process with."""
    return next(status for kind, status in _STATUS_OF if isinstance(error, kind))
