"""Reading the text of a foreign file, and naming the files of what was in it."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from cbtool.errors import ConfigurationError, UnreachableError
from cbtool.toml_tables import LARGEST_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_text(file: str) -> str:
    """Return a file's text; `-` is standard input.

    Raises:
        UnreachableError: it cannot be read.
        ConfigurationError: it is too large, or no UTF-8.
    """
    try:
        if file == "-":
            raw = sys.stdin.buffer.read(LARGEST_FILE + 1)
        else:
            with Path(file).open("rb") as stream:
                raw = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:  # a name with a NUL in it is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise UnreachableError(f"{file}: cannot be read: {reason}") from None
    if len(raw) > LARGEST_FILE:
        raise ConfigurationError(f"{file}: over 1 MB, so not a configuration file")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{file}:{line}: not UTF-8 text") from None


def file_names(names: Sequence[str]) -> list[str]:
    """Return a profile's file name for each breaker: no folders, no two alike."""
    taken: list[str] = []
    for name in names:
        stem = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "breaker"
        unique, count = f"{stem}.toml", 2
        while unique.lower() in map(str.lower, taken):
            unique, count = f"{stem}-{count}.toml", count + 1
        taken.append(unique)
    return taken
