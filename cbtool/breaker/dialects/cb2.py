"""Heroku's CB2 (lib/cb2/breaker.rb, lib/cb2/strategies/): whole seconds, in Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    OFF,
    Admission,
    Anchor,
    CountWhen,
    EvaluateOn,
    Forced,
    Ignored,
    LatePolicy,
    LateResults,
    LeaveOpen,
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

_REASONABLE = 5  # calls, for a percentage


def policies(config: BreakerConfig) -> Policies:
    """Return what CB2 makes of its options.

    Nothing is ever emptied. In the second in which the wait ends it is neither open nor half-open.
    """
    percentage = config.option("strategy") == "percentage"
    return Policies(
        window=WindowPolicy(
            WindowKind.GRID,
            size=max(1, int(config.window_size)),
            width=NANOSECONDS,
            anchor=Anchor.EPOCH,
            counts=CountWhen.ADMITTED,
            calls_at_admission=True,
            cleared_on=0,
            ignored=Ignored.FAILURE,
        ),
        trip=TripPolicy(
            EvaluateOn.FAILURE,
            errors=0 if percentage else config.error_count_threshold or 0,
            failure_rate=config.failure_rate_threshold if percentage else OFF,
            minimum_calls=_REASONABLE,
            forced=_forced(config),
        ),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state,
            begins_on=NANOSECONDS,
            leave=LeaveOpen.CALL_OR_RESULT,
        ),
        trials=TrialsPolicy(Admission.UNLIMITED, ignored=Ignored.FAILURE, settles=NANOSECONDS),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True, failure_judged=True),
    )


def _forced(config: BreakerConfig) -> Forced:
    if config.option("strategy") != "stub":
        return Forced.NEITHER
    return Forced.ADMITS if config.option("allow") else Forced.REFUSES


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in values.items() if name != "threshold"}
    strategy = values.get("strategy", "percentage")
    if "threshold" in values:
        rolling = strategy == "rolling_window"
        rest["error_count_threshold" if rolling else "failure_rate_threshold"] = values["threshold"]
    return rest


def _write(config: BreakerConfig) -> dict[str, Any]:
    if config.option("strategy") == "rolling_window":
        return {"threshold": config.error_count_threshold}
    return {"threshold": config.failure_rate_threshold}


DIALECTS = {
    "cb2": Dialect(
        name="cb2",
        title="Heroku's CB2 0.0.3",
        evidence=Evidence.RECORDED,
        source="https://github.com/pedro/cb2",
        policies=policies,
        settings=(
            Setting(
                "strategy", None, Unit.TEXT, "percentage", choices=("percentage", "rolling_window", "stub")
            ),
            Setting("duration", "sliding_window_size", Unit.COUNT, None, 1),
            Setting("reenable_after", "wait_duration_in_open_state", Unit.COUNT, None, 0),
            Setting("allow", None, Unit.FLAG, True),
        ),
        words=frozenset({"failure_rate_threshold", "error_count_threshold"}),
        fixed=(("sliding_window_type", WindowType.TIME), ("minimum_number_of_calls", _REASONABLE)),
        read=_read,
        write=_write,
        example=(("duration", 60), ("threshold", 5), ("reenable_after", 600)),
        note="Five calls are needed for a percentage, which nothing changes. Calls are counted as they "
        "start, and a rate is of those counted when the latest one did.",
    )
}
