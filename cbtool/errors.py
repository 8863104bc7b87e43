"""Every error that a user can act on, as one tree.

    CbtoolError
    ├── ConfigurationError        a setting, option, profile or scenario is wrong
    │   └── InvalidSettingError   one named field breaks one named rule
    ├── WrongFormatError          the file can be read, but is not what it was taken for
    ├── InsufficientDataError     the data cannot carry an answer; says what is missing
    ├── UnreachableError          a file or a target cannot be reached
    ├── GateFailedError           a --threshold or a verification check did not hold
    └── CallNotPermittedError     a breaker refused a call

The message says what is wrong, where, and what to do, in one or two lines.
`cbtool.cli.exit_status` maps each branch to an exit status; nothing else does.
"""

from __future__ import annotations

from typing import Self


class CbtoolError(Exception):
    """Base of every error that is reported without a traceback."""


class ConfigurationError(CbtoolError):
    """A setting, an option, a profile or a scenario is wrong."""


class InvalidSettingError(ConfigurationError):
    """One field breaks one rule.

    Args:
        field: the setting's name, as users write it.
        rule: what must hold, in words ("must be above 0 and at most 100").
        value: what was given.
    """

    def __init__(self, field: str, rule: str, value: object) -> None:
        super().__init__(f"{field} {rule} (got {value!r})")
        self.field = field
        self.rule = rule
        self.value = value


class WrongFormatError(CbtoolError):
    """The file can be read, but is not of the kind it was taken for."""


class InsufficientDataError(CbtoolError):
    """The data cannot carry an answer.

    Args:
        message: what was asked and why it is refused.
        needs: what is missing, one phrase each.
    """

    def __init__(self, message: str, needs: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.needs = needs


class UnreachableError(CbtoolError):
    """A file or a target cannot be reached."""

    @classmethod
    def unreadable(cls, name: object, error: OSError | ValueError) -> Self:
        """Return that a file cannot be read, and the system's reason."""
        return cls(f"{name}: cannot be read: {_reason(error)}")

    @classmethod
    def unwritable(cls, name: object, error: OSError) -> Self:
        """Return that a file cannot be written, and the system's reason."""
        return cls(f"{name}: cannot be written: {_reason(error)}")


class GateFailedError(CbtoolError):
    """A threshold or a verification check did not hold."""


class CallNotPermittedError(CbtoolError):
    """The breaker refused the call, because it is open or its trials are taken."""


def _reason(error: OSError | ValueError) -> object:
    return getattr(error, "strerror", None) or error
