"""Strict reading of TOML: every mistake names the file, the line, the key and the remedy.

A `Table` wraps one parsed table together with its source text. Each getter takes a key once and checks its
type; `finish` then refuses the keys that nobody asked for, with the nearest right name.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, TypeVar

import tomli

from cbtool.errors import ConfigurationError, InvalidSettingError, UnreachableError
from cbtool.units import parse_duration, parse_percent, parse_rate

if TYPE_CHECKING:
    from collections.abc import Callable
    from enum import StrEnum
    from pathlib import Path

    Choice = TypeVar("Choice", bound=StrEnum)

T = TypeVar("T")

LARGEST_FILE = 1_000_000  # bytes; a configuration is written by hand


class Source:
    """The text of a TOML file and where it came from, to find the line of a key."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self._lines = text.splitlines()
        try:
            self.data: dict[str, Any] = tomli.loads(text)
        except tomli.TOMLDecodeError as error:
            place = f"{name}:{error.lineno}"
            raise ConfigurationError(f"{place}: not valid TOML: {error.msg} (column {error.colno})") from None

    def line_of(self, header: str, key: str, occurrence: int = 0) -> int:
        """Return the line of `key` in the `occurrence`-th `[header]`, else of that header, else 1."""
        wanted = re.compile(rf"""\s*(?:{re.escape(key)}|"{re.escape(key)}"|'{re.escape(key)}')\s*[.=]""")
        section, seen, fallback = "", -1, 1
        if not header:
            seen = 0
        for number, line in enumerate(self._lines, start=1):
            match = re.match(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?", line)
            if match and "=" not in line.split("#")[0].split("[")[0]:
                section = match.group(1)
                seen += section == header
                if section == header and seen == occurrence:
                    fallback = number
                if section == f"{header}.{key}".lstrip(".") and seen == max(occurrence, 0):
                    return number
            elif section == header and seen == occurrence and wanted.match(line):
                return number
        return fallback


class Table:
    """One table, each of whose keys is taken once.

    Args:
        source: the file.
        data: the table's parsed content.
        header: its dotted name, empty for the top level.
        occurrence: which one, for an array of tables.
    """

    def __init__(self, source: Source, data: dict[str, Any], header: str = "", occurrence: int = 0) -> None:
        self._source = source
        self._data = data
        self._header = header
        self._occurrence = occurrence
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def error(self, key: str, message: str) -> ConfigurationError:
        """Return an error that points at `key`."""
        line = self._source.line_of(self._header, key, self._occurrence)
        return ConfigurationError(f"{self._source.name}:{line}: {message}")

    def located(self, error: InvalidSettingError) -> ConfigurationError:
        """Return a broken rule as an error that points at its field."""
        key = error.field.rpartition(".")[2]
        return self.error(key, str(error))

    def text(self, key: str) -> str | None:
        """Return a string, or None where the key is absent."""
        value: str | None = self._typed(key, str, "a string in quotes")
        return value

    def integer(self, key: str) -> int | None:
        """Return a whole number, or None where the key is absent."""
        value: int | None = self._typed(key, int, "a whole number")
        return value

    def number(self, key: str) -> float | None:
        """Return a number, or None where the key is absent."""
        value = self._typed(key, (int, float), "a number")
        return None if value is None else float(value)

    def boolean(self, key: str) -> bool | None:
        """Return a boolean, or None where the key is absent."""
        value: bool | None = self._typed(key, bool, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return an array of strings, or None where the key is absent."""
        values = self._typed(key, list, "an array")
        if values is None:
            return None
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, f"{key} must be an array of strings in quotes (got {values!r})")
        return tuple(values)

    def integers(self, key: str) -> tuple[int, ...] | None:
        """Return an array of whole numbers, or None where the key is absent."""
        values = self._typed(key, list, "an array")
        if values is None:
            return None
        if not all(type(value) is int for value in values):
            raise self.error(key, f"{key} must be an array of whole numbers (got {values!r})")
        return tuple(values)

    def duration(self, key: str) -> float | None:
        """Return seconds from `"30s"` or a bare number of seconds."""
        return self._quantity(key, parse_duration, 'a duration such as "30s"')

    def rate(self, key: str) -> float | None:
        """Return calls a second from `"50/s"` or a bare number."""
        return self._quantity(key, parse_rate, 'a rate such as "50/s"')

    def percent(self, key: str) -> float | None:
        """Return a percentage from a number or `"10%"`."""
        return self._quantity(key, parse_percent, "a percentage from 0 to 100")

    def choice(self, key: str, kind: type[Choice]) -> Choice | None:
        """Return a member of an enumeration of strings, or None where the key is absent."""
        value = self.text(key)
        if value is None:
            return None
        names = [member.value for member in kind]
        if value not in names:
            raise self.error(
                key, f"{key} must be one of {', '.join(names)} (got {value!r}){_nearest(value, names)}"
            )
        return kind(value)

    def table(self, key: str) -> Table | None:
        """Return a sub-table, or None where the key is absent."""
        value = self._typed(key, dict, "a table")
        header = f"{self._header}.{key}" if self._header else key
        return None if value is None else Table(self._source, value, header)

    def tables(self, key: str) -> list[Table]:
        """Return an array of tables; empty where the key is absent."""
        values = self._typed(key, list, f"an array of tables, [[{key}]]") or []
        if not all(isinstance(value, dict) for value in values):
            raise self.error(key, f"{key} must be an array of tables, [[{key}]]")
        header = f"{self._header}.{key}" if self._header else key
        return [Table(self._source, value, header, index) for index, value in enumerate(values)]

    def finish(self) -> None:
        """Refuse the keys that nobody asked for.

        Raises:
            ConfigurationError: an unknown key, with its line and the nearest known one.
        """
        self.expect(self._asked, sorted(self._asked))

    def expect(self, allowed: set[str], known: list[str]) -> None:
        """Refuse every key that is not `allowed`, and offer the nearest of `known`.

        Raises:
            ConfigurationError: an unknown key, with its line.
        """
        for key in self._data:
            if key not in allowed:
                where = f" in [{self._header}]" if self._header else ""
                raise self.error(key, f"unknown key {key!r}{where}{_nearest(key, known)}")

    def _typed(self, key: str, kind: type[T] | tuple[type, ...], wanted: str) -> Any:
        self._asked.add(key)
        if key not in self._data:
            return None
        value = self._data[key]
        # TOML's booleans are Python ints; only a boolean key may hold one.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(key, f"{key} must be {wanted} (got {value!r})")
        return value

    def _quantity(self, key: str, parse: Callable[[str], float], wanted: str) -> float | None:
        value = self._typed(key, (str, int, float), wanted)
        if value is None:
            return None
        try:
            return parse(value if isinstance(value, str) else f"{value:.9f}")
        except ConfigurationError:
            raise self.error(key, f"{key} must be {wanted} (got {value!r})") from None


def read_source(path: Path) -> Source:
    """Return the parsed file.

    Raises:
        UnreachableError: it cannot be read.
        ConfigurationError: it is not TOML, with the line.
    """
    try:
        raw = path.open("rb").read(LARGEST_FILE + 1)
    except OSError as error:
        raise UnreachableError(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(raw) > LARGEST_FILE:
        raise ConfigurationError(f"{path}: over 1 MB, so not a configuration file")
    try:
        return Source(raw.decode(), str(path))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: not valid TOML: not UTF-8 text") from None


def _nearest(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(known)}"
