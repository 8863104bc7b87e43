"""How lines come apart: delimited rows, JSON objects, what is apart; `patterns.py` has lines of another make.

Nothing here fails on a bad line: its parts are absent. There is no Python loop over lines.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cbtool.traffic.scanning.lines import LinesApart, Spans
from cbtool.traffic.scanning.objects import values_of
from cbtool.traffic.scanning.rows import split

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cbtool.traffic.formats.log_format import Parts
    from cbtool.traffic.scanning.lines import Lines

_DELIMITERS = (",", ";", "\t", "|")


@dataclass(frozen=True, slots=True)
class DelimitedRows:
    """Rows under a header, separated by commas, semicolons, tabs or bars.

    The parts are `columns`, absent where the header lacks them. Values may be quoted, but not span lines. A
    row with fewer values than the header is cut, and all of it is absent.

    Attributes:
        columns: the columns to take; others are left alone.
        required: groups of columns of which the header must name at least one each.
    """

    columns: tuple[str, ...]
    required: tuple[frozenset[str], ...]

    @property
    def header(self) -> bool:
        """The first line names the columns."""
        return True

    def opened_by(self, sample: Sequence[str]) -> Parts | None:
        """Return what finds the parts below this header; None if it lacks what is required."""
        for delimiter in _DELIMITERS:
            names = [name.strip().strip('"').strip().lower() for name in sample[0].split(delimiter)]
            if all(group.intersection(names) for group in self.required):
                return lambda lines: split(lines, delimiter, names, self.columns, quotes=True, exact=False)
        return None


@dataclass(frozen=True, slots=True)
class JsonLines:
    """One JSON object a line; the parts are the values of `keys`.

    Attributes:
        keys: the keys to take, `a.b` for `b` in the object `a`, `a..b` for one with a dot in its name; others
            are left alone, and what is not text is given as JSON text.
        header_keys: keys that a header line must have; empty: there is no header.
        constants: those keys of the header that every line gets as a part of that name.
        either: whether dots between keys may be dots within their names as well, as the first lines have it.
    """

    keys: tuple[str, ...]
    header_keys: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    either: bool = False

    @property
    def header(self) -> bool:
        """Whether the first line describes the others."""
        return bool(self.header_keys)

    def opened_by(self, sample: Sequence[str]) -> Parts | None:
        """Return the reader; None if there is no JSON object, or not the header that is wanted."""
        if not self.header_keys:
            if not any(line.lstrip().startswith("{") for line in sample):
                return None
            return self._spelled(sample) if self.either else self._taken
        if not sample[0].lstrip().startswith("{"):
            return None
        header = _object(sample[0])
        if not all(key in header for key in self.header_keys):
            return None
        constants = {key: str(header.get(key)).encode() for key in self.constants}
        return lambda lines: (
            {**self._taken(lines)}
            | {name: everywhere(value, len(lines)) for name, value in constants.items()}
        )

    def _taken(self, lines: Lines) -> Mapping[str, Spans]:
        return values_of(lines, self.keys)

    def _spelled(self, sample: Sequence[str]) -> Parts:
        """Return the reader of the keys as the first object spells each that has it."""
        dotted = [key for key in self.keys if "." in key]
        objects = [_object(line) for line in sample] if dotted else []
        spelled = {key: key for key in self.keys}
        for key in dotted:
            ways = (_way(found, key.split(".")) for found in objects)
            way = next(filter(None, ways), None)
            spelled[key] = ".".join(part.replace(".", "..") for part in way) if way else key
        keys = tuple(dict.fromkeys(spelled.values()))

        def taken(lines: Lines) -> Mapping[str, Spans]:
            found = values_of(lines, keys)
            return {key: found[way] for key, way in spelled.items()}

        return taken


@dataclass(frozen=True, slots=True)
class ReadyParts:
    """Lines that came apart when they were found, below a header that tells so.

    Attributes:
        header_key: a key that the header must have.
    """

    header_key: str

    @property
    def header(self) -> bool:
        """There is one."""
        return True

    def opened_by(self, sample: Sequence[str]) -> Parts | None:
        """Return what gives the parts that there are; None if there is no such header."""
        return _ready if self.header_key in _object(sample[0]) else None


def _ready(lines: Lines) -> Mapping[str, Spans]:
    return lines.parts if isinstance(lines, LinesApart) else {}


def everywhere(value: bytes, length: int) -> Spans:
    """Return a part that is the same on all of n lines."""
    return Spans(
        np.frombuffer(value or b"\0", np.uint8),
        np.zeros(length, np.int32),
        np.full(length, len(value), np.int32),
    )


def _way(inside: dict[str, Any], parts: Sequence[str]) -> list[str] | None:
    """The names that lead to a value, of which one may have dots in it; None if there is none."""
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        if name in inside:
            if count == len(parts):
                return [name]
            value = inside[name]
            rest = _way(value, parts[count:]) if isinstance(value, dict) else None
            if rest:
                return [name, *rest]
    return None


def _object(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
