"""How many calls must fail, one after another, before a closed breaker opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.policies import WindowKind
from cbtool.breaker.reach.holding import UNBOUNDED
from cbtool.breaker.reach.rules import average_falls_after, rules_of
from cbtool.breaker.transition import Reason
from cbtool.units import NANOSECONDS, to_ns

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.policies import Policies
    from cbtool.breaker.reach.rules import Rule


def errors_to_open(config: BreakerConfig, *, rate: float | None = None, failing: float = 0.0) -> int:
    """Return how many failed calls in a row open a breaker that has seen none but good ones.

    A rate is of all that the window holds: of the N good calls before, so many must have made way for failed
    ones that these reach the threshold, θN. A window of calls is full. What one of time holds is known where
    the load is; else it is taken as empty, and the answer is the least there can be (`is_least`).

    Args:
        config: one breaker's settings.
        rate: calls a second that it sees.
        failing: seconds that a failing call takes: one that takes long is slow as well.
    """
    p = config.policies
    found = [
        _of_rule(p, rule, rate)
        for rule in rules_of(config)
        if rule.reason is not Reason.SLOW_CALL_RATE or failing > (config.slow_above or 0.0)
    ]
    return min(found, default=1)


def is_least(config: BreakerConfig, *, rate: float | None) -> bool:
    """Return whether more failed calls than `errors_to_open` says may be needed, as the load is unknown."""
    p = config.policies
    of_time = p.window.kind not in {WindowKind.CALLS, WindowKind.RUN, WindowKind.ERRORS, WindowKind.CHAIN}
    return (
        rate is None and of_time and all(rule.rate is not None or rule.smoothed for rule in rules_of(config))
    )


def _of_rule(p: Policies, rule: Rule, rate: float | None) -> int:
    spacing = None if rate is None else max(1, round(NANOSECONDS / rate))
    if rule.smoothed:
        if p.window.length and spacing is None:
            return rule.needed
        return max(rule.needed, average_falls_after(p, spacing or to_ns(1.0)))
    if rule.rate is None:
        return rule.needed
    if spacing is None and p.window.kind is not WindowKind.CALLS:
        return rule.needed
    held = rule.holding(p, spacing or 1, 0).most
    # Where calls are too rare for the minimum, nothing fires it in time.
    return rule.needed if held >= UNBOUNDED or held < rule.calls else rule.bad_of(p.trip, held)
