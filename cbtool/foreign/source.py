"""Reading the text of a foreign file, and naming the files of what was in it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cbtool.errors import ConfigurationError
from cbtool.small_files import read_small

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_text(file: str) -> str:
    """Return a file's text; `-` is standard input.

    Raises:
        UnreachableError: it cannot be read.
        ConfigurationError: it is too large, or no UTF-8.
    """
    raw = read_small(file, "a configuration file", standard_input=file == "-")
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
