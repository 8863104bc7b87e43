"""Files that people write by hand, read whole: configuration, lists of incidents."""

from __future__ import annotations

import sys
from pathlib import Path

from cbtool.errors import ConfigurationError, UnreachableError

LARGEST = 1_000_000
"""Bytes; what is larger was named by mistake."""


def read_small(name: str | Path, what: str, *, standard_input: bool = False) -> bytes:
    """Return a file's content.

    Args:
        name: the file.
        what: it should be, in words.
        standard_input: whether that is read instead, under this name.

    Raises:
        UnreachableError: it cannot be read.
        ConfigurationError: it is too large.
    """
    try:
        if standard_input:
            raw = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                raw = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        raise UnreachableError.unreadable(name, error) from None
    if len(raw) > LARGEST:
        raise ConfigurationError(f"{name}: over 1 MB, so not {what}")
    return raw
