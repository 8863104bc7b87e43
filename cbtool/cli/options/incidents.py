"""The options that name incidents which the user knows of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cbtool.cli.options.group import OptionGroup
from cbtool.cli.options.shared import option

if TYPE_CHECKING:
    from cbtool.traffic.labels import Label


@dataclass
class IncidentOptions(OptionGroup):
    """Incidents one by one, and those of a file."""

    incident: Annotated[
        list[str] | None,
        option(
            "--incident",
            metavar="START/END[:KIND]",
            help="An incident you know of, in ISO 8601, Unix seconds or +10m; no other is sought;"
            " repeatable. Or none: there was none.",
        ),
    ] = None
    incidents: Annotated[
        Path | None,
        option(
            "--incidents", metavar="FILE", help="The same from a file: TOML, CSV, or one START/END a line."
        ),
    ] = None

    @property
    def labels(self) -> tuple[Label, ...] | None:
        """The incidents that the user named; None where they are to be looked for.

        Raises:
            CbtoolError: one is malformed, or the file cannot be read.
        """
        from cbtool.incident_files import parse_labels, read_labels

        written = parse_labels(self.incident or ())
        return written if self.incidents is None else (*(written or ()), *read_labels(self.incidents))
