"""The first lines of a file that nobody described, as rows: objects, rows below a header, pairs."""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DEEPEST = 4
_DELIMITERS = (",", ";", "\t", "|")
_PAIR = re.compile(r'([A-Za-z_@][\w.@-]*)=("(?:[^"\\]|\\.)*"|[^\s,;|"]*)')


def objects(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Return the JSON objects among lines, what is within another one under a dotted name."""
    found = []
    for line in lines:
        if line.lstrip().startswith("{"):
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                found.append(dict(_flat(value, "", _DEEPEST)))
    return found


def _flat(value: dict[str, Any], before: str, deepest: int) -> Iterable[tuple[str, Any]]:
    for key, inner in value.items():
        if "," in key or "=" in key:
            continue
        if isinstance(inner, dict) and deepest:
            yield from _flat(inner, f"{before}{key}.", deepest - 1)
        elif isinstance(inner, str | int | float | None) and not isinstance(inner, bool):
            yield f"{before}{key}", inner


def rows(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows below a header, if the first line is one."""
    delimiter = max(_DELIMITERS, key=lines[0].count)
    names = [name.strip().strip('"').strip() for name in lines[0].split(delimiter)]
    if len(names) < 2 or not all(re.fullmatch(r"[A-Za-z_@#][\w .()/%-]*", name) for name in names):
        return []
    try:
        rows = list(csv.reader(lines[1:], delimiter=delimiter, skipinitialspace=True))
    except csv.Error:
        return []
    return [dict(zip(names, map(str.strip, row), strict=False)) for row in rows]


def pairs(lines: Sequence[str]) -> list[dict[str, Any]]:
    """Return the `key=value` pairs of the lines that have several."""
    found = [
        {key: value.strip('"') for key, value in _PAIR.findall(line[:4096])}
        for line in lines
        if line.count("=") > 1 and not line.lstrip().startswith(("{", "["))
    ]
    return [row for row in found if len(row) > 1]


READERS = {"objects": objects, "rows": rows, "pairs": pairs}
"""By kind."""
