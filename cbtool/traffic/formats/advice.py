"""What to say of a file that no format fits: what was seen in it, and the option that would fit its lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cbtool.traffic.formats import first_rows, guessing
from cbtool.traffic.formats.fitted import fitted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SHOWN = 12  # columns
_LIKELY = 0.5  # of a column's values
_ID = re.compile(r"(?i)(?:id|account|number)s?$")
_OTHER = re.compile(
    r"(?i)byte|size|length|port|count|time|duration|latency|elapsed|ms$|(?:id|account|number)s?$"
)
_STATUS_NAME = re.compile(r"(?i)status|code|respon|result|^st$")
_TIME_NAME = re.compile(r"(?i)time|date|stamp|start|begin|(?:^|[._@])ts?$|at$")
_KINDS = {"objects": "JSON with", "rows": "rows with", "pairs": "pairs of"}


class _Found(NamedTuple):
    kind: str
    columns: dict[str, list[object]]

    def fits(self, name: str, kind: Callable[[object], bool]) -> bool:
        """Return whether most values of a column are of a kind."""
        values = self.columns[name]
        return sum(map(kind, values)) > _LIKELY * len(values)


def advice(lines: Sequence[str]) -> str | None:
    """Return what was seen in a file's first lines and what to do; None where that is nothing of a log."""
    table = _table(lines)
    if table is not None:
        return _of_columns(table)
    form = fitted([line for line in lines if line.strip()] or [""])
    seen = [name for name in ("time", "status") if name not in form.missing]
    if not seen:
        return None
    lacks = f", but no {form.missing[0]}" if form.missing else ""
    example = form.template.replace("'", "")
    if form.missing:
        variable = "time_local" if "time" in form.missing else "status"
        return (
            f"its lines have a {seen[0]}{lacks}: a log needs both; where they have it, say so with"
            f" --log-format, such as '{example}' with ${variable} in it"
        )
    return (
        f"its lines have a time and a status: say what else they have with --log-format, such as '{example}'"
    )


def _table(lines: Sequence[str]) -> _Found | None:
    for kind, read in first_rows.READERS.items():
        rows = read(lines)
        columns: dict[str, list[object]] = {}
        for row in rows:
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
        if len(columns) > 1 and len(rows) * 2 >= len(lines) - (kind == "rows"):
            return _Found(kind, columns)
    return None


def _of_columns(table: _Found) -> str:
    times = [name for name in table.columns if not _ID.search(name) and table.fits(name, guessing.is_time)]
    times.sort(key=lambda name: not _TIME_NAME.search(name))
    statuses = [
        name for name in table.columns if not _OTHER.search(name) and table.fits(name, _is_told_status)
    ]
    statuses = [name for name in statuses if _STATUS_NAME.search(name) or _repeats(table.columns[name])]
    statuses.sort(key=lambda name: not _STATUS_NAME.search(name))
    names = ", ".join(list(table.columns)[:_SHOWN]) + (", …" if len(table.columns) > _SHOWN else "")
    lacks = [what for what, found in (("time", times), ("status", statuses)) if not found]
    said = f" (none looks like a {' or a '.join(lacks)})" if lacks else ""
    time, status = times[0] if times else "COLUMN", statuses[0] if statuses else "COLUMN"
    example = f"--map timestamp={time},status={status} and duration_ms=COLUMN"
    return f"{_KINDS[table.kind]} {names}{said}: say what is what with {example}"


def _repeats(values: Sequence[object]) -> bool:
    """Whether there are few different ones, as there are of statuses."""
    return len(set(map(str, values))) <= max(_LIKELY * len(values), 1)


def _is_told_status(value: object) -> bool:
    return guessing.is_status(value) and str(value).startswith(tuple("12345"))
