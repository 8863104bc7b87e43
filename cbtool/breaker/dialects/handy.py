"""streadway/handy's breaker (breaker/breaker.go, breaker/metrics.go), which SoundCloud began with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, share_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    Admission,
    Anchor,
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
from cbtool.units import NANOSECONDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_WINDOW = 5  # seconds
_COOLDOWN = 1.0  # seconds
_MORE_THAN = 10  # calls


def policies(config: BreakerConfig) -> Policies:
    """Return what handy makes of its ratio; all else is fixed.

    Its breaker is open while a trial runs: another may follow a cooldown later, and any success closes it.
    """
    return Policies(
        window=WindowPolicy(
            WindowKind.GRID,
            size=_WINDOW,
            width=NANOSECONDS,
            anchor=Anchor.EPOCH,
            ignored=Ignored.FAILURE,
        ),
        trip=TripPolicy(
            EvaluateOn.FAILURE,
            failure_rate=share_of(config.failure_rate_threshold),
            failure_above=True,
            measure=Measure.SHARE,
            minimum_calls=_MORE_THAN + 1,
        ),
        wait=WaitPolicy(seconds=_COOLDOWN, leave=LeaveOpen.TIMER),
        trials=TrialsPolicy(
            Admission.ONE_PER_WAIT, failures=0, ignored=Ignored.FAILURE, keeps_slots=True, rearms=True
        ),
        late=LatePolicy(LateResults.CURRENT_STATE, success_closes=True),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings; a ratio beyond 0 and 1 is brought back, as the library does."""
    ratio = values.get("failureRatio", 0.0)
    if isinstance(ratio, (int, float)) and not isinstance(ratio, bool):
        ratio = min(max(ratio, 0.0), 1.0)
    return {**values, "failureRatio": ratio}


DIALECTS = {
    "handy": Dialect(
        name="handy",
        title="streadway/handy 0.0.0-20200128134331-0f66f006fb2e",
        evidence=Evidence.RECORDED,
        source="https://github.com/streadway/handy",
        policies=policies,
        settings=(
            Setting("failureRatio", "failure_rate_threshold", Unit.SHARE, None),
            Setting("WithMinObservation", None, Unit.COUNT, None, 0),
            Setting("WithWindow", None, Unit.DURATION, None),
            Setting("WithCooldown", None, Unit.DURATION, None),
        ),
        fixed=(
            ("sliding_window_type", WindowType.TIME),
            ("sliding_window_size", float(_WINDOW)),
            ("minimum_number_of_calls", _MORE_THAN + 1),
            ("wait_duration_in_open_state", _COOLDOWN),
            ("permitted_number_of_calls_in_half_open_state", 1),
        ),
        read=_read,
        example=(("failureRatio", 0.1),),
        note="Only the ratio can be set: the window is 5 s, the cooldown 1 s, and more than ten calls are "
        "needed. The library's With… methods change a copy, and so nothing.",
    )
}
