"""Options' defaults from `cbtool.toml`, or from `[tool.cbtool]` in `pyproject.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cbtool.cli.commands import COMMANDS
from cbtool.errors import ConfigurationError
from cbtool.toml_tables import Source, Table, read_source

if TYPE_CHECKING:
    from pathlib import Path


class Settings:
    """The settings file's tables, one a command; empty where there is no file."""

    def __init__(
        self, source: Source | None = None, tables: dict[str, Any] | None = None, prefix: str = ""
    ) -> None:
        self._source = source
        self._tables = tables or {}
        self._prefix = prefix

    def for_command(self, command: str, known: set[str]) -> dict[str, Any]:
        """Return the command's options with dashes as underscores.

        Raises:
            ConfigurationError: an option that the command does not have, with file and line.
        """
        if self._source is None or command not in self._tables:
            return {}
        header = f"{self._prefix}{command}"
        options = self._tables[command]
        if not isinstance(options, dict):
            raise ConfigurationError(f"{self._source.name}: {command} must be a table, [{header}]")
        named = {key.replace("-", "_"): value for key, value in options.items()}
        table = Table(self._source, options, tuple(header.split(".")))
        table.expect({key for key in options if key.replace("-", "_") in known}, sorted(known))
        return named


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
        return _checked(source, source.data, "")
    pyproject = folder / "pyproject.toml"
    if pyproject.is_file():
        try:
            return _from_pyproject(read_source(pyproject))
        except ConfigurationError:
            if "[tool.cbtool" in pyproject.read_text(errors="replace"):
                raise
    return Settings()


def _from_pyproject(source: Source) -> Settings:
    tables = source.data.get("tool", {}).get("cbtool")
    return Settings() if tables is None else _checked(source, tables, "tool.cbtool.")


def _checked(source: Source, tables: dict[str, Any], prefix: str) -> Settings:
    Table(source, tables, tuple(prefix.split(".")[:-1])).expect(set(COMMANDS) & set(tables), list(COMMANDS))
    return Settings(source, tables, prefix)
