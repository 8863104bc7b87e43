"""Netflix Hystrix (hystrix-core: HystrixCircuitBreaker.java, HealthCountsStream.java)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    OFF,
    Admission,
    Anchor,
    EvaluateOn,
    Forced,
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
    from collections.abc import Callable, Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_BUCKET = "metrics.healthSnapshot.intervalInMilliseconds"


def policies(config: BreakerConfig) -> Policies:
    """Return what Hystrix makes of a command's properties.

    A call that arrives looks at the window; an open breaker lets one through each sleep window, and any
    success, of whatever call, closes it.
    """
    return Policies(
        window=_window(config),
        trip=_trip(config, EvaluateOn.ADMISSION),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state, after_end=True),
        trials=TrialsPolicy(Admission.ONE_PER_WAIT, failures=0, keeps_slots=True),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True, success_closes=True),
    )


def timed_policies(config: BreakerConfig) -> Policies:
    """Return what the releases with a half-open state, up to 1.5.12, make of the same properties."""
    p = _trip(config, EvaluateOn.TIMER)
    return Policies(
        window=_window(config),
        trip=p._replace(period=_bucket(config)),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state, after_end=True),
        trials=TrialsPolicy(ignored=Ignored.FAILURE),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True),
    )


def _bucket(config: BreakerConfig) -> int:
    return to_ns(config.option(_BUCKET) / 1000.0)


def _window(config: BreakerConfig) -> WindowPolicy:
    """Return the window: only whole buckets are seen."""
    return WindowPolicy(
        WindowKind.GRID,
        size=max(1, to_ns(config.window_size) // _bucket(config)),
        width=_bucket(config),
        anchor=Anchor.CLOSED,
        partial=False,
        cleared_on=1 << State.CLOSED,
        keeps_closing_result=True,
    )


def _trip(config: BreakerConfig, on: EvaluateOn) -> TripPolicy:
    forced = Forced.ADMITS if config.option("circuitBreaker.forceClosed") else Forced.NEITHER
    enabled = config.option("circuitBreaker.enabled")
    return TripPolicy(
        on,
        failure_rate=config.failure_rate_threshold if enabled else OFF,
        measure=Measure.TRUNCATED,
        minimum_calls=config.minimum_calls,
        forced=Forced.REFUSES if enabled and config.option("circuitBreaker.forceOpen") else forced,
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    return {"sliding_window_type": WindowType.TIME, **values}


_SETTINGS = (
    Setting("circuitBreaker.requestVolumeThreshold", "minimum_number_of_calls", Unit.COUNT, 20),
    Setting("circuitBreaker.errorThresholdPercentage", "failure_rate_threshold", Unit.COUNT, 50),
    Setting(
        "circuitBreaker.sleepWindowInMilliseconds", "wait_duration_in_open_state", Unit.MILLISECONDS, 5000
    ),
    Setting("metrics.rollingStats.timeInMilliseconds", "sliding_window_size", Unit.MILLISECONDS, 10000),
    Setting(_BUCKET, None, Unit.COUNT, 500, 0, above=True),
    Setting("circuitBreaker.enabled", None, Unit.FLAG, default=True),
    Setting("circuitBreaker.forceOpen", None, Unit.FLAG, default=False),
    Setting("circuitBreaker.forceClosed", None, Unit.FLAG, default=False),
)


def _dialect(name: str, version: str, make: Callable[[BreakerConfig], Policies], note: str) -> Dialect:
    return Dialect(
        name=name,
        title=f"Netflix Hystrix {version}",
        evidence=Evidence.RECORDED,
        source="https://github.com/Netflix/Hystrix",
        policies=make,
        settings=_SETTINGS,
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note=note,
    )


DIALECTS = {
    "hystrix": _dialect(
        "hystrix",
        "1.5.18",
        policies,
        "A trip waits for a bucket's end, half a second by default, and for the next call. One call each "
        "sleep window tries an open circuit, and any success closes it.",
    ),
    "hystrix-1.5.12": _dialect(
        "hystrix-1.5.12",
        "1.5.12",
        timed_policies,
        "A trip waits for the end of a bucket, half a second by default, and needs no call.",
    ),
}
