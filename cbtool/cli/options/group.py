"""Options that several commands share: declared once, in a dataclass that a command takes as one argument."""

from __future__ import annotations

import functools
import inspect
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self, get_type_hints

from cbtool.cli.again import Given

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class OptionGroup:
    """Options, each a field with its Typer annotation and its default."""

    @contextmanager
    def opened(self) -> Iterator[Self]:
        """Hold what the options name, for as long as the command runs."""
        yield self


def grouped(command: Callable[..., Any]) -> Callable[..., Any]:
    """Let a command take option groups: in its signature they stand for their options.

    Typer sees the options, in their group's place. The command gets the groups, filled and opened. One that
    takes a `Given` is told what it was given, in words.
    """
    hints = get_type_hints(command, include_extras=True)
    own = inspect.signature(command).parameters.values()
    groups = {each.name: hints[each.name] for each in own if _is_group(hints[each.name])}
    told = [each.name for each in own if hints[each.name] is Given]
    parameters = [
        option
        for each in own
        if each.name not in told
        for option in (
            _options_of(groups[each.name])
            if each.name in groups
            else [each.replace(annotation=hints[each.name])]
        )
    ]

    @functools.wraps(command)
    def spread(**given: Any) -> Any:
        words = {name: Given(parameters, given) for name in told}
        with ExitStack() as stack:
            filled = {
                name: stack.enter_context(_filled(group, given).opened()) for name, group in groups.items()
            }
            return command(**given, **filled, **words)

    spread.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    spread.__annotations__ = {each.name: each.annotation for each in parameters}
    return spread


def _is_group(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, OptionGroup)


def _options_of(group: type[OptionGroup]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            each.name, inspect.Parameter.KEYWORD_ONLY, default=each.default, annotation=hints[each.name]
        )
        for each in fields(group)
    ]


def _filled(group: type[OptionGroup], given: dict[str, Any]) -> OptionGroup:
    """Take a group's values out of those that were given."""
    return group(**{each.name: given.pop(each.name) for each in fields(group)})
