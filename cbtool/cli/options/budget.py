"""The options that say what a recommendation's settings may cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from cbtool.cli.options.group import OptionGroup
from cbtool.cli.options.shared import option, parsed
from cbtool.errors import ConfigurationError
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from cbtool.recommend import Budget


@dataclass
class BudgetOptions(OptionGroup):
    """Harm, how often and how soon: all that one setting is weighed against another by."""

    reject_cost: Annotated[
        float,
        option(
            "--reject-cost", help="Harm of refusing a good call in an incident, in bad calls let through."
        ),
    ] = 0.25
    false_trips_per_day: Annotated[
        float,
        option(
            "--false-trips-per-day",
            help="How often a healthy upstream may trip the breaker by chance.",
            show_default="one in 30 days",
        ),
    ] = 1 / 30
    false_trip_cost: Annotated[
        float,
        option(
            "--false-trip-cost",
            help="Harm of one false trip beside the good calls it refuses, in bad calls let through.",
        ),
    ] = 10.0
    detection_delay: Annotated[
        str,
        option("--detection-delay", help="How soon an outage at the usual load should open the breaker."),
    ] = "10s"
    shortest_incident: Annotated[
        str | None,
        option(
            "--shortest-incident", help="Ride through anything shorter; default: 10s, less in short data."
        ),
    ] = None

    @property
    def budget(self) -> Budget:
        """What the options come to.

        Raises:
            ConfigurationError: one of them is not above 0.
            typer.BadParameter: a duration is none.
        """
        from cbtool.recommend import Budget

        delay = parsed("--detection-delay", parse_duration, self.detection_delay)
        shortest = self.shortest_incident
        return Budget(
            false_trips_per_day=_above_zero("--false-trips-per-day", self.false_trips_per_day),
            reject_cost=_above_zero("--reject-cost", self.reject_cost),
            false_trip_cost=_above_zero("--false-trip-cost", self.false_trip_cost),
            detection_delay=_above_zero("--detection-delay", delay),
            shortest_incident=None
            if shortest is None
            else parsed("--shortest-incident", parse_duration, shortest),
        )


def _above_zero(flag: str, value: float) -> float:
    if not 0 < value < float("inf"):
        raise ConfigurationError(f"{flag} must be above 0 (got {value:g})")
    return value
