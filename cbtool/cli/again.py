"""What a command was given, in words to give it, or another command, again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, get_args

from typer.models import ArgumentInfo

if TYPE_CHECKING:
    import inspect
    from collections.abc import Collection, Mapping, Sequence

_WIDTH = 78  # characters, two of 80 being the report's indentation


class Given:
    """The arguments and options that differ from what the command would take without them.

    Args:
        parameters: the command's, each annotated with its Typer argument or option.
        values: what it was called with, by parameter.
    """

    def __init__(self, parameters: Sequence[inspect.Parameter], values: Mapping[str, Any]) -> None:
        self._given = [
            (each, values[each.name])
            for each in sorted(parameters, key=_is_option)
            if each.name in values and values[each.name] != each.default
        ]

    def words(self, *, but: Collection[str] = (), by: Collection[str] | None = None) -> list[str]:
        """Return the words, arguments first.

        Args:
            but: parameters to leave out.
            by: the parameters that are known to the command that the words are for; None: all.
        """
        return [
            word
            for parameter, value in self._given
            if parameter.name not in but and (by is None or parameter.name in by)
            for word in _words(parameter, value)
        ]


def _is_option(parameter: inspect.Parameter) -> bool:
    return not isinstance(get_args(parameter.annotation)[1], ArgumentInfo)


def _words(parameter: inspect.Parameter, value: Any) -> list[str]:
    from cbtool.logs.prometheus import shown

    # A server's password is for nobody's eyes, and its URL asks for one again.
    values = [shown(str(each)) for each in (value if isinstance(value, list) else [value])]
    if not _is_option(parameter):
        return values
    declared = get_args(parameter.annotation)[1]
    # In an annotation, Typer takes the first name for the default.
    names = (declared.default, *declared.param_decls)
    flag = next(name for name in names if str(name).startswith("--")).partition("/")[0]
    if isinstance(value, bool):
        return [flag]
    return [word for each in values for word in (flag, each)]


def wrapped(words: Sequence[str]) -> str:
    """Return a command as a shell takes it, over several lines where one would be too long."""
    parts: list[str] = []
    for word in words:
        if parts and parts[-1].startswith("--") and " " not in parts[-1] and not word.startswith("--"):
            parts[-1] += f" {shlex.quote(word)}"  # an option and its value stay together
        else:
            parts.append(shlex.quote(word))
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + 1 + len(part) > _WIDTH - len(" \\"):
            lines.append("   ")
        lines[-1] += f" {part}"
    return " \\\n".join(lines)
