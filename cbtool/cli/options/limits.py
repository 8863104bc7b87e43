"""The options that say what `cbtool verify` lets pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cbtool.cli.options.group import OptionGroup
from cbtool.cli.options.shared import ThresholdOption, option, parsed, parsed_thresholds
from cbtool.units import parse_duration, parse_percent

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.profiles.verify_rules import VerifyRules


@dataclass
class LimitOptions(OptionGroup):
    """The user's own assertions, and the limits of the checks that are always made."""

    threshold: ThresholdOption = None
    false_trips_per_day: Annotated[
        float | None, option("--false-trips-per-day", min=0, help="At most so many; default: one in 30 days.")
    ] = None
    detection_delay: Annotated[
        str | None, option("--detection-delay", help="An incident opens it within this; default 10s.")
    ] = None
    time_to_close: Annotated[
        str | None,
        option("--time-to-close", help="Closed so soon after an outage; default: two waits and trials."),
    ] = None
    healthy_refused: Annotated[
        str | None,
        option(
            "--healthy-refused", metavar="PERCENT", help="Outside incidents, at most so many; default 1%."
        ),
    ] = None

    @property
    def rules(self) -> VerifyRules:
        """What the command line asks for.

        Raises:
            typer.BadParameter: a limit is malformed.
        """
        from cbtool.profiles.verify_rules import VerifyRules

        return VerifyRules(
            false_trips_per_day=self.false_trips_per_day,
            detection_delay=_parsed("--detection-delay", parse_duration, self.detection_delay),
            time_to_close=_parsed("--time-to-close", parse_duration, self.time_to_close),
            healthy_refused=_parsed("--healthy-refused", parse_percent, self.healthy_refused),
            thresholds=tuple(parsed_thresholds(self.threshold)),
        )


def _parsed(flag: str, parse: Callable[[str], float], text: str | None) -> float | None:
    return None if text is None else parsed(flag, parse, text)
