"""Run one command line: global flags, settings file, the command, and errors as one or two lines."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from typing import Any

import typer

from cbtool.cli.app import LazyGroup, app
from cbtool.cli.commands import COMMANDS
from cbtool.cli.exit_status import ExitStatus, exit_status_of
from cbtool.cli.output import note
from cbtool.cli.settings import Settings, load_settings
from cbtool.errors import CbtoolError, ConfigurationError, InsufficientDataError

# Typer exports only this leaf of Click's error tree; its grandparent is what every usage error is.
_ClickException: type[Exception] = typer.BadParameter.__mro__[2]


def run_command(arguments: list[str]) -> int:
    """Return the exit status of one command line."""
    debug = _take_flag(arguments, "--debug") or bool(os.environ.get("CBTOOL_DEBUG"))
    if _take_flag(arguments, "--no-color"):
        os.environ["NO_COLOR"] = "1"
    try:
        return _invoke(arguments)
    except CbtoolError as error:
        if debug:
            traceback.print_exc()
        note(f"cbtool: {error}")
        if isinstance(error, InsufficientDataError):
            for need in error.needs:
                note(f"  needs: {need}")
        return exit_status_of(error)
    except SystemExit as stop:
        # Click's own answer to a closed pipe is exit 1; `__main__` has a better one.
        if isinstance(stop.__context__, BrokenPipeError):
            raise BrokenPipeError from None
        raise
    except KeyboardInterrupt:
        note("cbtool: interrupted")
        return ExitStatus.INTERRUPTED


def complete() -> int:
    """Answer a shell that asks what may follow, and return the exit status."""
    try:
        typer.main.get_command(app).main([], prog_name="cbtool", standalone_mode=False)
    except typer.Exit as stop:
        return stop.exit_code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else ExitStatus.DONE
    return ExitStatus.DONE


def _invoke(arguments: list[str]) -> int:
    config = _take_value(arguments, "--config") or os.environ.get("CBTOOL_CONFIG")
    settings = load_settings(Path(config) if config else None, Path())
    group = typer.main.get_command(app)
    assert isinstance(group, LazyGroup)  # noqa: S101  # app names it as its class
    name = arguments[0] if arguments else ""
    defaults: dict[str, Any] = dict.fromkeys(("help", "install_completion", "show_completion"), False)
    if name in COMMANDS:
        defaults[name] = _defaults(settings, name, group.get_command(None, name))
    try:
        result = group.main(
            arguments, prog_name="cbtool", standalone_mode=False, default_map=defaults, obj=settings
        )
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        return ExitStatus.INTERRUPTED
    except _ClickException as error:
        return _usage_error(error, arguments, settings)
    return result if isinstance(result, int) else ExitStatus.DONE


def _defaults(settings: Settings, name: str, command: Any) -> dict[str, Any]:
    """Return a command's defaults from the settings file, with those of its subcommands below.

    Typer loads pydantic, 0.3 s, to find that nobody asked for help, unless the flag has a default.
    """
    options = {flag.removeprefix("--"): p.name for p in command.params for flag in p.opts if flag[:2] == "--"}
    below = getattr(command, "commands", {})
    given = settings.for_command(name, options, below)
    return {"help": False} | given | {key: _defaults(settings, f"{name}.{key}", below[key]) for key in below}


def _usage_error(error: Any, arguments: list[str], settings: Settings) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if not message:  # a bare group prints its help
        return ExitStatus.USAGE
    place = _place_in_file(error, arguments, settings)
    note(f"cbtool: {place}{message}")
    if context is not None:
        note(f"Try: {context.command_path} --help")
    return ExitStatus.USAGE


def _place_in_file(error: Any, arguments: list[str], settings: Settings) -> str:
    """Return the line of the settings file that a wrong value comes from; empty for one from elsewhere."""
    flags = getattr(getattr(error, "param", None), "opts", None) or [getattr(error, "param_hint", None)]
    typed = {argument.split("=")[0] for argument in arguments}
    for flag in flags:
        if not isinstance(flag, str) or not flag.startswith("--"):
            continue
        option = flag.removeprefix("--").replace("-", "_")
        place = settings.place_of(arguments[0], option) if arguments else None
        if place and not typed.intersection(flags) and f"CBTOOL_{option.upper()}" not in os.environ:
            return f"{place}: "
    return ""


def _take_flag(arguments: list[str], flag: str) -> bool:
    end = arguments.index("--") if "--" in arguments else len(arguments)
    found = flag in arguments[:end]
    if found:
        arguments.remove(flag)
    return found


def _take_value(arguments: list[str], flag: str) -> str | None:
    if flag not in arguments:
        return None
    place = arguments.index(flag)
    if place + 1 == len(arguments):
        raise ConfigurationError(f"{flag} needs a file")
    value = arguments[place + 1]
    del arguments[place : place + 2]
    return value
