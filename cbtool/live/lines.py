"""From the engine's events to the run record's lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cbtool.breaker import describe
from cbtool.live.record_lines import CallLine, TransitionLine
from cbtool.live.redaction import redact_path

if TYPE_CHECKING:
    import httpx

    from cbtool.breaker import BreakerConfig, Outcome, State
    from cbtool.metrics.view import InstanceTransition
    from cbtool.traffic.error_kind import ErrorKind

_PATH = "cbtool_path"


def refused(request: httpx.Request, intended: float, now: float, instance: int, state: State) -> CallLine:
    """Return the line of a call that was not permitted, and so has no result."""
    return CallLine(
        t=intended,
        lag_ms=_ms(now - intended),
        permitted=False,
        state=state.label,
        instance=instance,
        method=request.method,
        path=_path(request),
    )


def answered(
    request: httpx.Request,
    intended: float,
    sent: float,
    now: float,
    status: int,
    error: ErrorKind,
    outcome: Outcome,
    instance: int,
    state: State,
    *,
    permitted: bool,
    redirected: bool,
) -> CallLine:
    """Return the line of a call with a result."""
    return CallLine(
        t=intended,
        lag_ms=_ms(sent - intended),
        permitted=permitted,
        state=state.label,
        instance=instance,
        method=request.method,
        duration_ms=_ms(now - sent),
        status=status,
        error=error.label if error else None,
        outcome=outcome.label,
        path=_path(request),
        redirected=redirected or None,
    )


def transition(each: InstanceTransition, config: BreakerConfig) -> TransitionLine:
    """Return the line of a change of state."""
    change = each.transition
    return TransitionLine(
        t=change.time,
        instance=each.instance,
        source=change.source.label,
        target=change.target.label,
        reason=change.reason.label,
        calls=change.snapshot.calls,
        failures=change.snapshot.failures,
        slow=change.snapshot.slow,
        detail=describe(change, config),
    )


def _path(request: httpx.Request) -> str:
    """Return a request's path without secrets, worked out once."""
    path: str | None = request.extensions.get(_PATH)
    if path is None:
        path = redact_path(request.url.raw_path.decode("ascii", "replace"))
        request.extensions[_PATH] = path
    return path


def _ms(seconds: float) -> float:
    """Milliseconds to the microsecond."""
    return round(seconds * 1e3, 3)
