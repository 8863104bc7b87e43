"""Traefik's circuit breaker, vulcand/oxy's (cbreaker/cbreaker.go and ratio.go, memmetrics/counter.go)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, percent_of, seconds_of, share_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
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
from cbtool.errors import InvalidSettingError
from cbtool.units import NANOSECONDS, to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_SECONDS = 10
_RATIO = "NetworkErrorRatio()"
_THRESHOLD = re.compile(r"RequestThreshold\(\) (>=?) (\d+)")
_SHARE = re.compile(r"(NetworkErrorRatio\(\)|ResponseCodeRatio\(500, 600, 0, 600\)) (>=?) ([\d.]+)")


def policies(config: BreakerConfig) -> Policies:
    """Return what Traefik makes of its options.

    The expression is tried as a call ends, at most once each `checkPeriod`. A tripped breaker recovers by
    letting a growing share of the calls through; the same expression may trip it again meanwhile.
    """
    return Policies(
        window=WindowPolicy(
            WindowKind.GRID,
            size=_SECONDS,
            width=NANOSECONDS,
            anchor=Anchor.EPOCH,
            cleared_on=1 << State.OPEN,
            ignored=Ignored.SUCCESS,
        ),
        trip=TripPolicy(
            EvaluateOn.CHECKED,
            failure_rate=share_of(config.failure_rate_threshold),
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
    text = values.get("expression", f"{_RATIO} > 0.5")
    rest = {name: value for name, value in values.items() if name != "expression"}
    return rest | _rule(text)


def _rule(text: Any) -> dict[str, Any]:
    """Read an expression: a share of failures, at least so many calls, and either of two shares."""
    parts = [part.strip() for part in str(text).split("&&")]
    least = 1
    shares: list[re.Match[str]] = []
    for part in parts:
        calls = _THRESHOLD.fullmatch(part)
        if calls:
            least = max(least, int(calls[2]) + (calls[1] == ">"))
            continue
        either = [_SHARE.fullmatch(each.strip()) for each in part.split("||")]
        if None in either:
            shares = []
            break
        # Failures are network errors and 5xx alike, so that the lower of two thresholds decides.
        lowest = min((each for each in either if each), key=lambda each: (Decimal(each[3]), each[2]))
        shares.append(lowest)
    if len(shares) != 1:
        rule = (
            f'must be like "{_RATIO} > 0.3", "ResponseCodeRatio(500, 600, 0, 600) > 0.3" or '
            f'"RequestThreshold() >= 20 && {_RATIO} > 0.3"; latencies are not modelled'
        )
        raise InvalidSettingError("expression", rule, text)
    ratio, operator, share = shares[0].groups()
    return {
        "minimum_number_of_calls": least,
        "failure_rate_threshold": percent_of(share),
        "operator": operator,
        "ratio": ratio,
    }


def _write(config: BreakerConfig) -> dict[str, Any]:
    share = share_of(config.failure_rate_threshold)
    expression = f"{config.option('ratio')} {config.option('operator')} {share}"
    if config.minimum_calls > 1:
        expression = f"RequestThreshold() >= {config.minimum_calls} && {expression}"
    return {"expression": expression, "operator": ..., "ratio": ...}


DIALECTS = {
    "traefik": Dialect(
        name="traefik",
        title="Traefik's circuit breaker, oxy 2.2.0",
        evidence=Evidence.RECORDED,
        source="https://github.com/vulcand/oxy",
        policies=policies,
        settings=(
            Setting("operator", None, Unit.TEXT, ">", choices=(">", ">=")),
            Setting("ratio", None, Unit.TEXT, _RATIO),
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
        words=frozenset({"failure_rate_threshold", "minimum_number_of_calls"}),
        fixed=(("sliding_window_type", WindowType.TIME), ("sliding_window_size", float(_SECONDS))),
        read=_read,
        write=_write,
        note="The window is always ten seconds. Recovering lets a share through that grows to one half, and "
        "closes at its end. LatencyAtQuantileMS and other status ranges are not modelled.",
    )
}
