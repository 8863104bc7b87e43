"""nginx's passive checks of one upstream server (ngx_http_upstream_round_robin.c).

A server is down while its failures reach `max_fails` and whole seconds since the last check have not exceeded
`fail_timeout`; then one request every `fail_timeout` tries it. A success forgets the failures only after a
request that came more than `fail_timeout` after the last of them, so errors far apart add up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.native import Setting, Unit
from cbtool.breaker.parts import WindowType
from cbtool.breaker.policies import (
    Admission,
    EvaluateOn,
    Ignored,
    LatePolicy,
    LateResults,
    Policies,
    TrialsPolicy,
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


def policies(config: BreakerConfig) -> Policies:
    """Return what nginx makes of a configuration."""
    seconds = to_ns(config.wait_duration_in_open_state) // NANOSECONDS
    return Policies(
        window=WindowPolicy(
            WindowKind.CHAIN,
            length=seconds * NANOSECONDS,
            cleared_on=1 << State.CLOSED,
            ignored=Ignored.SUCCESS,
        ),
        trip=TripPolicy(EvaluateOn.FAILURE, errors=config.error_count_threshold or 0),
        # More than so many whole seconds after the second of the failure is one second later.
        wait=WaitPolicy(seconds=float(seconds + 1), begins_on=NANOSECONDS),
        trials=TrialsPolicy(Admission.ONE_PER_WAIT, ignored=Ignored.SUCCESS),
        late=LatePolicy(LateResults.CURRENT_STATE, counts_while_open=True, failure_extends=True),
    )


def check(config: BreakerConfig) -> None:
    """Hold a configuration to nginx's own rule: it reads no milliseconds here."""
    timeout = config.wait_duration_in_open_state
    require(float(timeout).is_integer(), "fail_timeout", "must be whole seconds", f"{timeout:g}s")


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(values)
    timeout = given.get("fail_timeout")
    if isinstance(timeout, int) and not isinstance(timeout, bool):
        given["fail_timeout"] = f"{timeout}s"  # a time without a unit is seconds
    return {"sliding_window_type": WindowType.TIME, **given}


DIALECTS = {
    "nginx": Dialect(
        name="nginx",
        title="nginx 1.22.1 upstream server",
        evidence=Evidence.RECORDED,
        source="https://github.com/nginx/nginx",
        policies=policies,
        check=check,
        settings=(
            Setting("max_fails", "error_count_threshold", Unit.COUNT, 1, 0),
            Setting("fail_timeout", "wait_duration_in_open_state", Unit.DURATION, "10s", 0),
        ),
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note=(
            "One server of a group of several, seen by one worker: what goes to the others is refused here."
            " Outcomes must name what proxy_next_upstream does."
        ),
    )
}
