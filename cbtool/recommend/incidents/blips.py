"""Bad stretches under a minute that keep coming back: ridden through, unless the user knows better."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.recommend.candidates.forms import nice
from cbtool.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cbtool.recommend.model import Budget, Incident

RECURRING = 5
"""Bursts that are a habit rather than incidents."""
LONGEST_BLIP = 60.0
"""Seconds."""
USUALLY_ACTED_ON = 10.0
"""Seconds from which a bad stretch is an incident, unless bursts as long keep coming back."""
_WELL_BELOW = 0.5  # of the usual length: blips of one sort differ by less


def severe_blips(incidents: Sequence[Incident], budget: Budget) -> list[Incident]:
    """Return those that are ridden through although opening would pay, were they longer."""
    return [i for i in incidents if not i.actionable and is_severe(i, budget.break_even)]


def is_severe(incident: Incident, level: float) -> bool:
    """Return whether opening would surely pay in a bad stretch, were it longer.

    Args:
        incident: the bad stretch.
        level: the share of bad calls from which opening pays.
    """
    return not incident.doubtful and max(incident.failed, incident.slow) >= 100 * level


def taken_for_blips(incidents: Sequence[Incident], budget: Budget, *, at_least: float = 0.0) -> str | None:
    """Return that recurring stretches were taken for blips, and the option that makes incidents of them.

    Args:
        incidents: all bad stretches.
        budget: what they were told apart by.
        at_least: seconds; shorter stretches are blips to anybody.

    Returns:
        One sentence; None where there are fewer than five.
    """
    lengths = sorted(i.length for i in severe_blips(incidents, budget) if i.length < LONGEST_BLIP)
    if not lengths or len(lengths) < RECURRING:
        return None
    usual = float(np.median(lengths))
    from_here = nice(_WELL_BELOW * usual) if usual > 0 else 0.0
    if from_here <= 0 or usual < at_least:
        return None
    made = [length for length in lengths if length >= from_here]
    if len(made) < RECURRING:
        return None
    return (
        f"{len(made)} bad stretches of about {format_duration(usual)} were taken for blips to ride through,"
        f" since they keep coming back; if a breaker should open for them,"
        f" --shortest-incident {format_duration(from_here)} makes them incidents"
    )
