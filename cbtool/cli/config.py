"""`cbtool config`: which values the options have, and where each comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from cbtool.cli.app import CONTEXT, command_app, command_named
from cbtool.cli.commands import COMMANDS
from cbtool.cli.options.shared import JsonOption  # noqa: TC001  # Typer reads it when the command is built
from cbtool.cli.output import print_json, print_text
from cbtool.cli.settings import Settings
from cbtool.toml.tables import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

app = command_app()
_GIVEN_UP = {"help", "install_completion", "show_completion"}
_DEFAULT = "default"


@app.callback()
def _config() -> None:
    """Show which values the options have, and where each comes from.

    \b
    Examples:
      cbtool config show
      cbtool config show simulate
    """


class _Value(NamedTuple):
    """An option's value, and where it comes from."""

    command: str
    option: str
    value: Any
    origin: str


@app.command(context_settings={**CONTEXT, "ignore_unknown_options": True, "allow_extra_args": True})
def show(
    context: typer.Context,
    command: Annotated[
        str | None,
        typer.Argument(metavar="[COMMAND [OPTIONS]]", help="All options of this one; else what is set."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Print options with their values, and whether a flag, the environment or a file set them.

    With a command, all its options, under the flags that follow it. Without,
    what the environment and the settings file set, of any command.

    \b
    Examples:
      cbtool config show
      cbtool config show simulate
      cbtool config show simulate --instances 8
    """
    if command is not None and command not in COMMANDS:
        raise typer.BadParameter(f"no command {command!r}{did_you_mean(command, COMMANDS)}")
    settings = context.obj if isinstance(context.obj, Settings) else Settings()
    names = COMMANDS if command is None else [command]
    values = [
        each
        for name in names
        for leaf, found in _leaves(name, command_named(name))
        for each in _values(leaf, found, context.args, settings)
        if command is not None or each.origin != _DEFAULT
    ]
    if json:
        print_json({"options": [{**each._asdict(), "value": _plain(each.value)} for each in values]})
    else:
        print_text(_text(values))


def _leaves(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Give a command, or the commands of a group, with a dot before a subcommand's name as in the file."""
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
        return
    for key, each in below.items():
        yield from _leaves(f"{name}.{key}", each)


def _values(name: str, command: Any, arguments: list[str], settings: Settings) -> list[_Value]:
    """Return what a command's options come to."""
    named = [(flag, each) for each in command.params for flag in each.opts[:1] if each.name not in _GIVEN_UP]
    options = {
        flag.removeprefix("--"): each.name
        for each in command.params
        for flag in each.opts
        if flag[:2] == "--"
    }
    given = {"help": False} | settings.for_command(name, options)
    context = command.make_context(name, list(arguments), default_map=given, resilient_parsing=True)
    return [
        _Value(
            name,
            flag,
            context.params.get(each.name),
            _origin(context, each, settings.place_of(name, flag.removeprefix("--"))),
        )
        for flag, each in named
        if flag.startswith("--")
    ]


def _origin(context: Any, parameter: Any, place: str | None) -> str:
    source = context.get_parameter_source(parameter.name)
    match source.name if source is not None else "DEFAULT":
        case "COMMANDLINE":
            return "flag"
        case "ENVIRONMENT":
            return str(parameter.envvar)
        case "DEFAULT_MAP":
            return place or "file"
        case _:
            return _DEFAULT


def _text(values: list[_Value]) -> str:
    from cbtool.report.text import table

    if not values:
        return "no option is set by the environment or a settings file"
    rows = [(each.command, each.option, _shown(each.value), each.origin) for each in values]
    return table(("command", "option", "value", "from"), rows)


def _shown(value: Any) -> str:
    value = _plain(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
