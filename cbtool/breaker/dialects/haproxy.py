"""HAProxy's observation of live traffic (src/check.c): error-limit and on-error, with active checks.

So many errors in a row are one strike; each active check that passes ends the run and takes strikes back, so
they must come between two checks. A server that is down comes up after `rise` checks passed, with all its
traffic at once; live traffic is never a trial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit, seconds_of
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    EvaluateOn,
    LatePolicy,
    LateResults,
    LeaveOpen,
    Policies,
    ResetRule,
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

_NANOSECOND = 1e-9
_ON_ERROR = ("fastinter", "fail-check", "sudden-death", "mark-down")


def policies(config: BreakerConfig) -> Policies:
    """Return what HAProxy makes of a configuration."""
    interval = seconds_of(config.option("inter"))
    return Policies(
        window=WindowPolicy(WindowKind.RUN),
        trip=TripPolicy(
            EvaluateOn.FAILURE,
            run=0 if config.option("on-error") == "fastinter" else int(config.window_size),
            strikes=_strikes(config.option("on-error"), config.option("fall")),
            forgiven=True,
            period=to_ns(interval),
        ),
        wait=_wait(config, interval),
        trials=TrialsPolicy(),
        late=LatePolicy(LateResults.CURRENT_STATE),
    )


def _strikes(on_error: str, fall: int) -> int:
    """Return how many strikes take a server down that no check has failed yet."""
    if on_error == "fail-check":
        return fall
    return min(2, fall) if on_error == "sudden-death" else 1


def _wait(config: BreakerConfig, interval: float) -> WaitPolicy:
    health, rise = config.health_check, config.option("rise")
    wait = WaitPolicy(
        # Until the rise-th check from now on; one that is due right now has been before.
        seconds=(rise - 1) * interval + _NANOSECOND,
        sweep=to_ns(interval),
        skips_trials=True,
    )
    if health is None:
        return wait._replace(leave=LeaveOpen.TIMER)
    return wait._replace(reset=ResetRule.HEALTH, healthy_after=rise)


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: _time(value) if name.endswith("inter") else value for name, value in values.items()}
    return {"sliding_window_type": WindowType.CONSECUTIVE, **given}


def _time(value: Any) -> Any:
    """Return a time; one without a unit is milliseconds."""
    return f"{value}ms" if isinstance(value, int) and not isinstance(value, bool) else value


DIALECTS = {
    "haproxy": Dialect(
        name="haproxy",
        title="HAProxy 2.6.12 server, observe",
        evidence=Evidence.RECORDED,
        source="https://github.com/haproxy/haproxy",
        policies=policies,
        settings=(
            Setting("error-limit", "sliding_window_size", Unit.COUNT, 10, 1),
            Setting("on-error", None, Unit.TEXT, "fail-check", choices=_ON_ERROR),
            Setting("inter", None, Unit.DURATION, "2s", 0, above=True),
            Setting("rise", None, Unit.COUNT, 2, 1),
            Setting("fall", None, Unit.COUNT, 3, 1),
        ),
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note=(
            "One server: what goes to the others is refused here. Its active checks come every inter and"
            " pass, unless a health_check says otherwise; fastinter and downinter are taken to be inter."
        ),
    )
}
