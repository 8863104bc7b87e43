"""nginx's passive checks of one upstream server (ngx_http_upstream_round_robin.c).

A server is down while its failures reach `max_fails` and whole seconds since the last check have not exceeded
`fail_timeout`; then one request every `fail_timeout` tries it. A success forgets the failures only after a
request that came more than `fail_timeout` after the last of them, so errors far apart add up.

NGINX Plus (its documentation of `slow_start` and `health_check`) gives a server that becomes available again
a share of its requests that grows from none to all of them within `slow_start`, and can hold it unavailable
until it answers health checks; those are the `health_check` of a profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker.checks import require
from cbtool.breaker.dialect import Dialect, Evidence
from cbtool.breaker.dialects.ours import RESETS
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


def policies_plus(config: BreakerConfig) -> Policies:
    """Return what NGINX Plus makes of a configuration: the same, with a slow start and health checks."""
    same = policies(config)
    health = config.health_check
    if health is not None:
        wait = same.wait._replace(reset=RESETS[health.reset_by], healthy_after=health.healthy_after)
        same = same._replace(wait=wait)
    slow_start = to_ns(config.max_wait_duration_in_half_open_state)
    if slow_start == 0:
        return same
    trials = TrialsPolicy(
        Admission.RAMP,
        ramp_to=1.0,
        verdict=TrialsVerdict.AS_CLOSED,
        ignored=Ignored.SUCCESS,
        limit=slow_start,
        limit_by_call=True,
        limit_closes=True,
    )
    return same._replace(trials=trials)


def check(config: BreakerConfig) -> None:
    """Hold a configuration to nginx's own rule: it reads no milliseconds here."""
    timeout = config.wait_duration_in_open_state
    require(float(timeout).is_integer(), "fail_timeout", "must be whole seconds", f"{timeout:g}s")


def _read(values: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(values)
    for name in ("fail_timeout", "slow_start"):
        if type(given.get(name)) is int:
            given[name] = f"{given[name]}s"  # a time without a unit is seconds
    return {"sliding_window_type": WindowType.TIME, **given}


_SETTINGS = (
    Setting("max_fails", "error_count_threshold", Unit.COUNT, 1, 0),
    Setting("fail_timeout", "wait_duration_in_open_state", Unit.DURATION, "10s", 0),
)
DIALECTS = {
    "nginx": Dialect(
        name="nginx",
        title="nginx 1.22.1 upstream server",
        evidence=Evidence.RECORDED,
        source="https://github.com/nginx/nginx",
        policies=policies,
        check=check,
        settings=_SETTINGS,
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note=(
            "One server of a group of several, seen by one worker: what goes to the others is refused here."
            " Outcomes must name what proxy_next_upstream does."
        ),
    ),
    "nginx-plus": Dialect(
        name="nginx-plus",
        title="NGINX Plus upstream server",
        evidence=Evidence.DOCUMENTED,
        source="https://nginx.org/en/docs/http/ngx_http_upstream_module.html#slow_start",
        policies=policies_plus,
        check=check,
        settings=(
            *_SETTINGS,
            Setting(
                "slow_start",
                "max_wait_duration_in_half_open_state",
                Unit.DURATION,
                "0s",
                0,
                meaning="how long a growing share of the requests is let through",
            ),
        ),
        words=frozenset({"sliding_window_type"}),
        read=_read,
        note=(
            "As nginx, with slow_start: a server that is available again gets a share that grows evenly to"
            " all of its requests. Its health checks are the profile's health_check."
        ),
    ),
}
