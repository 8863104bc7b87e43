"""How options are declared, and those that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cbtool.errors import CbtoolError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cbtool.metrics.thresholds import Threshold

Parsed = TypeVar("Parsed")


def option(*names: str, help: str, **settings: Any) -> Any:  # noqa: A002  # Typer's own word
    """Return a Typer option that `CBTOOL_<FLAG>` in the environment also sets."""
    flag = next(name for name in names if name.startswith("--")).split("/")[0]
    variable = "CBTOOL_" + flag.removeprefix("--").replace("-", "_").upper()
    return typer.Option(*names, help=help, envvar=variable, show_envvar=False, **settings)


def parsed(flag: str, parse: Callable[[str], Parsed], text: str) -> Parsed:
    """Return `parse(text)`, with an error that names the flag.

    Raises:
        typer.BadParameter: the text is not what the flag takes.
    """
    try:
        return parse(text)
    except CbtoolError as error:
        raise typer.BadParameter(str(error), param_hint=flag) from None


def parsed_thresholds(texts: Sequence[str] | None) -> list[Threshold]:
    """Return the gates that the user wrote."""
    from cbtool.metrics.thresholds import Threshold

    return [parsed("--threshold", Threshold.parse, text) for text in texts or ()]


ProfileOption = Annotated[
    str | None,
    option("--profile", "-p", help="Breaker profile: a TOML file or a shipped profile's name."),
]
JsonOption = Annotated[bool, option("--json", help="Print one JSON document on standard output.")]
SeedOption = Annotated[
    int | None,
    option("--seed", help="Seed of every random choice; default: the scenario's, else 0."),
]
ThresholdOption = Annotated[
    list[str] | None,
    option(
        "--threshold",
        help="Gate on the result, such as opens==0 or rejected<5%; repeatable; exit 1 if one fails.",
    ),
]
OutputOption = Annotated[Path | None, option("--output", "-o", help="Write the result to this file, too.")]
InstancesOption = Annotated[
    int,
    option(
        "--instances",
        min=1,
        max=1000,
        help="Split the traffic over this many breakers, as so many copies of a service would.",
    ),
]
TimeoutOption = Annotated[
    str,
    option("--timeout", help="When the caller gives a call up: how long a failing one holds a thread."),
]
BreakersOption = Annotated[
    int, option("--breakers", min=1, help="Dependencies that are down at once, each with its breaker.")
]
ThreadsOption = Annotated[int, option("--threads", min=1, help="Threads of a worker, which share them.")]
