"""Drift of the load: how much there is now against then, and what a window holds of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cbtool.breaker.reach.holding import window_holding
from cbtool.breaker.reach.rules import rules_of
from cbtool.recommend.findings import Estimate
from cbtool.units import NANOSECONDS, format_rate
from cbtool.verifying.model import Check, Group
from cbtool.verifying.surprise import Z99, surprise

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cbtool.breaker.config import BreakerConfig
    from cbtool.profile_evidence import ProfileEvidence
    from cbtool.recommend.trace import Trace

_TWICE = 2.0  # a load that has changed by less is none to set a breaker anew for
_PART = 0.5  # of the time that the evidence is of; less of it is another time of day, perhaps
_BINS, _CALLS_A_BIN = 200, 10  # as `cbtool.recommend.vitals` has them
_IN_A_ROW = 5  # stretches that make a block of the bootstrap
_DRAWS = 300


def load_checks(
    config: BreakerConfig, evidence: ProfileEvidence, trace: Trace, instances: int, seed: int
) -> Iterator[Check]:
    """Give the checks of the usual and the highest load, and of what a window holds.

    A window of calls, or a run of failures, holds the same whatever the load: that a load has changed is
    shown there, and fails nothing. A log of a part of the day is held to the range of loads that the
    evidence knows.
    """
    timed = window_holding(config.policies, NANOSECONDS).length > 0
    part = trace.span < _PART * evidence.span
    usual, high = _levels(trace, instances, seed)
    for name, then, now in (
        ("usual load", evidence.load_usual, usual),
        ("highest load", evidence.load_high, high),
    ):
        if not then or not now.value:
            continue
        floor, ceiling = then / _TWICE, then * _TWICE
        if part:
            floor, ceiling = (evidence.load_low or then) / _TWICE, (evidence.load_high or then) * _TWICE
        changed = not floor < now.value < ceiling
        # The evidence has no interval for the load; it is taken to be as sure as this log.
        certain = surprise((now.value, now.low, now.high), (then, None, None)) / np.sqrt(2) > Z99
        passed = not (timed and changed and certain)
        times = f"{now.value / then:.3g} times what it was"
        yield Check(
            Group.DRIFT,
            name,
            passed,
            now.value,
            then,
            format_rate(now.value),
            f"{format_rate(then)} then",
            "" if passed else f"{times}: the gates were set for another load; recommend again",
        )
    yield from _window(config, evidence, usual.value or 0.0)


def _levels(trace: Trace, instances: int, seed: int) -> tuple[Estimate, Estimate]:
    """Return the median and the 95 % quantile of the load over equal stretches, with 90 % intervals."""
    bins = int(np.clip(len(trace) // _CALLS_A_BIN, 1, _BINS))
    width = max(trace.span, 1e-9) / bins
    place = np.minimum((trace.start - trace.start[0]) / 1e9 // width, bins - 1).astype(np.int64)
    rates = np.bincount(place, minlength=bins) / width / instances
    random = np.random.default_rng([seed, 67])
    row = min(_IN_A_ROW, bins)
    starts = random.integers(0, bins - row + 1, (_DRAWS, max(1, bins // row)))
    drawn = rates[(starts[:, :, None] + np.arange(row)).reshape(_DRAWS, -1)]
    levels = []
    for quantile in (0.5, 0.95):
        low, high = np.quantile(np.quantile(drawn, quantile, axis=1), [0.05, 0.95])
        value = float(np.quantile(rates, quantile))
        levels.append(Estimate(value, min(value, float(low)), max(value, float(high))))
    return levels[0], levels[1]


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
