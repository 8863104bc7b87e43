"""Netflix Hystrix (hystrix-core: HystrixCircuitBreaker.java, HealthCountsStream.java)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    Anchor,
    EvaluateOn,
    Ignored,
    LatePolicy,
    LateResults,
    Measure,
    Policies,
    TrialsPolicy,
    TripPolicy,
    WaitPolicy,
    WindowKind,
    WindowPolicy,
)
from cbtool.breaker.transition import State
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_BUCKET = "metrics.healthSnapshot.intervalInMilliseconds"


def policies(config: BreakerConfig) -> Policies:
    """Return what Hystrix makes of a command's properties."""
    bucket = to_ns(config.option(_BUCKET) / 1000.0)
    return Policies(
        # Only whole buckets are seen, and only a timer looks at them.
        window=WindowPolicy(
            WindowKind.GRID,
            size=max(1, to_ns(config.window_size) // bucket),
            width=bucket,
            anchor=Anchor.CLOSED,
            partial=False,
            cleared_on=1 << State.CLOSED,
        ),
        trip=TripPolicy(
            EvaluateOn.TIMER,
            failure_rate=config.failure_rate_threshold,
            measure=Measure.TRUNCATED,
            minimum_calls=config.minimum_calls,
            period=bucket,
        ),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state, after_end=True),
        trials=TrialsPolicy(ignored=Ignored.FAILURE),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"sliding_window_type": WindowType.TIME, **values}


def _check(config: BreakerConfig) -> None:
    bucket = config.option(_BUCKET)
    rule = "must divide metrics.rollingStats.timeInMilliseconds"
    require(bucket > 0 and to_ns(config.window_size) % to_ns(bucket / 1000.0) == 0, _BUCKET, rule, bucket)


DIALECTS = {
    "hystrix": Dialect(
        name="hystrix",
        title="Netflix Hystrix 1.5.18",
        evidence=Evidence.FROM_SOURCE,
        source="https://github.com/Netflix/Hystrix",
        policies=policies,
        settings=(
            Setting("circuitBreaker.requestVolumeThreshold", "minimum_number_of_calls", Unit.COUNT, 20),
            Setting("circuitBreaker.errorThresholdPercentage", "failure_rate_threshold", Unit.COUNT, 50),
            Setting(
                "circuitBreaker.sleepWindowInMilliseconds",
                "wait_duration_in_open_state",
                Unit.MILLISECONDS,
                5000,
            ),
            Setting(
                "metrics.rollingStats.timeInMilliseconds", "sliding_window_size", Unit.MILLISECONDS, 10000
            ),
            Setting(_BUCKET, None, Unit.COUNT, 500, 0, above=True),
        ),
        words=frozenset({"sliding_window_type"}),
        check=_check,
        read=_read,
        note="A trip waits for the end of a bucket, half a second by default, and needs no call.",
    )
}
