"""Traefik's circuit breaker, vulcand/oxy's (cbreaker/cbreaker.go and ratio.go, memmetrics/counter.go)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.dialects import traefik_expression as expression
from cbtool.breaker.native import Setting, Unit, seconds_of, share_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    OFF,
    Admission,
    Anchor,
    EvaluateOn,
    Ignored,
    LatePolicy,
    LateResults,
    Measure,
    Policies,
    TrialsPolicy,
    TrialsVerdict,
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

_SECONDS = 10
_SLICES, _SLICE_SECONDS = 6, 10


def policies(config: BreakerConfig) -> Policies:
    """Return what Traefik makes of its options.

    The expression is tried as a call ends, at most once each `checkPeriod`. A tripped breaker recovers by
    letting a growing share of the calls through; the same expression may trip it again meanwhile. Durations
    have slices of their own: six of ten seconds, each begun by a result (memmetrics/histogram.go).
    """
    quantile = expression.quantile(config)
    latency_alone = config.option("ratio") == expression.NONE
    return Policies(
        window=WindowPolicy(
            WindowKind.GRID,
            size=_SECONDS,
            width=NANOSECONDS,
            anchor=Anchor.EPOCH,
            cleared_on=1 << State.OPEN,
            ignored=Ignored.SUCCESS,
            slices=_SLICES if quantile else 0,
            slice_length=_SLICE_SECONDS * NANOSECONDS,
        ),
        trip=TripPolicy(
            EvaluateOn.CHECKED,
            failure_rate=OFF if latency_alone else share_of(config.failure_rate_threshold),
            slow_quantile=quantile,
            failure_above=config.option("operator") == ">",
            measure=Measure.SHARE,
            minimum_calls=config.minimum_calls,
            period=to_ns(seconds_of(config.option("checkPeriod"))),
        ),
        wait=WaitPolicy(seconds=config.wait_duration_in_open_state),
        trials=TrialsPolicy(
            Admission.RAMP,
            verdict=TrialsVerdict.AS_CLOSED,
            ignored=Ignored.SUCCESS,
            limit=to_ns(config.max_wait_duration_in_half_open_state),
            limit_by_call=True,
            limit_closes=True,
        ),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True),
    )


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in values.items() if name != "expression"}
    return rest | expression.read(values.get("expression", f"{expression.NETWORK_ERRORS} > 0.5"))


def _write(config: BreakerConfig) -> dict[str, Any]:
    return {"expression": expression.write(config), "operator": ..., "ratio": ...}


def _check(config: BreakerConfig) -> None:
    if config.slow_call_duration_threshold is None:
        require(
            config.option("ratio") != expression.NONE,
            "ratio",
            "may be none only where a slow_call_duration_threshold is set",
            expression.NONE,
        )
        return
    limit, rate = config.slow_call_duration_threshold, config.slow_call_rate_threshold
    require(
        to_ns(limit) % 1_000_000 == 0 and 0.001 <= limit < 3600.0,
        "slow_call_duration_threshold",
        "must be whole milliseconds under an hour in traefik",
        limit,
    )
    require(rate < 100.0, "slow_call_rate_threshold", "must be under 100: a quantile over 0", rate)


DIALECTS = {
    "traefik": Dialect(
        name="traefik",
        title="Traefik's circuit breaker, oxy 2.2.0",
        evidence=Evidence.RECORDED,
        source="https://github.com/vulcand/oxy",
        policies=policies,
        settings=(
            Setting("operator", None, Unit.TEXT, ">", choices=(">", ">=")),
            Setting("ratio", None, Unit.TEXT, expression.NETWORK_ERRORS),
            Setting("checkPeriod", None, Unit.DURATION, "100ms", 0),
            Setting("fallbackDuration", "wait_duration_in_open_state", Unit.DURATION, "10s", 0),
            Setting(
                "recoveryDuration",
                "max_wait_duration_in_half_open_state",
                Unit.DURATION,
                "10s",
                0,
                meaning="how long a growing share of the calls is let through",
            ),
        ),
        words=frozenset(
            {
                "failure_rate_threshold",
                "minimum_number_of_calls",
                "slow_call_rate_threshold",
                "slow_call_duration_threshold",
            }
        ),
        fixed=(("sliding_window_type", WindowType.TIME), ("sliding_window_size", float(_SECONDS))),
        read=_read,
        write=_write,
        check=_check,
        slow_above=expression.slow_above,
        note="The window is always ten seconds. Recovering lets a share through that grows to one half, and "
        "closes at its end. LatencyAtQuantileMS looks back over up to six slices of ten seconds, longer if "
        "calls are rare, and tells durations apart by about one percent; one over 71 minutes is slow here "
        "and not counted there. Of status ranges, 500 to 600 of all is modelled.",
    )
}
