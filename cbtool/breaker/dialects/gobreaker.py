"""sony/gobreaker v2, recorded from 2.4.0 (v2/gobreaker.go, v2/counter.go)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.dialects.trip_rules import COUNT, RUN, SHARE, read_rule
from cbtool.breaker.native import Setting, Unit, seconds_of, share_of
from cbtool.breaker.policies import (
    OFF,
    Anchor,
    CountWhen,
    EvaluateOn,
    LatePolicy,
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

_FOR_EVER = 1 << 61
_TIMEOUT = "60s"
_RULES = (
    (re.compile(r"ConsecutiveFailures (?P<operator>>=?) (?P<number>\d+)"), RUN),
    (re.compile(r"TotalFailures (?P<operator>>=?) (?P<number>\d+)"), COUNT),
    (re.compile(r"Requests >= (?P<number>\d+) && TotalFailures/Requests >= (?P<share>[\d.]+)"), SHARE),
)
_WANTED = (
    'must be "ConsecutiveFailures > N", "TotalFailures >= N" or '
    '"Requests >= N && TotalFailures/Requests >= R"'
)


def policies(config: BreakerConfig) -> Policies:
    """Return what gobreaker makes of a configuration."""
    run = config.consecutive_failures
    return Policies(
        window=_window(config),
        trip=TripPolicy(
            EvaluateOn.FAILURE,
            run=run or 0,
            errors=config.error_count_threshold or 0,
            failure_rate=OFF
            if run is not None or config.error_count_threshold
            else share_of(config.failure_rate_threshold),
            measure=Measure.SHARE,
            minimum_calls=config.minimum_calls,
        ),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state, after_end=True, leave=LeaveOpen.CALL_OR_RESULT
        ),
        trials=TrialsPolicy(
            permits=config.permitted_number_of_calls_in_half_open_state,
            successes=config.permitted_number_of_calls_in_half_open_state,
        ),
        late=LatePolicy(),
    )


def _window(config: BreakerConfig) -> WindowPolicy:
    interval, period = (to_ns(seconds_of(config.option(name))) for name in ("Interval", "BucketPeriod"))
    periods = -(-interval // period) if period > 0 else 1  # the interval is rounded up to whole periods
    if periods > 1:
        return WindowPolicy(
            WindowKind.GRID,
            size=periods,
            width=period,
            anchor=Anchor.CLOSED,
            counts=CountWhen.ADMITTED,
            booked_at_admission=True,
            run_leaves=True,
        )
    if interval <= 0 and config.consecutive_failures is not None:
        return WindowPolicy(WindowKind.RUN)  # its other counts are asked by nobody
    return WindowPolicy(
        WindowKind.FLOATING,
        width=max(interval, period) if interval > 0 else _FOR_EVER,
        counts=CountWhen.ADMITTED,
        tumbles=True,
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in values.items() if name != "ReadyToTrip"}
    # Zero and negative values fall back to the defaults rather than being rejected.
    if not rest.get("MaxRequests"):
        rest["MaxRequests"] = 1
    if seconds_of(rest.get("Timeout", 0)) <= 0:
        rest["Timeout"] = _TIMEOUT
    return rest | read_rule(
        "ReadyToTrip", values.get("ReadyToTrip") or "ConsecutiveFailures > 5", _RULES, _WANTED
    )


def _write(config: BreakerConfig) -> dict[str, Any]:
    run = config.consecutive_failures
    if run is not None:
        return {"ReadyToTrip": f"ConsecutiveFailures > {run - 1}"}
    if config.error_count_threshold:
        return {"ReadyToTrip": f"TotalFailures >= {config.error_count_threshold}"}
    share = share_of(config.failure_rate_threshold)
    return {"ReadyToTrip": f"Requests >= {config.minimum_calls} && TotalFailures/Requests >= {share}"}


DIALECTS = {
    "gobreaker": Dialect(
        name="gobreaker",
        title="sony/gobreaker 2.4.0",
        evidence=Evidence.RECORDED,
        source="https://github.com/sony/gobreaker",
        policies=policies,
        settings=(
            Setting("MaxRequests", "permitted_number_of_calls_in_half_open_state", Unit.COUNT, 1, 0),
            Setting("Interval", None, Unit.DURATION, "0s"),
            Setting("BucketPeriod", None, Unit.DURATION, "0s"),
            Setting("Timeout", "wait_duration_in_open_state", Unit.DURATION, _TIMEOUT),
        ),
        words=frozenset(
            {
                "sliding_window_type",
                "sliding_window_size",
                "failure_rate_threshold",
                "minimum_number_of_calls",
                "error_count_threshold",
            }
        ),
        read=_read,
        write=_write,
    )
}
