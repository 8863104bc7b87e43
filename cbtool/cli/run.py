"""Run one command line: global flags, settings file, the command, and errors as one or two lines."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import typer

from cbtool.cli.app import LazyGroup, app
from cbtool.cli.commands import COMMANDS
from cbtool.cli.exit_status import ExitStatus, exit_status_of
from cbtool.cli.settings import load_settings
from cbtool.errors import CbtoolError, InsufficientDataError

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
        _say(f"cbtool: {error}")
        if isinstance(error, InsufficientDataError):
            for need in error.needs:
                _say(f"  needs: {need}")
        return exit_status_of(error)
    except KeyboardInterrupt:
        _say("cbtool: interrupted")
        return ExitStatus.INTERRUPTED


def _invoke(arguments: list[str]) -> int:
    config = _take_value(arguments, "--config") or os.environ.get("CBTOOL_CONFIG")
    settings = load_settings(Path(config) if config else None, Path.cwd())
    group = typer.main.get_command(app)
    assert isinstance(group, LazyGroup)  # noqa: S101  # app names it as its class
    defaults: dict[str, Any] = {}
    name = arguments[0] if arguments else ""
    if name in COMMANDS:
        command = group.get_command(None, name)
        defaults[name] = settings.for_command(name, {parameter.name for parameter in command.params})
    try:
        result = group.main(arguments, prog_name="cbtool", standalone_mode=False, default_map=defaults)
    except typer.Exit as stop:
        return stop.exit_code
    except typer.Abort:
        return ExitStatus.INTERRUPTED
    except _ClickException as error:
        return _usage_error(error)
    return result if isinstance(result, int) else ExitStatus.DONE


def _usage_error(error: Any) -> int:
    context = getattr(error, "ctx", None)
    message = error.format_message()
    if not message:  # a bare group prints its help
        return ExitStatus.USAGE
    _say(f"cbtool: {message}")
    if context is not None:
        _say(f"Try: {context.command_path} --help")
    return ExitStatus.USAGE


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
        raise typer.BadParameter(f"{flag} needs a file")
    value = arguments[place + 1]
    del arguments[place : place + 2]
    return value


def _say(text: str) -> None:
    """Print to standard error; control characters from data never reach the terminal."""
    clean = "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
    sys.stderr.write(clean + "\n")
