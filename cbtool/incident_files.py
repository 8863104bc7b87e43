"""Incidents that users know of: `START/END[:KIND]` on the command line, or a file of them.

A file is TOML (`[[incident]]` with `start`, `end` and, if known, `kind`), CSV (`start,end[,kind]`, with or
without a header), or has one `START/END[:KIND]` a line. Blank lines and those that begin with # are skipped.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from cbtool.errors import ConfigurationError
from cbtool.moments import parse_moment
from cbtool.small_files import read_small
from cbtool.toml.tables import Table, read_source
from cbtool.traffic.labels import Label

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_KIND = re.compile(r":([A-Za-z][A-Za-z_-]*)$")
_NONE = "none"
_WANTED = (
    "write START/END, such as 2026-11-24T10:00/2026-11-24T10:20 or +10m/+12m, with :outage after it or not"
)


def parse_labels(texts: Sequence[str]) -> tuple[Label, ...] | None:
    """Return the incidents in texts as `--incident` takes them: `none` says that there was none.

    None where nothing is said.

    Raises:
        ConfigurationError: one is none, or `none` stands beside another.
    """
    words = [text.strip().lower() for text in texts]
    if _NONE in words:
        if len(words) > 1:
            raise ConfigurationError("--incident none says that there was none, and yet others are named")
        return ()
    return tuple(parse_label(text) for text in texts) or None


def parse_label(text: str, origin: str = "--incident") -> Label:
    """Return the incident in `START/END[:KIND]`.

    Raises:
        ConfigurationError: it is none.
    """
    kind = _KIND.search(text.strip())
    body = text.strip() if kind is None else text.strip()[: kind.start()]
    return _label(body.split("/"), kind.group(1) if kind else "", origin, text)


def read_labels(path: Path) -> tuple[Label, ...]:
    """Return the incidents in a file.

    Raises:
        ConfigurationError: a line is none, with file and line; or there is no incident in it.
        UnreachableError: the file cannot be read.
    """
    labels = _from_toml(path) if path.suffix == ".toml" else _from_lines(path)
    if not labels:
        raise ConfigurationError(f"{path}: no incident in it; {_WANTED}, one a line")
    return labels


def _from_toml(path: Path) -> tuple[Label, ...]:
    source = read_source(path)
    top = Table(source, source.data)
    labels = []
    for table in top.tables("incident"):
        start, end = (_written(table.value(key)) for key in ("start", "end"))
        kind = table.text("kind") or ""
        table.finish()
        if start is None or end is None:
            raise table.error("", "an incident needs start and end")
        origin = str(table.error("", "")).removesuffix(": ")
        labels.append(_label([start, end], kind, origin, f"{start}/{end}"))
    top.finish()
    return tuple(labels)


def _written(value: Any) -> str | None:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return None if value is None else str(value)


def _from_lines(path: Path) -> tuple[Label, ...]:
    labels = []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        words = [word.strip().strip('"') for word in line.split(",")]
        if not line.strip() or line.lstrip().startswith("#") or words[:2] == ["start", "end"]:
            continue
        origin = f"{path}:{number}"
        if len(words) == 1:
            labels.append(parse_label(line, origin))
        else:
            labels.append(_label(words[:2], ",".join(words[2:]), origin, line))
    return tuple(labels)


def _text(path: Path) -> str:
    return read_small(path, "a list of incidents").decode("utf-8-sig", "replace")


def _label(ends: Sequence[str], kind: str, origin: str, text: str) -> Label:
    if len(ends) != 2:
        raise ConfigurationError(f"{origin}: {text.strip()[:60]!r} is no incident; {_WANTED}")
    try:
        return Label(parse_moment(ends[0]), parse_moment(ends[1]), kind, origin)
    except ConfigurationError as error:
        raise ConfigurationError(f"{origin}: {error}") from None
