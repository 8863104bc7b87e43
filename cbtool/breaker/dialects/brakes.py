"""brakes, source of 3.1.0 (lib/Brakes.js, Circuit.js, Stats.js). A timer closes it, without trials."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.dialects.opossum import before_later_timers
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    LatePolicy,
    LateResults,
    LeaveOpen,
    Measure,
    Policies,
    TrialsPolicy,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.breaker.transition import State
from cbtool.units import NANOSECONDS, to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_SPAN, _BUCKETS = 1000, 60
_THRESHOLD = Decimal("0.5")
_WAIT_THRESHOLD = 100
_SHORTEST = 1  # milliseconds, of a timer in Node.js


def policies(config: BreakerConfig) -> Policies:
    """Return what brakes makes of a configuration."""
    checked = config.option("healthCheck") is not None
    interval = config.option("healthCheckInterval") / 1000.0
    return Policies(
        window=WindowPolicy(
            WindowKind.GRID,
            size=config.option("bucketNum"),
            width=_width(config),
            cleared_on=1 << State.CLOSED,
        ),
        trip=TripPolicy(
            failure_rate=float(_share(config)),
            slow_rate=0.0,
            measure=Measure.SUCCESS_SHARE,
            minimum_calls=config.minimum_calls,
        ),
        wait=WaitPolicy(
            seconds=interval if checked else config.wait_duration_in_open_state,
            begins_by=NANOSECONDS // 1000,  # a call's own timer, set before, is told first: see call_timeout
            leave=LeaveOpen.TIMER,
            skips_trials=True,
        ),
        trials=TrialsPolicy(),
        late=LatePolicy(LateResults.CURRENT_STATE, failures_dropped=True),
    )


def call_timeout(config: BreakerConfig) -> float:
    """Return brakes' `timeout` in seconds."""
    return before_later_timers(max(_SHORTEST, config.option("timeout")), _width(config))


def _width(config: BreakerConfig) -> int:
    buckets: int = config.option("bucketNum")
    return max(1, to_ns(config.window_size) // buckets)


def _share(config: BreakerConfig) -> Decimal:
    """Return the share of successes that is required."""
    return 1 - Decimal(str(config.failure_rate_threshold)) / 100


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    words = dict(values)
    threshold = Decimal(str(words.pop("threshold", _THRESHOLD)))
    span = Decimal(str(words.pop("bucketSpan", _SPAN)))
    return words | {
        "sliding_window_type": WindowType.TIME,
        "sliding_window_size": float(span * words.get("bucketNum", _BUCKETS) / 1000),
        "failure_rate_threshold": float((1 - threshold) * 100),
        "minimum_number_of_calls": words.pop("waitThreshold", _WAIT_THRESHOLD) + 1,
    }


def _write(config: BreakerConfig) -> dict[str, Any]:
    span = Decimal(str(config.window_size)) * 1000 / config.option("bucketNum")
    return {
        "threshold": float(_share(config)),
        "waitThreshold": config.minimum_calls - 1,
        "bucketSpan": int(span) if span == int(span) else float(span),
    }


DIALECTS = {
    "brakes": Dialect(
        name="brakes",
        title="brakes 3.1.0",
        evidence=Evidence.RECORDED,
        source="https://github.com/awolden/brakes",
        policies=policies,
        settings=(
            Setting("circuitDuration", "wait_duration_in_open_state", Unit.MILLISECONDS, 30000),
            Setting("bucketNum", None, Unit.COUNT, _BUCKETS),
            Setting("timeout", None, Unit.MILLISECONDS, 15000),
            Setting("healthCheck", None, Unit.TEXT, None),
            Setting("healthCheckInterval", None, Unit.MILLISECONDS, 5000),
            Setting("statInterval", None, Unit.MILLISECONDS, 1200),
        ),
        words=frozenset(
            {
                "sliding_window_type",
                "sliding_window_size",
                "failure_rate_threshold",
                "minimum_number_of_calls",
            }
        ),
        read=_read,
        write=_write,
        call_timeout=call_timeout,
        note="A health check is taken to pass the first time. A failure that isFailure denies is nothing.",
    )
}
