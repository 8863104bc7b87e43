"""The command tree. A command's module is imported only when that command is asked for."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

from cbtool.cli.commands import COMMANDS, front_page

CONTEXT = {"help_option_names": ["-h", "--help"]}


class LazyGroup(TyperGroup):
    """A group that knows its commands' names, and imports a command when it is used."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002
        """Return the commands in the order of the front page."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """Import and return a command; None for an unknown one."""
        return command_named(cmd_name) if cmd_name in COMMANDS else None

    def get_help(self, ctx: Any) -> str:  # noqa: ARG002
        """Return the front page."""
        return front_page().rstrip()


def command_named(name: str) -> Any:
    """Import and return one of `COMMANDS`."""
    command = typer.main.get_command(importlib.import_module(f"cbtool.cli.{name}").app)
    command.name = name
    return command


app = typer.Typer(
    cls=LazyGroup,
    name="cbtool",
    context_settings=CONTEXT,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """The front page stands in `commands.py`."""


def command_app() -> typer.Typer:
    """Return the Typer application that a command's module hangs its function or functions on."""
    return typer.Typer(
        context_settings=CONTEXT, rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False
    )
