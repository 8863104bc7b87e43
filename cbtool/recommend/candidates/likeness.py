"""Any library's trip rules as windows that slide, which false trips can be told of beyond those seen.

A run of k failures is a full window of k calls. Buckets reach back as far as all of them, or as all but the
newest: such a rule lies between two windows. What has no such likeness (an interval that begins anew, a
count that is never forgotten, a smoothed share) is only counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.policies import OFF, Measure, WindowKind
from cbtool.breaker.reach.rules import percent_of, rules_of
from cbtool.breaker.transition import Reason
from cbtool.recommend.candidates.gates import Gate
from cbtool.units import NANOSECONDS

if TYPE_CHECKING:
    from cbtool.breaker.config import BreakerConfig
    from cbtool.breaker.policies import TripPolicy, WindowPolicy
    from cbtool.breaker.reach.rules import Rule

_ANY_SHARE = 1e-3  # percent, which any bad call reaches in windows of less than 100,000 calls
_ABOVE = 1.0 + 1e-6
_BUCKETS = {WindowKind.GRID, WindowKind.STAMPED, WindowKind.FLOATING}


def likenesses(config: BreakerConfig) -> list[tuple[Gate, ...] | None]:
    """Return for each trip rule the gates that it lies between, the worst of which bounds it; None: no gate.

    A slow-call rate over the failures' window is part of their gates.
    """
    return [
        _likeness(config, rule) for rule in rules_of(config) if not _with_failures(config.policies.trip, rule)
    ]


def _with_failures(trip: TripPolicy, rule: Rule) -> bool:
    """Return whether a rule of slow calls is part of the failures' gates."""
    return rule.reason is Reason.SLOW_CALL_RATE and trip.failure_rate != OFF and not trip.slow_quantile


def _likeness(config: BreakerConfig, rule: Rule) -> tuple[Gate, ...] | None:
    trip, window = config.policies.trip, config.policies.window
    if rule.reason is Reason.SLOW_CALL_RATE or rule.smoothed:
        return None
    if rule.reason is Reason.CONSECUTIVE_FAILURES:
        run = rule.errors
        return (Gate(float(run), 100.0, run, run, counted=True),) if trip.strikes == 1 else None
    errors = max(1, rule.errors)
    calls = max(rule.calls, errors)
    threshold = (
        _ANY_SHARE if rule.rate is None else percent_of(trip, rule.rate) * (_ABOVE if rule.above else 1)
    )
    gate = Gate(1.0, threshold, errors, calls, counted=window.kind is WindowKind.CALLS)
    if rule.rate is not None and trip.slow_rate != OFF and trip.measure is not Measure.SUCCESS_SHARE:
        gate = gate._replace(slow_from=config.slow_above, slow_threshold=percent_of(trip, trip.slow_rate))
    fitting = [each for length in _lengths(window) if (each := gate._replace(window=length)).possible]
    return tuple(fitting) or None


def _lengths(window: WindowPolicy) -> tuple[float, ...]:
    """Return the lengths of the windows that slide between which a library's lies: calls, or seconds."""
    if window.kind is WindowKind.CALLS:
        return (float(window.size),)
    if window.kind in {WindowKind.TIME, WindowKind.ERRORS} and window.length:
        return (window.length / NANOSECONDS,)
    if window.kind not in _BUCKETS or window.tumbles or window.size == 1:
        return ()
    whole = window.length or window.size * window.width
    return whole / NANOSECONDS, (whole - window.width) / NANOSECONDS
