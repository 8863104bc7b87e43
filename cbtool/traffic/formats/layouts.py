"""How lines come apart into text fields: quoted access logs, delimited rows, JSON objects.

Nothing here fails on a bad line: its fields are null. There is no Python loop over lines.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.exceptions import PolarsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.traffic.formats.log_format import Fields

_NOTHING = "{}"
_FEW = 128  # lines, among which a bad one is looked for
_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class QuotedLines:
    """The common and combined log formats, with whatever follows them.

    `host - user [time] "request" status bytes "referer" "agent" more` becomes the fields `head` (up to the
    request), `method` and `target` (the request's first two words), and `rest` (` status` and all behind it).
    Splitting at quotes is four times as fast as one regular expression with groups.
    """

    @property
    def header(self) -> bool:
        """These files have none."""
        return False

    def opened_by(self, sample: Sequence[str]) -> Fields | None:  # noqa: ARG002  # no line tells by itself
        """Return the splitter; it fits any file."""
        return _quoted


def _quoted(lines: pl.Series) -> pl.DataFrame:
    if lines.str.contains('\\"', literal=True).any():
        # Apache puts a backslash before quotes and backslashes; nginx writes \x22 and \x5c, which is easier.
        lines = lines.str.replace_all("\\\\", "\\x5c", literal=True)
        lines = lines.str.replace_all('\\"', "\\x22", literal=True)
    head, request, rest = lines.str.splitn('"', 3).struct.unnest()
    method, target, _version = request.str.splitn(" ", 3).struct.unnest()
    return pl.DataFrame({"head": head, "method": method, "target": target, "rest": rest})


@dataclass(frozen=True, slots=True)
class DelimitedRows:
    """Rows under a header, separated by commas, semicolons, tabs or bars.

    The fields are `columns`, null where the header lacks them, and `has_NAME` for those in `present`. Values
    may be quoted, but not span lines. A row with fewer values than the header is cut, and all null.

    Attributes:
        columns: the columns to take; others are left alone.
        required: groups of columns of which the header must name at least one each.
        present: columns of which the format wants to know whether the header has them.
    """

    columns: tuple[str, ...]
    required: tuple[frozenset[str], ...]
    present: tuple[str, ...] = ()

    @property
    def header(self) -> bool:
        """The first line names the columns."""
        return True

    def opened_by(self, sample: Sequence[str]) -> Fields | None:
        """Return the splitter for this header; None if it lacks what is required."""
        for delimiter in _DELIMITERS:
            names = [name.strip().strip('"').strip().lower() for name in sample[0].split(delimiter)]
            if all(group.intersection(names) for group in self.required):
                return lambda lines: self._taken(lines, delimiter, names)
        return None

    def _taken(self, lines: pl.Series, delimiter: str, names: list[str]) -> pl.DataFrame:
        values = _values(lines, delimiter)
        values = values.set(values.list.len() < len(names), None)
        taken = {
            name: values.list.get(names.index(name), null_on_oob=True)
            if name in names
            else pl.repeat(None, len(lines), dtype=pl.String, eager=True)
            for name in self.columns
        }
        return pl.DataFrame(taken).with_columns(
            pl.lit(name in names).alias(f"has_{name}") for name in self.present
        )


def _values(lines: pl.Series, delimiter: str) -> pl.Series:
    """Each line's values, a series of lists of strings."""
    if not lines.str.contains('"', literal=True).any():
        return lines.str.split(delimiter)
    # A delimiter at the end, so that every value is followed by one, also an empty last one.
    pattern = rf'(?:"(?:[^"]|"")*"|[^{delimiter}"]*)[{delimiter}]'
    quoted = (lines + delimiter).str.extract_all(pattern)
    frame = pl.DataFrame(quoted.alias("values")).select(
        pl.col("values").list.eval(
            pl.element()
            .str.strip_suffix(delimiter)
            .str.replace(r'^"(.*)"$', "$1")
            .str.replace_all('""', '"', literal=True)
        )
    )
    return frame["values"]


@dataclass(frozen=True, slots=True)
class JsonLines:
    """One JSON object a line; the fields are `keys` as text, and `has_NAME` for those in `present`.

    Attributes:
        keys: the keys to take, `a.b` for `b` in the object `a`; others are left alone, and what is not text
            is given as JSON text.
        present: keys of which the format wants to know whether a line names them.
        header_keys: keys that a header line must have; empty: there is no header.
        constants: those keys of the header that every line gets as a field of that name.
    """

    keys: tuple[str, ...]
    present: tuple[str, ...] = ()
    header_keys: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()

    @property
    def header(self) -> bool:
        """Whether the first line describes the others."""
        return bool(self.header_keys)

    def opened_by(self, sample: Sequence[str]) -> Fields | None:
        """Return the reader; None if the line is no JSON object, or not the header that is wanted."""
        if not sample[0].lstrip().startswith("{"):
            return None
        if not self.header_keys:
            return self._taken
        header = _object(sample[0])
        if not all(key in header for key in self.header_keys):
            return None
        constants = [pl.lit(str(header.get(key)), dtype=pl.String).alias(key) for key in self.constants]
        return lambda lines: self._taken(lines).with_columns(constants)

    def _taken(self, lines: pl.Series) -> pl.DataFrame:
        objects = lines.set(~lines.str.contains(r"\S"), None).fill_null(_NOTHING)
        fields = self._decoded(objects)
        if fields is None:  # one bad line fails them all
            parts = (objects.slice(at, _FEW) for at in range(0, len(objects), _FEW))
            fields = pl.concat([self._one_by_one(part) for part in parts])
        return fields.with_columns(
            lines.str.contains(f'"{key}"', literal=True).alias(f"has_{key}") for key in self.present
        )

    def _decoded(self, objects: pl.Series) -> pl.DataFrame | None:
        """Decode all lines at once; None if one is bad."""
        if not len(objects):
            return pl.DataFrame(schema=dict.fromkeys(self.keys, pl.String))
        try:
            fields = pl.read_ndjson(objects.str.join("\n").item().encode(), schema=_shape(self.keys))
        except PolarsError:
            return None
        return (
            fields.select(_within(key).alias(key) for key in self.keys)
            if len(fields) == len(objects)
            else None
        )

    def _one_by_one(self, objects: pl.Series) -> pl.DataFrame:
        """Take few lines apart each for itself, unless there is no need to."""
        fields = self._decoded(objects)
        if fields is not None:
            return fields
        line = pl.col("line")
        return pl.DataFrame(objects.alias("line")).select(
            line.str.json_path_match(_json_path(key)).alias(key) for key in self.keys
        )


def _shape(keys: tuple[str, ...]) -> dict[str, Any]:
    """The types in the objects, of which nothing but these keys is read."""
    inner: dict[str, list[str]] = {}
    for key in keys:
        outer, dot, rest = key.partition(".")
        own = inner.setdefault(outer, [])
        if dot:
            own.append(rest)
    return {name: pl.Struct(_shape(tuple(own))) if own else pl.String for name, own in inner.items()}


def _within(key: str) -> pl.Expr:
    outer, *within = key.split(".")
    value = pl.col(outer)
    for name in within:
        value = value.struct.field(name)
    return value


def _json_path(key: str) -> str:
    return "$" + "".join(f"['{part}']" for part in key.split("."))


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
