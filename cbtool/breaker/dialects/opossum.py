"""opossum, recorded from 10.0.0 (lib/circuit.js, lib/status.js)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    OFF,
    CountWhen,
    EvaluateOn,
    Ignored,
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
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_WINDOW = 10.0  # seconds, where it is set to 0
_BUCKETS = 10
_MS = 1_000_000


def policies(config: BreakerConfig) -> Policies:
    """Return what opossum makes of a configuration."""
    enabled = config.option("enabled")
    return Policies(
        window=WindowPolicy(
            WindowKind.GRID,
            size=_buckets(config),
            width=_width(config),
            counts=CountWhen.ATTEMPTED,
            cleared_on=0,
            ignored=Ignored.SUCCESS,
        ),
        trip=TripPolicy(
            EvaluateOn.FAILURE,
            failure_rate=config.failure_rate_threshold if enabled else OFF,
            failure_above=True,
            measure=Measure.SHARE_PERCENT,
            minimum_calls=config.minimum_calls,
            capacity=(config.option("capacity") or 0) if enabled else 0,
            warm_up=to_ns(config.window_size) if config.option("allowWarmUp") else 0,
        ),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state, leave=LeaveOpen.TIMER),
        trials=TrialsPolicy(ignored=Ignored.SUCCESS),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True),
    )


def _buckets(config: BreakerConfig) -> int:
    buckets: int = config.option("rollingCountBuckets") or _BUCKETS
    return buckets


def _width(config: BreakerConfig) -> int:
    return max(1, to_ns(config.window_size or _WINDOW) // _buckets(config) // _MS) * _MS


def call_timeout(config: BreakerConfig) -> float | None:
    """Return opossum's `timeout` in seconds; a breaker that is not enabled knows none."""
    milliseconds: float = config.option("timeout")
    if not milliseconds or not config.option("enabled"):
        return None
    return before_later_timers(milliseconds, _width(config))


def before_later_timers(milliseconds: float, width: int) -> float:
    """Return in seconds when a call's timer fires, beside a timer that turns buckets of `width` nanoseconds.

    Of the timers of one millisecond, those set first fire first: the call's is earlier than the one that ends
    the open state, and than that of a bucket shorter than itself.
    """
    nanoseconds = round(milliseconds * _MS)
    return (nanoseconds - (nanoseconds > width)) / 1e9


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    words = {name: value for name, value in values.items() if value is not None}
    words["timeout"] = words.get("timeout", 10000) or 0  # false is none
    volume = words.get("volumeThreshold", 0)
    words["volumeThreshold"] = volume if volume == int(volume) else 0
    words["sliding_window_type"] = WindowType.TIME
    return words


DIALECTS = {
    "opossum": Dialect(
        name="opossum",
        title="opossum 10.0.0",
        evidence=Evidence.RECORDED,
        source="https://github.com/nodeshift/opossum",
        policies=policies,
        settings=(
            Setting("errorThresholdPercentage", "failure_rate_threshold", Unit.PERCENT, 50),
            Setting("volumeThreshold", "minimum_number_of_calls", Unit.COUNT, 0),
            Setting("resetTimeout", "wait_duration_in_open_state", Unit.MILLISECONDS, 30000),
            Setting("rollingCountTimeout", "sliding_window_size", Unit.MILLISECONDS, 10000),
            Setting("rollingCountBuckets", None, Unit.COUNT, _BUCKETS),
            Setting("timeout", None, Unit.MILLISECONDS, 10000),
            Setting("capacity", None, Unit.COUNT, None),
            Setting("allowWarmUp", None, Unit.FLAG, False),
            Setting("enabled", None, Unit.FLAG, True),
            Setting("enableSnapshots", None, Unit.FLAG, True),
            Setting("rollingPercentilesEnabled", None, Unit.FLAG, True),
        ),
        words=frozenset({"sliding_window_type"}),
        read=_read,
        call_timeout=call_timeout,
        note="The rate is of all calls, refused ones and those in flight among them. An error that "
        "errorFilter takes is a success. Caches and coalesced calls are not modelled.",
    )
}
