"""Drift of the load: how much there is now against then, and what a window holds of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from cbtool.breaker.reach.holding import window_holding
from cbtool.breaker.reach.rules import rules_of
from cbtool.recommend.reading.holes import watched
from cbtool.recommend.surroundings.vitals import load_levels
from cbtool.units import NANOSECONDS, format_rate
from cbtool.verifying.model import Check, Group
from cbtool.verifying.surprise import Z99, surprise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.breaker.config import BreakerConfig
    from cbtool.profiles.evidence import ProfileEvidence
    from cbtool.recommend.reading.columns import TraceColumns

_TWICE = 2.0  # a load that has changed by less is none to set a breaker anew for
_PART = 0.5  # of the time that the evidence is of; less of it is another time of day, perhaps


def load_checks(
    config: BreakerConfig, evidence: ProfileEvidence, trace: TraceColumns, instances: int, seed: int
) -> Iterator[Check]:
    """Give the checks of the usual and the highest load, and of what a window holds.

    A window of calls, or a run of failures, holds the same whatever the load: that a load has changed is
    shown there, and fails nothing. A log of a part of the day is held to the range of loads that the
    evidence knows.
    """
    timed = window_holding(config.policies, NANOSECONDS).length > 0
    part = watched(trace) < _PART * evidence.span
    usual, high = load_levels(trace, instances, seed)
    e = evidence
    for name, then, ends, now in (
        ("usual load", e.load_usual, (e.load_usual_low, e.load_usual_high), usual),
        ("highest load", e.load_high, (e.load_high_low, e.load_high_high), high),
    ):
        if not then or not now.value:
            continue
        floor, ceiling = then / _TWICE, then * _TWICE
        if part:
            floor, ceiling = (evidence.load_low or then) / _TWICE, (evidence.load_high or then) * _TWICE
        changed = not floor < now.value < ceiling
        differs = surprise((now.value, now.low, now.high), (then, *ends))
        # Evidence of older versions has no interval for the load; it is taken to be as sure as this log.
        certain = (differs if ends[0] is not None else differs / math.sqrt(2)) > Z99
        passed = not (timed and changed and certain)
        times = f"{now.value / then:.3g} times what it was"
        yield Check(
            Group.DRIFT,
            name,
            passed,
            now.value,
            then,
            _between(now.value, now.low, now.high),
            f"{_between(then, *ends)} then",
            "" if passed else f"{times}: the gates were set for another load; recommend again",
        )
    yield from _window(config, evidence, usual.value or 0.0)


def _between(value: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return format_rate(value)
    return f"{format_rate(value)} ({low:.3g} to {high:.3g})"


def _window(config: BreakerConfig, evidence: ProfileEvidence, now: float) -> Iterator[Check]:
    """Whether a window still holds what the rules want, at the usual load."""
    needed = max((rule.needed for rule in rules_of(config)), default=0)
    then = evidence.load_usual
    if not needed or not then or not now:
        return
    p = config.policies
    holding = window_holding(p, max(1, round(NANOSECONDS / now)))
    if not holding.length:
        return
    calls, before = (rate * holding.length / 1e9 for rate in (now, then))
    passed = calls >= needed or before < needed
    why = (
        f"at {format_rate(now)} {holding.words} holds {calls:.3g} calls, fewer than the {needed:,} that the"
        " gates ask for"
    )
    yield Check(
        Group.DRIFT,
        "calls in a window",
        passed,
        calls,
        float(needed),
        f"{calls:,.3g}",
        f"≥ {needed:,} ({before:,.3g} then)",
        "" if passed else why,
    )
