"""Options' defaults from `cbtool.toml`, or from `[tool.cbtool]` in `pyproject.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.cli.commands import COMMANDS
from cbtool.errors import ConfigurationError
from cbtool.toml.tables import Source, Table, read_source

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


class Settings:
    """The settings file's tables, one a command; empty where there is no file."""

    def __init__(
        self, source: Source | None = None, tables: dict[str, Any] | None = None, prefix: tuple[str, ...] = ()
    ) -> None:
        self._source = source
        self._tables = tables or {}
        self._prefix = prefix

    def for_command(
        self, command: str, options: Mapping[str, str], below: Collection[str] = ()
    ) -> dict[str, Any]:
        """Return the values that the file gives a command's options, by parameter.

        Args:
            command: its name; a dot stands before a subcommand's (`profiles.list`).
            options: its options without their dashes in front, and the parameter of each.
            below: its subcommands, whose tables are read on their own.

        Raises:
            ConfigurationError: an option that the command does not have, with file and line.
        """
        table = self._table(command)
        if table is None or self._source is None:
            return {}
        known = {flag.replace("-", "_"): parameter for flag, parameter in options.items()}
        checked = Table(self._source, table, self._path(command))
        given = {key: parameter for key in table if (parameter := known.get(key.replace("-", "_")))}
        checked.expect({*given, *below}, [*options, *below])
        return {parameter: table[key] for key, parameter in given.items()}

    def place_of(self, command: str, option: str) -> str | None:
        """Return the file and line that set an option; None where the file does not."""
        for key in self._table(command) or ():
            if self._source is not None and key.replace("-", "_") == option.replace("-", "_"):
                return f"{self._source.name}:{self._source.line_of((*self._path(command), key))}"
        return None

    def _path(self, command: str) -> tuple[str, ...]:
        return (*self._prefix, *command.split("."))

    def _table(self, command: str) -> dict[str, Any] | None:
        """Return a command's table.

        Raises:
            ConfigurationError: it is not a table.
        """
        tables = self._tables
        for depth, name in enumerate(command.split("."), start=1):
            if name not in tables or self._source is None:
                return None
            tables = tables[name]
            if not isinstance(tables, dict):
                path = self._path(command)[: len(self._prefix) + depth]
                place = f"{self._source.name}:{self._source.line_of(path)}"
                raise ConfigurationError(f"{place}: {name} must be a table, [{'.'.join(path)}]")
        return tables


def load_settings(explicit: Path | None, folder: Path) -> Settings:
    """Return the settings of `explicit`, else of `folder`'s cbtool.toml, else of its pyproject.toml.

    Raises:
        UnreachableError: the explicit file cannot be read.
        ConfigurationError: a file is not TOML, or names an unknown command.
    """
    path = explicit or folder / "cbtool.toml"
    if explicit or path.is_file():
        if path.name == "pyproject.toml":
            return _from_pyproject(read_source(path))
        source = read_source(path)
        return _checked(source, source.data, ())
    pyproject = folder / "pyproject.toml"
    if pyproject.is_file():
        try:
            return _from_pyproject(read_source(pyproject))
        except ConfigurationError:
            if "[tool.cbtool" in pyproject.read_text(errors="replace"):
                raise
    return Settings()


def _from_pyproject(source: Source) -> Settings:
    tool = source.data.get("tool")
    tables = tool.get("cbtool") if isinstance(tool, dict) else None
    return _checked(source, tables, ("tool", "cbtool")) if isinstance(tables, dict) else Settings()


def _checked(source: Source, tables: dict[str, Any], prefix: tuple[str, ...]) -> Settings:
    Table(source, tables, prefix).expect(set(COMMANDS) & set(tables), list(COMMANDS))
    return Settings(source, tables, prefix)
