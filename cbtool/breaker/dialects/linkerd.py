"""Linkerd's failure accrual, one breaker an endpoint (linkerd2-proxy: http/breaker, exp-backoff).

Read in consecutive_failures.rs, unified.rs and success_rate.rs. What Linkerd calls open is our closed, its
shut is our open, and its probation our half-open.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    OFF,
    Anchor,
    EvaluateOn,
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
from cbtool.breaker.spread import Spread
from cbtool.units import to_ns

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cbtool.breaker.config import BreakerConfig

_BUCKETS = 10
_SHORTEST = 10_000_000  # nanoseconds, of the window
_PREFIXES = ("balancer.linkerd.io/", "balancer.alpha.linkerd.io/")
_MODE = "failure-accrual"
_RUN = f"{_MODE}-consecutive-max-failures"
_RATE = (
    Setting(
        f"{_MODE}-success-rate-threshold",
        "failure_rate_threshold",
        Unit.NUMBER,
        0.8,
        0,
        1,
        meaning="the share of successes under which it trips",
    ),
    Setting(f"{_MODE}-success-rate-window", "sliding_window_size", Unit.DURATION, "10s"),
    Setting(f"{_MODE}-success-rate-min-requests", "minimum_number_of_calls", Unit.COUNT, 5),
)


def policies(config: BreakerConfig) -> Policies:
    """Return what Linkerd makes of a configuration."""
    run = config.consecutive_failures
    unified = run is None
    longest = config.max_wait_duration_in_open_state
    share = float(1 - Decimal(str(config.failure_rate_threshold)) / 100)
    return Policies(
        window=WindowPolicy(
            WindowKind.GRID,
            size=_BUCKETS,
            width=max(to_ns(config.window_size), _SHORTEST) // _BUCKETS,
            anchor=Anchor.CLOSED,
        )
        if unified
        else WindowPolicy(WindowKind.RUN),
        trip=TripPolicy(
            EvaluateOn.EVERY_RESULT,
            run=(config.option(_RUN) or 0) if run is None else run,
            failure_rate=share if unified else OFF,
            slow_rate=0.0 if unified else OFF,
            measure=Measure.SUCCESS_SHARE if unified else Measure.PERCENT,
            minimum_calls=max(1, config.minimum_calls),
        ),
        wait=WaitPolicy(
            seconds=config.wait_duration_in_open_state,
            multiplier=2.0,
            longest=-1.0 if longest is None else longest,
            jitter=config.wait_jitter,
            spread=Spread.LONGER,
            leave=LeaveOpen.TIMER,
        ),
        trials=TrialsPolicy(),
        late=LatePolicy(LateResults.CURRENT_STATE),
    )


def check(config: BreakerConfig) -> None:
    """Hold a configuration to Linkerd's own rules."""
    shortest, longest = config.wait_duration_in_open_state, config.max_wait_duration_in_open_state
    name = f"{_MODE}-consecutive-max-penalty"
    require(longest is None or longest > 0, name, "must be longer than 0", longest)
    require(longest is None or shortest <= longest, name, "must not be shorter than min-penalty", longest)


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in values.items():
        prefix = next((each for each in _PREFIXES if name.startswith(each)), "")
        given[name.removeprefix(prefix)] = value
    mode = given.pop(_MODE, "consecutive")
    require(mode in {"consecutive", "unified"}, _MODE, "must be consecutive or unified", mode)
    if mode == "consecutive":
        run = Setting(_RUN, "sliding_window_size", Unit.COUNT, 7).to_word(given.pop(_RUN, 7))
        return given | {"sliding_window_type": WindowType.CONSECUTIVE, "sliding_window_size": run}
    words: dict[str, Any] = {"sliding_window_type": WindowType.TIME}
    for setting in _RATE:
        words[str(setting.word)] = setting.to_word(given.pop(setting.name, setting.default))
    words["failure_rate_threshold"] = float(100 - 100 * Decimal(str(words["failure_rate_threshold"])))
    return words | given


def _write(config: BreakerConfig) -> dict[str, Any]:
    if config.consecutive_failures is not None:
        return {_MODE: "consecutive", _RUN: config.consecutive_failures}
    share = 1 - Decimal(str(config.failure_rate_threshold)) / 100
    _, window, minimum = _RATE
    return {
        _MODE: "unified",
        _RATE[0].name: float(share),
        window.name: window.to_native(config.sliding_window_size),
        minimum.name: config.minimum_calls,
    }


DIALECTS = {
    "linkerd": Dialect(
        name="linkerd",
        title="Linkerd 2 (linkerd2-proxy main, 2026)",
        evidence=Evidence.FROM_SOURCE,
        source="https://github.com/linkerd/linkerd2-proxy",
        policies=policies,
        settings=(
            Setting(_RUN, None, Unit.COUNT, 7, 0),
            Setting(
                f"{_MODE}-consecutive-min-penalty", "wait_duration_in_open_state", Unit.DURATION, "1s", 0
            ),
            Setting(
                f"{_MODE}-consecutive-max-penalty",
                "max_wait_duration_in_open_state",
                Unit.DURATION,
                "60s",
                0,
            ),
            Setting(f"{_MODE}-consecutive-jitter-ratio", "wait_jitter", Unit.NUMBER, 0.5, 0, 100),
        ),
        words=frozenset(
            {
                "sliding_window_type",
                "sliding_window_size",
                "failure_rate_threshold",
                "minimum_number_of_calls",
            }
        ),
        check=check,
        read=_read,
        write=_write,
        note="One endpoint; refused calls go to the others. A 429 is a plain failure or success here.",
    )
}
