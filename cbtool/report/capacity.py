"""What dependencies that are down cost their caller, in words."""

from __future__ import annotations

import textwrap
from decimal import ROUND_HALF_UP, Context
from typing import TYPE_CHECKING

from cbtool.breaker.capacity import WASTEFUL
from cbtool.recommend.candidates.forms import ceil_nice
from cbtool.report.text import WIDTH, counted
from cbtool.units import format_duration, format_percent

if TYPE_CHECKING:
    from cbtool.breaker.capacity import Capacity

_THREE_DIGITS = Context(prec=3, rounding=ROUND_HALF_UP)
"""As the published example rounds, which quotes 262.5 % as 263 %."""


def inverse_text(cost: Capacity, percent: float) -> str:
    """Return what would keep the trials to a share of the time: a wait, or a timeout for each trial."""
    share = format_percent(percent)
    wait = f"waits of {format_duration(float(f'{cost.wait_for(percent):.3g}'))}"
    line = f"trials take {share} with {wait}"
    if cost.wait:
        line += f", or with trials of {format_duration(float(f'{cost.trial_for(percent):.3g}'))}"
    return textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ")


def capacity_text(cost: Capacity, *, remedy: bool = True) -> str:
    """Return the cost of being open and of opening.

    Args:
        cost: the numbers.
        remedy: whether to say what would make it small, where it is not.
    """
    who = (
        "a breaker of its own, one thread"
        if (cost.breakers, cost.threads) == (1, 1)
        else f"{counted(cost.breakers, 'breaker')} open, {counted(cost.threads, 'thread')}"
    )
    percent = cost.extra_utilisation
    trials = f"{counted(cost.trials, 'trial')} of {format_duration(cost.trial)}"
    share = format_percent(float(_THREE_DIGITS.create_decimal_from_float(percent)))
    least = "at least " * cost.at_least
    calls = f"{least}{counted(cost.errors, 'failed call')} of {format_duration(cost.timeout)} a breaker"
    lines = [
        f"{who}: trials take {share} of the time ({trials} each {format_duration(cost.wait)})",
        f"before that, opening takes {format_duration(cost.opening_cost)} of each thread ({calls})",
    ]
    if remedy and percent > WASTEFUL:
        wait = format_duration(ceil_nice(cost.wait_for(WASTEFUL)))
        lines.append(f"a wait of {wait}, or a shorter timeout for trials, brings that to {WASTEFUL:g} %")
    return "\n".join(
        textwrap.fill(line, WIDTH, initial_indent="  ", subsequent_indent="    ") for line in lines
    )
