"""What an upstream's health endpoint answers in virtual time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cbtool.traffic.scenario import Scenario


@dataclass(frozen=True, slots=True)
class HealthTimeline:
    """Health over time.

    Attributes:
        healthy_at: whether a check at so many seconds from the first call is answered as healthy.
    """

    healthy_at: Callable[[float], bool]


def health_of(scenario: Scenario, origin: float = 0.0) -> HealthTimeline:
    """Return the health that a scenario's conditions give.

    Args:
        scenario: what holds when.
        origin: when the first call starts, in seconds of the scenario.
    """

    def healthy_at(t: float) -> bool:
        conditions = scenario.at(t + origin)
        return conditions.healthy and not conditions.refuse

    return HealthTimeline(healthy_at)
