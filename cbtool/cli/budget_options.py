"""The options that say what a recommendation's settings may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cbtool.cli.options import option, parsed
from cbtool.errors import ConfigurationError
from cbtool.units import parse_duration

if TYPE_CHECKING:
    from cbtool.recommend import Budget

REJECT_COST = 0.25
FALSE_TRIPS_PER_DAY = 1 / 30
FALSE_TRIP_COST = 10.0
DETECTION_DELAY = "10s"

RejectCostOption = Annotated[
    float,
    option("--reject-cost", help="Harm of refusing a good call in an incident, in bad calls let through."),
]
FalseTripsOption = Annotated[
    float,
    option(
        "--false-trips-per-day",
        help="How often a healthy upstream may trip the breaker by chance.",
        show_default="one in 30 days",
    ),
]
FalseTripCostOption = Annotated[
    float,
    option(
        "--false-trip-cost",
        help="Harm of one false trip beside the good calls it refuses, in bad calls let through.",
    ),
]
DetectionDelayOption = Annotated[
    str,
    option("--detection-delay", help="How soon an outage at the usual load should open the breaker."),
]
ShortestIncidentOption = Annotated[
    str | None,
    option("--shortest-incident", help="Ride through anything shorter; default: 10s, less in short data."),
]


def budget_of(
    false_trips_per_day: float,
    reject_cost: float,
    shortest_incident: str | None,
    false_trip_cost: float = FALSE_TRIP_COST,
    detection_delay: str = DETECTION_DELAY,
) -> Budget:
    """Return the budget that the options give.

    Raises:
        ConfigurationError: one of them is not above 0.
        typer.BadParameter: a duration is none.
    """
    from cbtool.recommend import Budget  # noqa: PLC0415  # numba

    delay: float = parsed("--detection-delay", parse_duration, detection_delay)
    return Budget(
        false_trips_per_day=_above_zero("--false-trips-per-day", false_trips_per_day),
        reject_cost=_above_zero("--reject-cost", reject_cost),
        false_trip_cost=_above_zero("--false-trip-cost", false_trip_cost),
        detection_delay=_above_zero("--detection-delay", delay),
        shortest_incident=None
        if shortest_incident is None
        else parsed("--shortest-incident", parse_duration, shortest_incident),
    )


def _above_zero(flag: str, value: float) -> float:
    if not 0 < value < float("inf"):
        raise ConfigurationError(f"{flag} must be above 0 (got {value:g})")
    return value
