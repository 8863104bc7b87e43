"""Strict reading of TOML: every mistake names the file, the line, the key and the remedy.

A `Table` wraps one parsed table together with its source text. Each getter takes a key once and checks its
type; `finish` then refuses the keys that nobody asked for, with the nearest right name.
"""

from __future__ import annotations

import difflib
import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import tomli

from cbtool.errors import ConfigurationError, InvalidSettingError
from cbtool.small_files import read_small
from cbtool.toml.lines import key_lines
from cbtool.units import parse_duration, parse_percent, parse_rate

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from enum import StrEnum
    from pathlib import Path

    from cbtool.toml.lines import KeyPath

    Choice = TypeVar("Choice", bound=StrEnum)

T = TypeVar("T")

_LARGEST_INTEGER = 2**63  # kernels count in 64 bits
_LONGEST_SHOWN = 60  # characters of a wrong value that a message repeats
_NEAREST_SHOWN = 5


class Source:
    """The text of a TOML file and where it came from, to find the line of a key.

    Args:
        text: the file's content.
        name: the file, as messages name it.

    Raises:
        ConfigurationError: the text is not TOML, with the line.
    """

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.text = text
        try:
            self.data: dict[str, Any] = tomli.loads(text)
        except tomli.TOMLDecodeError as error:
            place = f"{name}:{error.lineno}"
            raise ConfigurationError(f"{place}: not valid TOML: {error.msg} (column {error.colno})") from None
        except RecursionError:
            raise ConfigurationError(f"{name}: not a configuration: nested too deeply") from None
        except ValueError:  # Python refuses to read an integer of thousands of digits
            raise ConfigurationError(
                f"{name}: not a configuration: a number of thousands of digits"
            ) from None

    def line_of(self, path: KeyPath) -> int:
        """Return the line of a key; where the file lacks it, of the nearest table around it, else 1."""
        for length in range(len(path), 0, -1):
            line = self._lines.get(path[:length])
            if line is not None:
                return line
        return 1

    @cached_property
    def _lines(self) -> dict[KeyPath, int]:
        try:
            return key_lines(self.text)
        except RecursionError:  # nested just less deeply than the parser bears
            return {}


class Table:
    """One table, each of whose keys is taken once.

    Args:
        source: the file.
        data: the table's parsed content.
        path: its keys from the top level down; an index for an element of an array of tables.
    """

    def __init__(self, source: Source, data: Mapping[str, Any], path: KeyPath = ()) -> None:
        self._source = source
        self._data = data
        self._path = path
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def names(self) -> tuple[str, ...]:
        """Return every key, in the file's order."""
        return tuple(self._data)

    def error(self, key: str, message: str) -> ConfigurationError:
        """Return an error that points at `key`, which may be dotted; an empty one is the table itself."""
        return self._error_at(message, *(key.split(".") if key else ()))

    def located(self, error: InvalidSettingError) -> ConfigurationError:
        """Return a broken rule as an error that points at its field."""
        return self.error(error.field, str(error))

    def text(self, key: str) -> str | None:
        """Return a string, or None where the key is absent."""
        value: str | None = self._typed(key, str, "a string in quotes")
        return value

    def integer(self, key: str, wanted: str = "a whole number") -> int | None:
        """Return a whole number, or None where the key is absent; `wanted` says what in other words."""
        value: int | None = self._typed(key, int, wanted)
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
        return self._array(key, str, "an array of strings in quotes")

    def integers(self, key: str) -> tuple[int, ...] | None:
        """Return an array of whole numbers, or None where the key is absent."""
        return self._array(key, int, "an array of whole numbers")

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
        value = self.one_of(key, [member.value for member in kind])
        return None if value is None else kind(value)

    def one_of(self, key: str, names: Collection[str]) -> str | None:
        """Return one of `names`, or None where the key is absent."""
        value = self.text(key)
        if value is not None and value not in names:
            guess = did_you_mean(value, names, otherwise="")
            raise self.error(key, f"{key} must be one of {', '.join(names)} (got {_shown(value)}){guess}")
        return value

    def value(self, key: str) -> Any:
        """Return the value of a key as it stands, or None where the key is absent."""
        return self._typed(key, object, "a value")

    def table(self, key: str) -> Table | None:
        """Return a sub-table, or None where the key is absent."""
        value = self._typed(key, dict, "a table")
        return None if value is None else Table(self._source, value, (*self._path, key))

    def tables(self, key: str) -> list[Table]:
        """Return an array of tables; empty where the key is absent."""
        values = self._array(key, dict, f"an array of tables, [[{key}]]") or ()
        return [Table(self._source, value, (*self._path, key, index)) for index, value in enumerate(values)]

    def finish(self, elsewhere: Mapping[str, str] | None = None) -> None:
        """Refuse the keys that nobody asked for.

        Args:
            elsewhere: keys that people put into this table by mistake, and what to do with them.

        Raises:
            ConfigurationError: an unknown key, with its line and the nearest known one.
        """
        for key in self._data:
            if elsewhere and key in elsewhere and key not in self._asked:
                raise self._error_at(f"{key} {elsewhere[key]}", key)
        self.expect(self._asked, sorted(self._asked))

    def expect(self, allowed: set[str], known: Collection[str]) -> None:
        """Refuse every key that is not `allowed`, and offer the nearest of `known`.

        Raises:
            ConfigurationError: an unknown key, with its line.
        """
        for key in self._data:
            if key not in allowed:
                where = f" in {self._name}" if self._path else ""
                raise self._error_at(f"unknown key {_shown(key)}{where}{did_you_mean(key, known)}", key)

    @property
    def _name(self) -> str:
        """The table as people find it: `[breaker.health_check]`, `[[phase]] 3`."""
        if isinstance(self._path[-1], int):
            return f"[[{'.'.join(map(str, self._path[:-1]))}]] {self._path[-1] + 1}"
        return f"[{'.'.join(map(str, self._path))}]"

    def _error_at(self, message: str, *path: str | int) -> ConfigurationError:
        line = self._source.line_of((*self._path, *path))
        return ConfigurationError(f"{self._source.name}:{line}: {message}")

    def _typed(self, key: str, kind: type[T] | tuple[type, ...], wanted: str) -> Any:
        self._asked.add(key)
        if key not in self._data:
            return None
        value = self._data[key]
        if not _is(value, kind):
            raise self.error(key, f"{key} must be {wanted} (got {_shown(value)})")
        if isinstance(value, float) and not math.isfinite(value):
            raise self.error(key, f"{key} must be {wanted} (got {value})")
        if isinstance(value, int) and abs(value) >= _LARGEST_INTEGER:
            raise self.error(key, f"{key} must be {wanted} (got one of more than 64 bits)")
        return value

    def _array(self, key: str, kind: type[T], wanted: str) -> tuple[T, ...] | None:
        values = self._typed(key, list, wanted)
        if values is None:
            return None
        for index, value in enumerate(values):
            if not _is(value, kind):
                raise self._error_at(f"{key} must be {wanted} (got {_shown(value)} in it)", key, index)
        return tuple(values)

    def _quantity(self, key: str, parse: Callable[[str], float], wanted: str) -> float | None:
        value = self._typed(key, (str, int, float), wanted)
        if value is None:
            return None
        try:
            # A number is kept as it is, since text would round it; it is parsed only to be judged.
            quantity = parse(value if isinstance(value, str) else f"{value:.9f}")
        except ConfigurationError:
            raise self.error(key, f"{key} must be {wanted} (got {_shown(value)})") from None
        return quantity if isinstance(value, str) else float(value)


def read_source(path: Path) -> Source:
    """Return the parsed file.

    Raises:
        UnreachableError: it cannot be read.
        ConfigurationError: it is not TOML, with the line.
    """
    raw = read_small(path, "a configuration file")
    try:
        return Source(raw.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}:{line}: not valid TOML: not UTF-8 text") from None


def did_you_mean(word: str, known: Collection[str], *, otherwise: str = "; known: {}") -> str:
    """Return the end of a message about an unknown word: the nearest right one, else some to choose from.

    Args:
        word: what was written; other libraries' spellings (camelCase, dashes) are seen through.
        known: the right ones.
        otherwise: what to say where none is near, with `{}` for the likeliest few.
    """
    spelled = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).replace("-", "_").lower()
    names = sorted(known)
    close = difflib.get_close_matches(spelled, names, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {close[0]!r}?"
    likely = difflib.get_close_matches(spelled, names, n=_NEAREST_SHOWN, cutoff=0.0)
    more = ", …" if len(names) > len(likely) else ""
    return otherwise.format(", ".join(sorted(likely)) + more) if names else ""


def _is(value: object, kind: type | tuple[type, ...]) -> bool:
    """Return whether a value is of a kind; TOML's booleans are Python ints, so they count only as bool."""
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python refuses to write an integer of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that a file gives: those that are not None."""
    return {key: value for key, value in settings.items() if value is not None}
