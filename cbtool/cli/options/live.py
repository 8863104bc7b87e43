"""The options that say how calls are sent and what becomes of the run, as `probe` and `replay` have them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cbtool.cli.options.group import OptionGroup
from cbtool.cli.options.shared import (
    InstancesOption,
    JsonOption,
    ProfileOption,
    SeedOption,
    ThresholdOption,
    option,
    parsed,
    parsed_thresholds,
)
from cbtool.cli.publishing import JunitOption
from cbtool.live.plan import DEFAULT_MAX_IN_FLIGHT, DEFAULT_TIMEOUT
from cbtool.units import parse_duration, parse_rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.metrics.thresholds import Threshold
    from cbtool.profiles import Profile

NoDashboardOption = Annotated[bool, option("--no-dashboard", help="Show nothing while it runs.")]


@dataclass
class LiveOptions(OptionGroup):
    """How a run is made and reported."""

    header: Annotated[
        list[str] | None, option("--header", "-H", help="Header to send, as 'Name: value'; repeatable.")
    ] = None
    timeout: Annotated[
        str | None,
        option("--timeout", help="Give a call up after this; default 1s, or the scenario's."),
    ] = None
    profile: ProfileOption = None
    instances: InstancesOption = 1
    shadow: Annotated[
        bool,
        option("--shadow", help="The breaker only watches: what it would have refused is sent and measured."),
    ] = False
    threshold: ThresholdOption = None
    connections: Annotated[
        int,
        option("--connections", "-c", min=1, max=60_000, help="Calls in flight at most; more are dropped."),
    ] = DEFAULT_MAX_IN_FLIGHT
    output: Annotated[
        Path | None,
        option("--output", "-o", help="Write the run record here: .ndjson, .ndjson.gz or .parquet."),
    ] = None
    insecure: Annotated[bool, option("--insecure", "-k", help="Accept certificates that are not valid.")] = (
        False
    )
    allow_host: Annotated[
        list[str] | None,
        option("--allow-host", help="You may load this host, which is not this machine; repeatable."),
    ] = None
    max_rate: Annotated[
        str | None,
        option("--max-rate", help="Refuse a higher load; default 50/s, without limit on this machine."),
    ] = None
    seed: SeedOption = None
    no_dashboard: NoDashboardOption = False
    no_check: Annotated[
        bool, option("--no-check", help="Start without asking first whether the target answers.")
    ] = False
    dry_run: Annotated[
        bool, option("--dry-run", help="Say what would be sent and for how long; send nothing.")
    ] = False
    junit: JunitOption = None
    json: JsonOption = False

    @property
    def gates(self) -> list[Threshold]:
        """What must hold of the result."""
        return parsed_thresholds(self.threshold)

    @cached_property
    def settings(self) -> Profile:
        """The profile."""
        from cbtool.profiles import default_profile, load_profile

        return load_profile(self.profile) if self.profile else default_profile()

    @property
    def rate_cap(self) -> float | None:
        """The cap that the user set, calls a second; None where there is none."""
        return None if self.max_rate is None else parsed("--max-rate", parse_rate, self.max_rate)

    def of_plan(self, *, timeout: float = DEFAULT_TIMEOUT, seed: int = 0) -> dict[str, Any]:
        """Return what the options say of a `RunPlan`.

        Args:
            timeout: seconds, where --timeout says nothing.
            seed: where --seed says nothing.

        Raises:
            CbtoolError: there is no such profile.
            typer.BadParameter: an option is malformed.
        """
        return {
            "config": self.settings.config,
            "rules": self.settings.rules,
            "profile": self.settings.name,
            "headers": parsed_headers(self.header),
            "timeout": parsed_timeout(self.timeout, timeout),
            "instances": self.instances,
            "seed": seed if self.seed is None else self.seed,
            "shadow": self.shadow,
            "max_in_flight": self.connections,
        }


def parsed_headers(texts: Sequence[str] | None) -> tuple[tuple[str, str], ...]:
    """Return names and values of `Name: value`.

    Raises:
        typer.BadParameter: one has no colon, no name or a character that no header may have.
    """
    headers = []
    for text in texts or ():
        name, colon, value = text.partition(":")
        printable = text.isascii() and text.isprintable()
        if not colon or not name.strip() or " " in name.strip() or not printable:
            # The value may be a secret, so only the name is shown.
            shown = f"{name.strip()[:40]!r}" if colon else "one of them"
            raise typer.BadParameter(f"{shown} is not a header; write 'Name: value'", param_hint="--header")
        headers.append((name.strip(), value.strip()))
    return tuple(headers)


def parsed_timeout(text: str | None, default: float) -> float:
    """Return the timeout in seconds.

    Raises:
        typer.BadParameter: it is no duration, or not longer than 0.
    """
    seconds = default if text is None else parsed("--timeout", parse_duration, text)
    if seconds <= 0:
        raise typer.BadParameter("a timeout must be longer than 0", param_hint="--timeout")
    return seconds
