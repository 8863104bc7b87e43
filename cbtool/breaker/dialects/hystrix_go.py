"""afex/hystrix-go (hystrix/circuit.go, hystrix.go, metrics.go, rolling/rolling.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    Admission,
    Anchor,
    CountWhen,
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
from cbtool.units import NANOSECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_BUCKETS = 11  # a sum takes in the second ten seconds ago, too


def policies(config: BreakerConfig) -> Policies:
    """Return what hystrix-go makes of a command's configuration.

    Refused calls are counted as calls and as errors. The percentage is of two sums, and either forgets the
    second ten seconds ago as soon as it counts something itself.
    """
    return Policies(
        window=WindowPolicy(
            WindowKind.GRID,
            size=_BUCKETS,
            width=NANOSECONDS,
            anchor=Anchor.EPOCH,
            counts=CountWhen.ANSWERED,
            refusals_fail=True,
            lingers=True,
            cleared_on=1 << State.CLOSED,
            keeps_closing_result=True,
            ignored=Ignored.CALL,
        ),
        trip=TripPolicy(
            EvaluateOn.ADMISSION,
            failure_rate=config.failure_rate_threshold,
            measure=Measure.ROUNDED,
            minimum_calls=config.minimum_calls,
            capacity=config.option("MaxConcurrentRequests"),
        ),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state, after_end=True),
        trials=TrialsPolicy(Admission.ONE_PER_WAIT, failures=0, keeps_slots=True),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True, success_closes=True),
    )


def call_timeout(config: BreakerConfig) -> float:
    """Return hystrix-go's `Timeout` in seconds."""
    milliseconds: int = config.option("Timeout")
    return milliseconds / 1000.0


_SETTINGS = (
    Setting("Timeout", None, Unit.COUNT, 1000),
    Setting("MaxConcurrentRequests", None, Unit.COUNT, 10, 1),
    Setting("RequestVolumeThreshold", "minimum_number_of_calls", Unit.COUNT, 20),
    Setting("SleepWindow", "wait_duration_in_open_state", Unit.MILLISECONDS, 5000),
    Setting("ErrorPercentThreshold", "failure_rate_threshold", Unit.COUNT, 50),
)


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings, of which 0 stands for the default."""
    return {name: value for name, value in values.items() if value != 0}


DIALECTS = {
    "hystrix-go": Dialect(
        name="hystrix-go",
        title="hystrix-go 0.0.0-20180502004556-fa1af6a1f4f5",
        evidence=Evidence.RECORDED,
        source="https://github.com/afex/hystrix-go",
        policies=policies,
        settings=_SETTINGS,
        fixed=(("sliding_window_type", WindowType.TIME), ("sliding_window_size", 10.0)),
        read=_read,
        call_timeout=call_timeout,
        note="The window is always ten seconds, and refused calls are errors in it. One call each sleep "
        "window tries an open circuit, and any success closes it.",
    )
}
