"""What `recommend` may be asked for beside the budget: the options, and what is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cbtool.cli.guarding import say_unasked
from cbtool.cli.options import option
from cbtool.errors import ConfigurationError

if TYPE_CHECKING:
    from cbtool.profiles import Profile
    from cbtool.traffic.labels import Label

MOST_INSTANCES = 1000

SharedByOption = Annotated[
    str,
    option(
        "--instances",
        metavar="N|auto",
        help="Breakers that share the traffic, one in each copy of a service; auto: those the log names.",
    ),
]
IncidentOption = Annotated[
    list[str] | None,
    option(
        "--incident",
        metavar="START/END[:KIND]",
        help="An incident you know of, in ISO 8601, Unix seconds or +10m; no other is sought; repeatable.",
    ),
]
IncidentsOption = Annotated[
    Path | None,
    option("--incidents", metavar="FILE", help="The same from a file: TOML, CSV, or one START/END a line."),
]
CurrentOption = Annotated[
    str | None,
    option(
        "--current",
        help="Today's settings, a TOML file or a shipped profile: what they would have done is shown, too.",
    ),
]
ExplainOption = Annotated[
    bool, option("--explain", help="Derive every number, with its formula and the numbers put in.")
]
ValidateOption = Annotated[
    bool,
    option(
        "--validate",
        help="Fit parts of the log, too (70 %, halves, days), and judge each on the rest; takes longer.",
    ),
]


def labels_of(incidents: list[str] | None, path: Path | None) -> tuple[Label, ...]:
    """Return the incidents that the user named.

    Raises:
        CbtoolError: one is malformed, or the file cannot be read.
    """
    from cbtool.incident_files import parse_label, read_labels  # noqa: PLC0415  # keeps --help quick

    written = tuple(parse_label(text) for text in incidents or ())
    return written if path is None else (*written, *read_labels(path))


def instances_of(text: str) -> int | None:
    """Return the number of breakers; None for as many as the log names.

    Raises:
        ConfigurationError: it is neither a number from 1 on nor `auto`.
    """
    if text.strip() == "auto":
        return None
    if not text.strip().isdecimal() or not 1 <= int(text) <= MOST_INSTANCES:
        raise ConfigurationError(f"--instances must be from 1 to {MOST_INSTANCES:,}, or auto (got {text})")
    return int(text)


def today_of(name: str | None) -> Profile | None:
    """Return today's settings; None where none are named.

    Raises:
        CbtoolError: there is no such profile, or it asks for a health check, which a log does not answer.
    """
    from cbtool.profiles import load_profile  # noqa: PLC0415  # keeps --help quick

    if name is None:
        return None
    profile = load_profile(name)
    if profile.config.health_check is not None:
        raise ConfigurationError(
            f"--current {name}: it resets by a health check, which recorded calls cannot answer;"
            " take [breaker.health_check] out of a copy of it"
        )
    say_unasked([profile], "recommend")
    return profile
